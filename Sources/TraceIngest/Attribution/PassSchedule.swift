internal import Glibc
internal import TraceModel

/// Layers, phases and micro-batches of one iteration's all-to-alls on one pipeline stage, when it is
/// known where the iteration begins.
///
/// A stage runs some forward passes, then one forward and one backward in turn, then the backward
/// passes that are left (1F1B; Narayanan et al., SC 2021, section 2.2.1; all forward first is the
/// same with the longest run-up). A forward pass goes up the layers, a backward pass down; both send
/// a layer's matrix, then its transpose.
struct PassSchedule {
  /// One all-to-all.
  struct Place: Equatable {
    var layer: Int32
    var phase: Phase
    var microBatch: Int32
  }

  var places: [Place]
  var layerCount: Int
  /// Mean cosine between each combine and the transpose of its dispatch, and how much better this
  /// schedule fits than the next best.
  var confidence: Confidence
  /// Mean cosine of a layer's matrices in different passes, 0 … 1, and how much that is more than
  /// between different layers.
  var recurrence: Double
  var gain: Double

  /// Schedules whose layers are told apart less well by this much are as good.
  static let tolerance = 0.03
  /// How much better the compute times must fit to prefer more layers.
  private static let ratioMargin = 1.05

  /// Whether an iteration of so many all-to-alls can be one of whole passes.
  static func canRead(matrixCount: Int) -> Bool {
    matrixCount >= 4 && matrixCount % 4 == 0
  }

  /// Finds how many micro-batches and layers explain the matrices.
  ///
  /// Those of one layer are alike in all its passes, those of different layers are not. Among
  /// schedules that do so equally well the one is taken whose backward passes compute longest, then
  /// that with the fewest layers.
  ///
  /// O(matrices² × (pairs + micro-batches²)).
  /// - Parameters:
  ///   - matrices: places of the matrices of one iteration among the sums, from its first.
  ///   - pauses: mean idle nanoseconds before each.
  ///   - microBatches: how many there can be; more than half the exchanges there never are.
  static func infer(
    from matrices: [Int], of sums: MatrixSums, pauses: [Double],
    microBatches: ClosedRange<Int> = 1...MatrixPlan.mostSums
  ) -> PassSchedule? {
    guard canRead(matrixCount: matrices.count) else { return nil }
    let exchangeCount = matrices.count / 2
    let likeness =
      (0..<exchangeCount).reduce(0) {
        $0 + sums.transposedCosine(matrices[2 * $1], matrices[2 * $1 + 1])
      }
      / Double(exchangeCount)
    guard likeness >= PhaseAssignment.minimumLikeness else { return nil }
    var alike = [Double](repeating: 1, count: exchangeCount * exchangeCount)
    for first in 0..<exchangeCount {
      for second in 0..<first {
        let mean =
          (sums.cosine(matrices[2 * first], matrices[2 * second])
            + sums.cosine(matrices[2 * first + 1], matrices[2 * second + 1])) / 2
        alike[first * exchangeCount + second] = mean
        alike[second * exchangeCount + first] = mean
      }
    }
    let compute = (0..<exchangeCount).map { pauses[2 * $0 + 1] }
    var readings: [(reading: Reading, recurrence: Double, gain: Double, ratio: Double)] = []
    for count in microBatches.clamped(to: 1...exchangeCount / 2).reversed()
    where exchangeCount % (2 * count) == 0 {
      for runUp in 0..<count {
        let reading = Reading(exchangeCount: exchangeCount, microBatches: count, runUp: runUp)
        let (recurrence, gain) = reading.recurrence(alike)
        readings.append((reading, recurrence, gain, reading.backwardRatio(compute)))
      }
    }
    let best = readings.map(\.gain).max() ?? 0
    var chosen = readings.first { $0.gain >= best - tolerance }
    for reading in readings where reading.gain >= best - tolerance {
      if let known = chosen, reading.ratio <= known.ratio * ratioMargin { continue }
      chosen = reading
    }
    guard let chosen else { return nil }
    var confidence = Confidence(likeness: likeness)
    for other in readings where !other.reading.isSame(as: chosen.reading) {
      // What tells schedules apart that explain the matrices equally well are the compute times.
      let byTime = log(
        max(.leastNormalMagnitude, chosen.ratio) / max(.leastNormalMagnitude, other.ratio))
      let lead =
        other.gain >= best - tolerance
        ? byTime * Double(other.reading.layerCount)
        : (chosen.gain - other.gain) * Double(matrices.count)
      confidence = confidence.besides(
        "\(other.reading.microBatchCount) micro-batches of \(other.reading.layerCount) layers",
        lead: lead)
    }
    return PassSchedule(
      places: chosen.reading.places, layerCount: chosen.reading.layerCount,
      confidence: confidence, recurrence: chosen.recurrence, gain: chosen.gain)
  }

  /// One way to read the exchanges (dispatch and combine) of an iteration.
  private struct Reading {
    var layerCount: Int
    let microBatchCount: Int
    /// Layer, micro-batch and direction of each exchange.
    private var exchanges: [(layer: Int, microBatch: Int, isBackward: Bool)] = []

    init(exchangeCount: Int, microBatches: Int, runUp: Int) {
      layerCount = exchangeCount / (2 * microBatches)
      microBatchCount = microBatches
      var forward = 0
      var backward = 0
      while backward < microBatches {
        if forward < microBatches, forward < runUp || forward == backward + runUp {
          append(microBatch: forward, isBackward: false)
          forward += 1
        } else {
          append(microBatch: backward, isBackward: true)
          backward += 1
        }
      }
    }

    private mutating func append(microBatch: Int, isBackward: Bool) {
      for step in 0..<layerCount {
        exchanges.append(
          (isBackward ? layerCount - 1 - step : step, microBatch, isBackward))
      }
    }

    /// Run-ups that are longer than there are passes are the same schedule.
    func isSame(as other: Reading) -> Bool {
      layerCount == other.layerCount
        && zip(exchanges, other.exchanges).allSatisfy { $0 == $1 }
    }

    /// How alike exchanges of one layer are, and how much more than those of different layers.
    func recurrence(_ alike: [Double]) -> (within: Double, gain: Double) {
      var within = (sum: 0.0, count: 0.0)
      var between = within
      for first in exchanges.indices {
        for second in 0..<first {
          let value = alike[first * exchanges.count + second]
          if exchanges[first].layer == exchanges[second].layer {
            within = (within.sum + value, within.count + 1)
          } else {
            between = (between.sum + value, between.count + 1)
          }
        }
      }
      guard within.count > 0 else { return (0, 0) }
      let mean = within.sum / within.count
      return (mean, between.count > 0 ? mean - between.sum / between.count : 0)
    }

    /// How much longer backward passes compute between an exchange's two parts than forward ones.
    func backwardRatio(_ compute: [Double]) -> Double {
      var forward = 0.0
      var backward = 0.0
      for (exchange, time) in zip(exchanges, compute) {
        if exchange.isBackward { backward += time } else { forward += time }
      }
      return forward > 0 ? backward / forward : 0
    }

    var places: [Place] {
      exchanges.flatMap { exchange in
        let phases: [Phase] =
          exchange.isBackward
          ? [.combineBackward, .dispatchBackward] : [.dispatchForward, .combineForward]
        return phases.map {
          Place(
            layer: Int32(exchange.layer), phase: $0, microBatch: Int32(exchange.microBatch))
        }
      }
    }
  }
}
