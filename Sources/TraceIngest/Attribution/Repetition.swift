/// How well it explains bursts that an iteration has so many of them.
struct Repetition {
  let length: Int
  let positions: PeriodPositions
  /// Mean likeness of bursts to those one period before, less what gaps cost; 1 at most.
  ///
  /// A few gaps cost nothing: that bursts were lost now and then is likelier than a longer period, of
  /// which the losses are a part.
  private(set) var likeness = 0.0
  /// Standard deviation of the likeness of a burst.
  private var spread = 0.0
  /// Mean likeness of bursts to what is usual at their place in the period.
  private var likenessToUsual = 0.0
  private let burstCount: Int

  /// O(bursts log bursts).
  init(of beats: [Beat], length: Int) {
    self.length = length
    burstCount = beats.count
    positions = PeriodPositions(of: beats, length: length)
    compareWithPeriodBefore(beats)
    compareWithUsual(beats)
  }

  /// False where bursts are like those shortly before, but not like those long before: what repeats is
  /// a part of the iteration, many layers of one pass.
  var holdsThroughout: Bool { likenessToUsual >= likeness - Self.mostDrift }

  private static let mostDrift = 0.1
  private static let mostFreeGaps = 4

  /// By how much the likeness of two periods may differ by chance, or because of one burst.
  ///
  /// In short captures what is unlike in a single iteration is no reason for twice as long ones.
  var tolerance: Double {
    let count = Double(max(1, burstCount))
    return min(0.02, (1.5 + 3 * spread * count.squareRoot()) / count)
  }

  /// How many bursts more than another period this one explains.
  func lead(over other: Repetition) -> Double {
    (likeness - other.likeness) * Double(burstCount)
  }

  private mutating func compareWithPeriodBefore(_ beats: [Beat]) {
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    var before = 0
    for index in beats.indices where positions.followsOn(index) {
      let position = positions.ofBurst[index] - length
      while positions.ofBurst[before] < position { before += 1 }
      guard positions.ofBurst[before] == position, positions.followsOn(before) else { continue }
      let likeness = beats[index].likeness(to: beats[before])
      (count, sum, squares) = (count + 1, sum + likeness, squares + likeness * likeness)
    }
    guard count > 0 else { return }
    let mean = sum / count
    spread = max(0, squares / count - mean * mean).squareRoot()
    let gaps = positions.gapCount
    let areFew = gaps <= Self.mostFreeGaps && 2 * gaps * length <= beats.count
    likeness = areFew ? mean : max(0, mean - PeriodTemplate.gapCost * Double(gaps) / count)
  }

  private mutating func compareWithUsual(_ beats: [Beat]) {
    var pauses = [[Double]](repeating: [], count: length)
    var bytes = pauses
    let compared = beats.indices.filter { positions.followsOn($0) }
    for index in compared {
      let place = positions.ofBurst[index] % length
      pauses[place].append(beats[index].logPause)
      bytes[place].append(beats[index].logBytes)
    }
    func median(_ values: [Double]) -> Double {
      values.isEmpty ? 0 : values.sorted()[values.count / 2]
    }
    let (usualPause, usualBytes) = (pauses.map(median), bytes.map(median))
    let sum = compared.reduce(0.0) { sum, index in
      let place = positions.ofBurst[index] % length
      return sum
        + Beat.likeness(
          pause: beats[index].logPause - usualPause[place],
          bytes: beats[index].logBytes - usualBytes[place])
    }
    likenessToUsual = sum / Double(max(1, compared.count))
  }
}
