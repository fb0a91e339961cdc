/// Where bursts stand in an endless repetition of their period, when some were lost or are too many.
///
/// Without gaps the position of a burst is its number. Where a burst is unlike the one expected, the
/// positions that follow are those that suit the next bursts best. Whole periods that are missing
/// are noticed only together with a part of one: a pause between two periods may be a long one.
struct PeriodPositions {
  /// By burst, ascending; the first is 0.
  private(set) var ofBurst: [Int] = []
  /// Bursts that are missing or too many, and in how many places that is so.
  private(set) var missingCount = 0
  private(set) var gapCount = 0
  /// What stays unexplained, in bursts.
  private var cost = 0.0

  /// A burst that leaves more unexplained may stand elsewhere.
  private static let mostCost = 0.5
  /// Stretches of bursts that are tried as the period without losses.
  private static let mostTemplates = 6
  /// Bursts by which the template is chosen.
  private static let sampleCount = 4_096

  /// No burst is missing.
  init(burstCount: Int) { ofBurst = Array(0..<burstCount) }

  /// O(bursts × places that a pause leaves open).
  init(of beats: [Beat], length: Int) {
    let sample = Array(beats.prefix(Self.sampleCount))
    var best: (template: PeriodTemplate, cost: Double)?
    for start in Self.starts(count: sample.count, length: length) {
      let template = PeriodTemplate(sample[start..<start + length], all: sample)
      let tried = PeriodPositions(of: sample, by: template)
      if tried.cost < best?.cost ?? .infinity { best = (template, tried.cost) }
      if tried.gapCount == 0 { break }
    }
    // A period that is longer than the sample has but one template, and no gaps.
    self =
      best.map { PeriodPositions(of: beats, by: $0.template) }
      ?? PeriodPositions(burstCount: beats.count)
  }

  /// Where templates begin; the first burst has no pause before it.
  private static func starts(count: Int, length: Int) -> [Int] {
    guard count > length else { return [] }
    let room = count - 1 - length
    let tries = min(mostTemplates, room + 1)
    return (0..<tries).map { 1 + room * $0 / max(1, tries - 1) }
  }

  private init(of beats: [Beat], by template: PeriodTemplate) {
    ofBurst.reserveCapacity(beats.count)
    // With more gaps than that it is not the period, or nothing repeats.
    let mostGaps = 8 + beats.count / 16
    var next = 0
    for index in beats.indices {
      var cost = index > 0 ? template.cost(of: beats[index], at: next) : 0
      if cost > Self.mostCost, gapCount < mostGaps {
        let gap = template.gap(at: index, expected: next, in: beats)
        if gap != 0 {
          next += gap
          missingCount += abs(gap)
          gapCount += 1
          cost = PeriodTemplate.gapCost
        }
      }
      self.cost += cost
      ofBurst.append(next)
      next += 1
    }
  }

  /// Whether a burst comes right after the one before it: then the pause between them is that of its
  /// place.
  func followsOn(_ burst: Int) -> Bool {
    burst > 0 && ofBurst[burst] == ofBurst[burst - 1] + 1
  }
}
