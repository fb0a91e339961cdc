/// Which of some measured matrices is which of some expected ones, both in the order of time.
///
/// A measured one may be of nothing expected, and an expected one may not have been measured; the order
/// is kept. Near a shift that suits the whole, the sequences are aligned step by step (Needleman and
/// Wunsch 1970) in a band that follows the best row; stretches that find nothing there are tried again
/// by themselves, between what their neighbours found.
struct SequenceAlignment {
  /// By measured matrix: its expected one.
  private(set) var matchOf: [Int?]

  /// Matrices that are further apart are not of each other: two gaps cost less.
  static let matchLimit = 0.25
  /// Leaving one out costs as much as a distance of this.
  private static let gapCost = matchLimit / 2
  /// Half the width of the band.
  private static let reach = 32
  /// Shorter stretches without a match are left alone.
  private static let leastStretch = 4

  private let measured: [ServerShares]
  private let expected: [ServerShares]

  /// - Parameter shift: place of the first measured one among the expected.
  /// - Complexity: O((expected × 32 + measured × 65) · pairs of a matrix) for each hole.
  init(of measured: [ServerShares], to expected: [ServerShares], shift: Int) {
    self.measured = measured
    self.expected = expected
    matchOf = [Int?](repeating: nil, count: measured.count)
    guard !measured.isEmpty, !expected.isEmpty else { return }
    align(measured.indices, to: expected.indices, shift: shift)
    fillHoles()
  }

  // MARK: Holes

  /// A stretch of measured ones without a match, and the expected ones that are left for it.
  private struct Hole {
    var rows: Range<Int>
    var places: Range<Int>
  }

  private mutating func fillHoles() {
    var holes = holes(in: matchOf.indices, of: expected.indices)
    while let hole = holes.popLast() {
      guard
        let best = ShiftCosts(of: measured[hole.rows], to: expected[hole.places]).best
      else { continue }
      align(hole.rows, to: hole.places, shift: best.shift)
      // What is left is shorter, or has nothing in common.
      if hole.rows.contains(where: { matchOf[$0] != nil }) {
        holes += self.holes(in: hole.rows, of: hole.places)
      }
    }
  }

  private func holes(in rows: Range<Int>, of places: Range<Int>) -> [Hole] {
    var holes: [Hole] = []
    var (firstRow, firstPlace) = (rows.lowerBound, places.lowerBound)
    for row in rows.lowerBound...rows.upperBound {
      let match = row < rows.upperBound ? matchOf[row] : places.upperBound
      guard let match else { continue }
      if row - firstRow >= Self.leastStretch, match > firstPlace {
        holes.append(Hole(rows: firstRow..<row, places: firstPlace..<match))
      }
      (firstRow, firstPlace) = (row + 1, match + 1)
    }
    return holes
  }

  // MARK: The band

  private enum Move: UInt8 {
    case match
    case skipMeasured
    case skipExpected
  }

  private mutating func align(_ rows: Range<Int>, to places: Range<Int>, shift: Int) {
    let width = 2 * Self.reach + 1
    // Row i: how the first i measured ones are best explained by the first `start + k` expected ones.
    var starts = [max(0, shift) - Self.reach]
    var moves: [[Move]] = [[Move](repeating: .skipExpected, count: width)]
    // What stands before the first or after the last measured one costs nothing.
    var costs = [Double](repeating: 0, count: width)
    for row in 0..<rows.count {
      // The band follows the best while it matches, and the shift while nothing does.
      let best = costs.indices.min { costs[$0] < costs[$1] }
      let matched = best.flatMap { moves[row][$0] == .match ? $0 : nil } ?? Self.reach
      let hasBegun = row + shift >= 0
      let start = starts[row] + (hasBegun ? matched + 1 - Self.reach : 0)
      // Nothing is expected beyond the last: measured ones that go on match nothing.
      starts.append(max(starts[row], min(start, places.count - Self.reach)))
      let (next, taken) = nextRow(
        costs, from: starts[row], to: starts[row + 1], measured[rows.lowerBound + row], places)
      costs = next
      moves.append(taken)
    }
    trace(
      back: moves, starts, from: costs.indices.min { costs[$0] < costs[$1] } ?? 0, rows, places)
  }

  private func nextRow(
    _ costs: [Double], from start: Int, to nextStart: Int, _ matrix: ServerShares,
    _ places: Range<Int>
  ) -> (costs: [Double], moves: [Move]) {
    var next = [Double](repeating: .infinity, count: costs.count)
    var taken = [Move](repeating: .skipMeasured, count: costs.count)
    for place in next.indices {
      let end = nextStart + place
      guard (0...places.count).contains(end) else { continue }
      let above = end - start
      if costs.indices.contains(above) { next[place] = costs[above] + Self.gapCost }
      if end > 0, costs.indices.contains(above - 1) {
        let distance = matrix.distance(to: expected[places.lowerBound + end - 1])
        if distance <= Self.matchLimit, costs[above - 1] + distance < next[place] {
          (next[place], taken[place]) = (costs[above - 1] + distance, .match)
        }
      }
      if place > 0, next[place - 1] + Self.gapCost < next[place] {
        (next[place], taken[place]) = (next[place - 1] + Self.gapCost, .skipExpected)
      }
    }
    return (next, taken)
  }

  private mutating func trace(
    back moves: [[Move]], _ starts: [Int], from place: Int, _ rows: Range<Int>,
    _ places: Range<Int>
  ) {
    var row = rows.count
    var end = starts[row] + place
    while row > 0, moves[row].indices.contains(end - starts[row]) {
      switch moves[row][end - starts[row]] {
      case .match:
        matchOf[rows.lowerBound + row - 1] = places.lowerBound + end - 1
        row -= 1
        end -= 1
      case .skipMeasured: row -= 1
      case .skipExpected: end -= 1
      }
    }
  }
}
