internal import Glibc

/// The matrices of the all-to-alls of one iteration as a cycle: where it begins is open.
struct MatrixCycle {
  private let count: Int
  /// Cosine of matrix i with matrix j, and of the transpose of matrix i with matrix j.
  private let alike: [Double]
  private let alikeTransposed: [Double]
  /// Mean idle nanoseconds before each matrix.
  private let pauses: [Double]

  /// - Parameter matrices: places of the matrices among the sums.
  init(_ matrices: [Int], of sums: MatrixSums, pauses: [Double]) {
    count = matrices.count
    self.pauses = pauses
    var alike: [Double] = []
    var alikeTransposed: [Double] = []
    for row in matrices.indices {
      for column in matrices.indices {
        // A mirror only ever compares matrices of one parity.
        alike.append((row + column) % 2 == 0 ? sums.cosine(matrices[row], matrices[column]) : 0)
        alikeTransposed.append(
          column == (row + 1) % matrices.count
            ? sums.transposedCosine(matrices[row], matrices[column]) : 0)
      }
    }
    self.alike = alike
    self.alikeTransposed = alikeTransposed
  }

  var indices: Range<Int> { 0..<count }

  /// Mean likeness of every second matrix's transpose with the matrix after it.
  func transposeLikeness(from start: Int) -> Double {
    var sum = 0.0
    for pair in 0..<count / 2 {
      let row = (start + 2 * pair) % count
      sum += alikeTransposed[row * count + (row + 1) % count]
    }
    return sum / Double(count / 2)
  }

  /// Likeness of each forward dispatch with the combine-backward in the mirrored place.
  func mirrorLikeness(from start: Int) -> Double {
    let layerCount = count / 4
    var sum = 0.0
    for layer in 0..<layerCount {
      sum += alike[(start + 2 * layer) % count * count + (start + count - 2 - 2 * layer) % count]
    }
    return sum / Double(layerCount)
  }

  /// Likeness if the second half simply repeated the first.
  var repetitionLikeness: Double {
    let half = count / 2
    guard half > 2 else { return 0 }
    return (0..<half).reduce(0) { $0 + alike[$1 * count + half + $1] } / Double(half)
  }

  /// How much longer the second half computes between a pair's two matrices than the first.
  func backwardRatio(from start: Int) -> Double {
    let inside = (0..<count / 2).map { pauses[(start + 2 * $0 + 1) % count] }
    let forward = inside.prefix(count / 4).reduce(0, +)
    let backward = inside.suffix(count / 4).reduce(0, +)
    return forward > 0 ? backward / forward : 0
  }

  /// The first of the places that have the longest pause before them.
  func afterLongestPause(of starts: [Int]) -> Int {
    starts.max { pauses[$0] < pauses[$1] } ?? 0
  }

  /// By how much, in powers of e, the pause before a place is longer than before all others of some;
  /// nil without others.
  func leadByPause(of start: Int, among starts: [Int]) -> Double? {
    starts.filter { $0 != start }.map { pauses[$0] }.max().map {
      log(max(1, pauses[start]) / max(1, $0))
    }
  }
}
