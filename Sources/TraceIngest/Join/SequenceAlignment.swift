/// Which of some measured exchanges is which of some expected ones, both in the order of time.
///
/// A measured one may be of nothing expected, and an expected one may not have been measured; the order
/// is kept. Near a shift that suits the whole, the sequences are aligned step by step (Needleman and
/// Wunsch 1970) in a band that follows the best row; stretches that find nothing there are tried again
/// by themselves, between what their neighbours found.
struct SequenceAlignment {
  /// By measured exchange: its expected one.
  private(set) var matchOf: [Int?]

  /// Exchanges that are further apart are not of each other; leaving out a measured one, alone or with
  /// an expected one, costs as much.
  static let matchLimit = 0.25
  /// Leaving out only an expected one costs as much as a distance of this.
  private static let gapCost = matchLimit / 2
  /// Half the width of the band.
  private static let reach = 32
  /// Shorter stretches without a match are left alone.
  private static let leastStretch = 4

  private let measured: [MeasuredExchange]
  private let expected: [ExpectedExchange]

  /// - Parameter shift: place of the first measured one among the expected.
  /// - Complexity: O((expected × 32 + measured × 65) · pairs of a matrix) for each hole.
  init(of measured: [MeasuredExchange], to expected: [ExpectedExchange], shift: Int) {
    self.measured = measured
    self.expected = expected
    matchOf = [Int?](repeating: nil, count: measured.count)
    guard !measured.isEmpty, !expected.isEmpty else { return }
    align(measured.indices, to: expected.indices, shift: shift)
    fillHoles()
    retryWeakStretches()
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
      let probes = ProbeDistances(of: measured[hole.rows], to: expected[hole.places])
      guard let best = ShiftCosts(probes, order: Array(0..<hole.places.count)).best else {
        continue
      }
      align(hole.rows, to: hole.places, shift: best.shift)
      // What is left is shorter, or has nothing in common.
      if hole.rows.contains(where: { matchOf[$0] != nil }) {
        holes += self.holes(in: hole.rows, of: hole.places)
      }
    }
  }

  /// What a band cannot reach is taken for what it can: stretches whose matches are all poor are tried
  /// again as holes, and stay as they were if that costs more.
  private mutating func retryWeakStretches() {
    let (before, cost) = (matchOf, meanCost)
    var start = 0
    for row in 0...measured.count {
      if row < measured.count, isWeak(row) { continue }
      if row - start >= Self.leastStretch {
        for weak in start..<row { matchOf[weak] = nil }
      }
      start = row + 1
    }
    guard matchOf != before else { return }
    fillHoles()
    if meanCost >= cost { matchOf = before }
  }

  private func isWeak(_ row: Int) -> Bool {
    matchOf[row].map { measured[row].distance(to: expected[$0]) > Self.gapCost } ?? true
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

  /// Mean distance of the measured ones from theirs, where one without counts as `matchLimit`.
  var meanCost: Double {
    guard !measured.isEmpty else { return 0 }
    var sum = 0.0
    for (row, match) in matchOf.enumerated() {
      sum += match.map { measured[row].distance(to: expected[$0]) } ?? Self.matchLimit
    }
    return sum / Double(measured.count)
  }

  // MARK: The band

  private enum Move: UInt8 {
    case firstMatch
    case match
    case skipBoth
    case skipMeasured
    case skipExpected

    var isMatch: Bool { self == .match || self == .firstMatch }
  }

  /// What it costs to leave out the measured and the expected ones before the first match, or after
  /// the last.
  ///
  /// Expected ones are free there, as a capture may begin late and end early. A measured one costs what
  /// it does elsewhere if it could be one of them: a match must not cost more at the ends. It costs
  /// less where nothing is expected, so that what goes on after a log does not draw matches away.
  private static func endCost(measured: Int, expected: Int) -> Double {
    gapCost * Double(measured + min(measured, expected))
  }

  private mutating func align(_ rows: Range<Int>, to places: Range<Int>, shift: Int) {
    let width = 2 * Self.reach + 1
    // Row i: how the first i measured ones are best explained by the first `start + k` expected ones
    // when at least one of them matches.
    var starts = [max(0, shift) - Self.reach]
    var moves: [[Move]] = [[Move](repeating: .skipMeasured, count: width)]
    var costs = [Double](repeating: .infinity, count: width)
    var (leastCost, last) = (Double.infinity, (row: 0, end: 0))
    for row in 0..<rows.count {
      // The band follows the best while it matches, and the shift while nothing does.
      let best = costs.indices.min { costs[$0] < costs[$1] }
      let matched = best.flatMap { moves[row][$0].isMatch ? $0 : nil } ?? Self.reach
      let hasBegun = row + shift >= 0
      let start = starts[row] + (hasBegun ? matched + 1 - Self.reach : 0)
      // Nothing is expected beyond the last: measured ones that go on match nothing.
      starts.append(max(starts[row], min(start, places.count - Self.reach)))
      let (next, taken) = nextRow(costs, starts, row: row, of: rows, places)
      for place in next.indices where taken[place].isMatch {
        let end = starts[row + 1] + place
        let cost =
          next[place]
          + Self.endCost(measured: rows.count - row - 1, expected: places.count - end)
        if cost < leastCost { (leastCost, last) = (cost, (row + 1, end)) }
      }
      costs = next
      moves.append(taken)
    }
    trace(back: moves, starts, from: last, rows, places)
  }

  private func nextRow(
    _ costs: [Double], _ starts: [Int], row: Int, of rows: Range<Int>, _ places: Range<Int>
  ) -> (costs: [Double], moves: [Move]) {
    var next = [Double](repeating: .infinity, count: costs.count)
    var taken = [Move](repeating: .skipMeasured, count: costs.count)
    for place in next.indices {
      let end = starts[row + 1] + place
      guard (0...places.count).contains(end) else { continue }
      let above = end - starts[row]
      if costs.indices.contains(above) { next[place] = costs[above] + Self.matchLimit }
      if end > 0 {
        let first = Self.endCost(measured: row, expected: end - 1)
        let before = costs.indices.contains(above - 1) ? costs[above - 1] : .infinity
        if before + Self.matchLimit < next[place] {
          (next[place], taken[place]) = (before + Self.matchLimit, .skipBoth)
        }
        let distance = measured[rows.lowerBound + row].distance(
          to: expected[places.lowerBound + end - 1])
        if distance <= Self.matchLimit, min(first, before) + distance <= next[place] {
          next[place] = min(first, before) + distance
          taken[place] = before <= first ? .match : .firstMatch
        }
      }
      if place > 0, next[place - 1] + Self.gapCost < next[place] {
        (next[place], taken[place]) = (next[place - 1] + Self.gapCost, .skipExpected)
      }
    }
    return (next, taken)
  }

  private mutating func trace(
    back moves: [[Move]], _ starts: [Int], from last: (row: Int, end: Int), _ rows: Range<Int>,
    _ places: Range<Int>
  ) {
    var (row, end) = last
    while row > 0, moves[row].indices.contains(end - starts[row]) {
      let move = moves[row][end - starts[row]]
      switch move {
      case .match, .firstMatch, .skipBoth:
        if move.isMatch { matchOf[rows.lowerBound + row - 1] = places.lowerBound + end - 1 }
        row -= 1
        end -= 1
      case .skipMeasured: row -= 1
      case .skipExpected: end -= 1
      }
      if move == .firstMatch { return }
    }
  }
}
