package import TraceModel

extension TrafficMatrix {
  /// Both directions of every pair added up, without the diagonal: a symmetric matrix.
  package func foldedBySum() -> [Int64] { folded { $0 &+ $1 } }

  /// The larger direction of every pair, without the diagonal: a symmetric matrix.
  package func foldedByMaximum() -> [Int64] { folded { Swift.max($0, $1) } }

  private func folded(_ fold: (Int64, Int64) -> Int64) -> [Int64] {
    var result = [Int64](repeating: 0, count: size * size)
    for left in 0..<size {
      for right in 0..<size where left != right {
        result[left * size + right] = fold(self[left, right], self[right, left])
      }
    }
    return result
  }
}
