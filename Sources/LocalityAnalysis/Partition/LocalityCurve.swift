public import TraceModel

/// φ at one region size.
public struct CurvePoint: Sendable, Hashable {
  /// Servers per region.
  public var size: Int
  /// Servers in the last region; less than `size` when it does not divide the number of servers.
  public var lastRegionSize: Int
  /// φ of servers taken in order, on the bytes that are scored.
  public var contiguous: Double
  /// φ of servers taken in the order of their declared expert groups, on the bytes that are scored.
  public var declared: Double
  /// The best partition found, with φ* on the bytes that it was fitted to.
  public var best: BestPartition
  /// φ of the best partition found on bytes that it was not fitted to; nil where there are none.
  public var heldOut: Double?
  /// φ of uniform traffic: what a size gives for nothing.
  public var uniform: Double

  /// What the best partition found keeps inside: on held-out bytes where there are any.
  public var bestShare: Double { heldOut ?? best.share }

  /// True when all regions are equally large.
  public var isEven: Bool { lastRegionSize == size }
}

/// The divisors of a number, ascending.
package func divisors(of number: Int) -> [Int] {
  guard number > 0 else { return [] }
  return (1...number).filter { number % $0 == 0 }
}

/// φ against region size, contiguous, declared and best found.
///
/// - Parameters:
///   - matrix: bytes between servers that the best partition is fitted to.
///   - scored: other bytes between the same servers that every partition is scored on; nil, or
///     without bytes between servers, for the same bytes.
///   - sizes: servers per region; those outside 1 … n are left out.
///   - declaredOrder: the servers, those of one expert group side by side; nil for 0, 1, 2 …
///   - serversPerDomain: servers of a scale-up domain. Domains stay whole, bytes inside one count
///     neither way, and only multiples of it (and 1) are sizes.
/// - Returns: ascending by size, or nothing when no byte leaves its server.
public func localityCurve(
  _ matrix: TrafficMatrix, scoredOn scored: TrafficMatrix? = nil, sizes: [Int],
  declaredOrder: [Int]? = nil, serversPerDomain: Int = 1
) -> [CurvePoint] {
  precondition(scored.map { $0.size == matrix.size } ?? true, "the same servers are scored")
  let order = declaredOrder ?? Array(0..<matrix.size)
  let domain = serversPerDomain
  guard domain > 1, matrix.size % domain == 0 else {
    return curve(matrix, scored, sizes: sizes, order: order)
  }
  let whole = sizes.filter { $0 == 1 || $0 % domain == 0 }.map { max(1, $0 / domain) }
  var seen: Set<Int> = []
  let domainOrder = order.map { $0 / domain }.filter { seen.insert($0).inserted }
  return curve(
    matrix.grouped(by: domain), scored?.grouped(by: domain), sizes: whole, order: domainOrder
  ).map { point in
    var point = point
    // A region of one domain holds no circuit, as one of a single server does not.
    point.size = point.size == 1 ? 1 : point.size * domain
    point.lastRegionSize = point.size == 1 ? 1 : point.lastRegionSize * domain
    let regionOf = point.best.grouping.regionOf
    point.best.grouping = Grouping(
      name: point.best.grouping.name,
      regionOf: (0..<matrix.size).map { point.size == 1 ? $0 : regionOf[$0 / domain] })
    return point
  }
}

private func curve(
  _ matrix: TrafficMatrix, _ scored: TrafficMatrix?, sizes: [Int], order: [Int]
) -> [CurvePoint] {
  let traffic = SymmetricTraffic(matrix)
  guard traffic.total > 0 else { return [] }
  let heldOut = scored.map { SymmetricTraffic($0) }.flatMap { $0.total > 0 ? $0 : nil }
  let judged = heldOut ?? traffic
  let count = matrix.size
  var points: [CurvePoint] = []
  for size in Set(sizes).sorted() where (1...count).contains(size) {
    let contiguous = Grouping.contiguous(serverCount: count, size: size)
    let declared = Grouping(name: "expert groups", order: order, size: size)
    let nested = points.filter { size % $0.size == 0 && $0.size > 1 }.compactMap {
      merged($0.best.grouping, size: $0.size, into: size, traffic)
    }
    let best = bestPartition(traffic, size: size, starts: [declared] + nested)
    points.append(
      CurvePoint(
        size: size,
        lastRegionSize: regionSizes(serverCount: count, size: size).last ?? size,
        contiguous: judged.share(inside: contiguous), declared: judged.share(inside: declared),
        best: best, heldOut: heldOut?.share(inside: best.grouping),
        uniform: uniformIntraRegionShare(serverCount: count, size: size)))
  }
  return points
}
