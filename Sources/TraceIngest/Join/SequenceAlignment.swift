/// Which of some measured matrices is which of some expected ones, both in the order of time.
///
/// A measured one may be of nothing expected, and an expected one may not have been measured; the order
/// is kept. First the shift is found that suits probes from the whole length, then the sequences are
/// aligned near it, step by step (Needleman and Wunsch 1970, in a band that follows the best row).
struct SequenceAlignment {
  /// By measured matrix: its expected one.
  private(set) var expected: [Int?] = []
  /// Whether another shift suits the probes about as well.
  private(set) var otherShift: Int?

  /// Leaving one out costs as much as a distance of this.
  private static let gapCost = 0.25
  private static let probeCount = 32
  /// Shifts whose probes differ by less cannot be told apart.
  private static let tolerance = 0.01
  /// Half the width of the band.
  private static let reach = 32

  /// - Complexity: O((expected × 32 + measured × 65) · pairs of a matrix).
  init(of measured: [ServerShares], to expected: [ServerShares]) {
    self.expected = [Int?](repeating: nil, count: measured.count)
    guard !measured.isEmpty, !expected.isEmpty else { return }
    let shift = findShift(measured, expected)
    align(measured, expected, shift: shift)
  }

  // MARK: The shift

  /// How far the first measured one is from the first expected one.
  private mutating func findShift(_ measured: [ServerShares], _ expected: [ServerShares]) -> Int {
    let count = min(Self.probeCount, measured.count)
    let probes = (0..<count).map { $0 * measured.count / count }
    let distances = probes.map { probe in expected.map { measured[probe].distance(to: $0) } }
    var costs: [(shift: Int, cost: Double)] = []
    for shift in -measured.count + 1..<expected.count {
      var cost = 0.0
      for (place, probe) in probes.enumerated() {
        let near = expected.indices.contains(probe + shift)
        cost += near ? min(distances[place][probe + shift], 2 * Self.gapCost) : 2 * Self.gapCost
      }
      costs.append((shift, cost / Double(count)))
    }
    let least = costs.map(\.cost).min() ?? 0
    let good = costs.filter { $0.cost <= least + Self.tolerance }
    // Of shifts that cannot be told apart the one that leaves least out, and then the nearest.
    let best = good.min { left, right in
      (abs(left.shift), left.shift) < (abs(right.shift), right.shift)
    }
    let shift = best?.shift ?? 0
    otherShift = good.first { $0.shift != shift }?.shift
    return shift
  }

  // MARK: The alignment

  private enum Move: UInt8 {
    case match
    case skipMeasured
    case skipExpected
  }

  private mutating func align(
    _ measured: [ServerShares], _ expected: [ServerShares], shift: Int
  ) {
    let width = 2 * Self.reach + 1
    // Row i: how the first i measured ones are best explained by the first `start + k` expected ones.
    var starts = [max(0, shift) - Self.reach]
    var moves: [[Move]] = [[Move](repeating: .skipExpected, count: width)]
    // What stands before the first or after the last measured one costs nothing.
    var costs = [Double](repeating: 0, count: width)
    for (row, matrix) in measured.enumerated() {
      let best = costs.indices.min { costs[$0] < costs[$1] } ?? Self.reach
      // The band follows the best, once the measured ones have reached the expected.
      let start =
        row + 1 + shift > 0 && row > 0 ? starts[row] + best + 1 - Self.reach : starts[row]
      var next = [Double](repeating: .infinity, count: width)
      var taken = [Move](repeating: .skipMeasured, count: width)
      for place in 0..<width {
        let end = start + place
        guard (0...expected.count).contains(end) else { continue }
        let above = end - starts[row]
        if costs.indices.contains(above) {
          next[place] = costs[above] + Self.gapCost
        }
        if end > 0, costs.indices.contains(above - 1) {
          let cost = costs[above - 1] + matrix.distance(to: expected[end - 1])
          if cost < next[place] { (next[place], taken[place]) = (cost, .match) }
        }
        if place > 0, next[place - 1] + Self.gapCost < next[place] {
          (next[place], taken[place]) = (next[place - 1] + Self.gapCost, .skipExpected)
        }
      }
      costs = next
      starts.append(start)
      moves.append(taken)
    }
    trace(back: moves, starts, from: costs.indices.min { costs[$0] < costs[$1] } ?? 0)
  }

  private mutating func trace(back moves: [[Move]], _ starts: [Int], from place: Int) {
    var row = moves.count - 1
    var end = starts[row] + place
    while row > 0, moves[row].indices.contains(end - starts[row]) {
      switch moves[row][end - starts[row]] {
      case .match:
        expected[row - 1] = end - 1
        row -= 1
        end -= 1
      case .skipMeasured: row -= 1
      case .skipExpected: end -= 1
      }
    }
  }
}
