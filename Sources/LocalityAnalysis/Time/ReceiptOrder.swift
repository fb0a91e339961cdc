/// Place of each receiver among those of its block, from the middle; 0 where all receive the same.
///
/// Places, so that one hot expert does not outweigh all that happens to the others; equal receipts
/// share the mean of their places.
///
/// - Parameters:
///   - receipts: one layer of `endCount` ends after the other.
///   - blocks: the ends that are compared with each other.
/// - Complexity: O(n log n) for n receipts.
func receiptOrder(of receipts: [Int64], blocks: [[Int]], endCount: Int) -> [Double] {
  var places = [Double](repeating: 0, count: receipts.count)
  for first in stride(from: 0, to: receipts.count, by: max(1, endCount)) {
    for ends in blocks {
      let sorted = ends.map { first + $0 }.sorted {
        (receipts[$0], $0) < (receipts[$1], $1)
      }
      let middle = Double(sorted.count - 1) / 2
      var start = 0
      while start < sorted.count {
        var end = start + 1
        while end < sorted.count && receipts[sorted[end]] == receipts[sorted[start]] { end += 1 }
        let place = Double(start + end - 1) / 2 - middle
        for index in start..<end { places[sorted[index]] = place }
        start = end
      }
    }
  }
  return places
}

/// The vector with length 1; zeros stay zeros.
func unitVector(_ vector: [Double]) -> [Double] {
  let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return length > 0 ? vector.map { $0 / length } : vector
}
