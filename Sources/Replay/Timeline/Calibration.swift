internal import TraceModel

/// How a replay on the fabric of the recording compares with the recording.
///
/// The efficiency is fitted on every other iteration, from the first on, and tested on the rest.
public struct Calibration: Sendable, Hashable {
  /// Replayed ÷ recorded duration of a phase: the median over the fitted iterations.
  public var efficiency: Double
  /// Median of |replayed ÷ efficiency − recorded| ÷ recorded over the tested iterations.
  public var medianError: Double
  /// Phases that were fitted to and tested on.
  public var fittedPhaseCount: Int
  public var testedPhaseCount: Int

  /// An error above this part of the recorded durations leaves a replay uncalibrated.
  public static let largestError = 0.1

  public var isCalibrated: Bool { medianError <= Self.largestError }
}

extension ReplayResult {
  /// Compares the phases' durations with the recorded ones; nil without recorded times, or with one
  /// iteration only.
  ///
  /// The recorded duration of a phase runs from its first start to its last end and contains what
  /// operations waited for each other, so an efficiency is a lower bound of the network's.
  /// - Complexity: O(phases log phases).
  public var calibration: Calibration? {
    let numbers = Set(iterations.map(\.iteration)).sorted()
    var place: [Int32: Int] = [:]
    for (index, number) in numbers.enumerated() { place[number] = index }
    var fitted: [Double] = []
    var tested: [PhaseResult] = []
    for phase in phases where phase.durationNanoseconds > 0 {
      guard let recorded = phase.recordedNanoseconds, recorded > 0,
        let iteration = place[phase.iteration]
      else { continue }
      if iteration.isMultiple(of: 2) {
        fitted.append(phase.durationNanoseconds / recorded)
      } else {
        tested.append(phase)
      }
    }
    guard !fitted.isEmpty, !tested.isEmpty else { return nil }
    let efficiency = median(fitted)
    let errors = tested.map { phase in
      let recorded = phase.recordedNanoseconds ?? phase.durationNanoseconds
      return abs(phase.durationNanoseconds / efficiency - recorded) / recorded
    }
    return Calibration(
      efficiency: efficiency, medianError: median(errors), fittedPhaseCount: fitted.count,
      testedPhaseCount: tested.count)
  }
}

private func median(_ values: [Double]) -> Double {
  let ordered = values.sorted()
  let middle = ordered.count / 2
  return ordered.count.isMultiple(of: 2)
    ? (ordered[middle - 1] + ordered[middle]) / 2 : ordered[middle]
}
