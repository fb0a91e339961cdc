package import TraceModel

/// A bounded number of maximum weight matchings, each held until its largest demand is served; the
/// packet network takes what is left.
///
/// Few large configurations instead of many small ones, so that what every configuration costs,
/// a delay or a fixed overhead of the computation that it feeds, is paid seldom (argued for
/// mixture-of-experts by Amponsah and Addanki, 2026). Without electrical ports, where nothing else
/// takes the rest, it goes on until everything is served. O(count n³).
public struct BoundedDecomposition: CircuitScheduler {
  /// Configurations at most; nil for as many as serve everything.
  public var count: Int?

  public init(count: Int? = nil) { self.count = count }

  public var name: String { "bounded-matchings" + (count.map { "-\($0)" } ?? "") }
  public var summary: String {
    (count.map { "at most \($0) matchings" } ?? "matchings")
      + " with the most bytes, each until its largest demand is served"
  }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    guard request.opticalPorts > 0 else { return CircuitSchedule([]) }
    let limit = request.electricalPorts > 0 ? count ?? .max : .max
    return CircuitSchedule(
      matchingDecomposition(of: request.demand, limit: limit).map(request.configuration))
  }
}

/// The maximum weight matching of what is left, again and again, each weighted with its largest cell.
///
/// The permutations together are at or above the demand when `limit` suffices.
package func matchingDecomposition(of demand: TrafficMatrix, limit: Int) -> [WeightedPermutation] {
  let size = demand.size
  var cells = demand.withoutDiagonal.cells
  var sums = LineSums(cells, size: size)
  var terms: [WeightedPermutation] = []
  while sums.largest > 0, terms.count < limit {
    guard let receiver = maximumWeightAssignment(size: size, weights: cells) else { break }
    let largest = (0..<size).map { cells[$0 * size + Int(receiver[$0])] }.max() ?? 0
    let term = WeightedPermutation(bytes: largest, receiver: receiver)
    _ = serve(term, from: &cells, sums: &sums)
    terms.append(term)
  }
  return terms
}
