public import TraceModel

/// A sign that routing was made by a program and not measured.
public struct SyntheticSign: Sendable, Hashable {
  /// Demands that show it.
  public var demandCount: Int
  /// Demands that were examined.
  public var examinedCount: Int

  public init(demandCount: Int, examinedCount: Int) {
    self.demandCount = demandCount
    self.examinedCount = examinedCount
  }

  /// What a warning says.
  public var sentence: String {
    "looks synthetic: rows are permutations of one vector in \(demandCount) of \(examinedCount) "
      + "distinct demands; locality found here says nothing about real routing"
  }
}

/// True when every row of a matrix is a permutation of one vector with at least three different
/// amounts: the mark of generators that shuffle one Zipf vector per source.
///
/// Rows without bytes do not count. An empty diagonal may hide one amount of each row. Balanced
/// all-to-alls and rings (one or two amounts) are regular for a good reason and do not trigger it.
/// O(n² log n).
public func rowsPermuteOneVector(_ matrix: TrafficMatrix) -> Bool {
  let size = matrix.size
  let used = (0..<size).filter { row in
    (0..<size).contains { matrix[row, $0] != 0 || matrix[$0, row] != 0 }
  }
  let rows = used.map { row in used.map { matrix[row, $0] } }
    .filter { row in row.contains { $0 != 0 } }
  guard rows.count >= 3, rows.count == used.count else { return false }
  let hasDiagonal = used.contains { matrix[$0, $0] != 0 }
  let sorted = rows.enumerated().map { place, row in
    var amounts = row
    if !hasDiagonal { amounts.remove(at: place) }
    return amounts.sorted()
  }
  // The vector is the smallest multiset that holds every row; without a diagonal it may be one
  // longer than a row.
  let vector = sorted.reduce([], multisetUnion)
  return vector.count <= used.count && Set(vector.filter { $0 != 0 }).count >= 3
}

/// The smallest ascending multiset that contains both.
private func multisetUnion(_ left: [Int64], _ right: [Int64]) -> [Int64] {
  var result: [Int64] = []
  var (first, second) = (0, 0)
  while first < left.count || second < right.count {
    if second == right.count || (first < left.count && left[first] < right[second]) {
      result.append(left[first])
      first += 1
    } else if first == left.count || right[second] < left[first] {
      result.append(right[second])
      second += 1
    } else {
      result.append(left[first])
      first += 1
      second += 1
    }
  }
  return result
}

/// Looks at the distinct expert demands of a workload; nil when at most half of them trigger.
///
/// Up to 64 demands, spread evenly, are examined; fewer of large matrices.
func syntheticSign(_ workload: Workload, _ selection: MatrixSelection) -> SyntheticSign? {
  let used = Set(workload.steps.filter { selection.contains($0) }.map(\.demand)).sorted()
  let size = workload.endpointCount
  // Some ten million cells to sort, whatever the size of one matrix.
  let limit = max(1, min(64, 10_000_000 / max(1, size * size)))
  let examined = evenlySpread(used, limit: limit)
  let identity = (0..<size).map { Int32($0) }
  var count = 0
  for demand in examined {
    var matrix = TrafficMatrix(size: size)
    var cells = matrix.cells.mutableSpan
    let use = DemandUse(demand: demand, isTransposed: false, bytesPerUnit: 1)
    scatter(workload.demands, use, map: identity.span, size: size, into: &cells)
    if rowsPermuteOneVector(matrix) || rowsPermuteOneVector(matrix.transposed) { count += 1 }
  }
  guard count * 2 > examined.count else { return nil }
  return SyntheticSign(demandCount: count, examinedCount: examined.count)
}

/// At most `limit` of the elements, evenly spread, the first among them.
func evenlySpread<Element>(_ elements: [Element], limit: Int) -> [Element] {
  guard elements.count > limit, limit > 0 else { return elements }
  return (0..<limit).map { elements[$0 * elements.count / limit] }
}
