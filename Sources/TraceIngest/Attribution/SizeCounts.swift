/// How often some channels sent messages of each size, for comparing them.
struct SizeCounts {
  private let counts: [UInt16]
  private let classes: Int
  /// By channel: its commonest size, and the sums of its counts and of their squares.
  private var commonest: [Int] = []
  private var sums: [Int] = []
  private var squares: [Int] = []

  /// - Parameter counts: `classes` for each channel.
  init(_ counts: [UInt16], classes: Int) {
    self.counts = counts
    self.classes = classes
    for first in stride(from: 0, to: counts.count, by: classes) {
      var (commonest, sum, squares) = (0, 0, 0)
      for place in 0..<classes {
        let count = Int(counts[first + place])
        sum += count
        squares += count * count
        if count > Int(counts[first + commonest]) { commonest = place }
      }
      self.commonest.append(commonest)
      sums.append(sum)
      self.squares.append(squares)
    }
  }

  /// Cosine of two channels' message sizes, without the commonest of the first: large sends are cut
  /// into equal parts, and what is left over tells one send from another.
  ///
  /// 1 when neither leaves anything over.
  func likeness(_ first: Int, _ second: Int) -> Double {
    let (left, right) = (first * classes, second * classes)
    let common = (
      left: Int(counts[left + commonest[first]]), right: Int(counts[right + commonest[first]])
    )
    // So few messages of other sizes are explained by losses.
    if Double(sums[first] - common.left) <= Double(common.left) / 50,
      Double(sums[second] - common.right) <= Double(common.right) / 50
    {
      return 1
    }
    var both = -common.left * common.right
    for place in 0..<classes { both += Int(counts[left + place]) * Int(counts[right + place]) }
    let norm =
      (Double(squares[first] - common.left * common.left)
      * Double(squares[second] - common.right * common.right)).squareRoot()
    return norm > 0 ? Double(both) / norm : 0
  }
}
