public import TraceModel

/// True when every row of a matrix is a permutation of one vector with at least three different
/// amounts: the mark of generators that shuffle one Zipf vector per source.
///
/// Rows without bytes do not count. An empty diagonal may hide one amount of each row. Balanced
/// all-to-alls and rings (one or two amounts), symmetric matrices and those where the amount depends
/// on the distance alone (circulant) are regular for a good reason,
/// and fewer than four ends permute by chance: none of these trigger it. O(n² log n).
public func rowsPermuteOneVector(_ matrix: TrafficMatrix) -> Bool {
  let size = matrix.size
  let used = (0..<size).filter { row in
    (0..<size).contains { matrix[row, $0] != 0 || matrix[$0, row] != 0 }
  }
  let rows = used.map { row in used.map { matrix[row, $0] } }
    .filter { row in row.contains { $0 != 0 } }
  guard rows.count >= 4, rows.count == used.count, !isRegular(rows) else { return false }
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

/// True for symmetric matrices and for those whose cells depend on column − row alone.
private func isRegular(_ rows: [[Int64]]) -> Bool {
  let ends = rows.indices
  let count = rows.count
  let isSymmetric = ends.allSatisfy { row in ends.allSatisfy { rows[row][$0] == rows[$0][row] } }
  let isCirculant = ends.allSatisfy { row in
    ends.allSatisfy { rows[row][$0] == rows[0][($0 - row + count) % count] }
  }
  return isSymmetric || isCirculant
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
