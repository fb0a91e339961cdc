internal import Replay
internal import TraceModel

/// The one number of a model that is fitted: how long its compute takes, as a multiple of the
/// estimate by operations.
///
/// **What identifies it.** The table is normalised by a cell of its own, so only quotients of cells
/// carry information. Of the fat-tree at 400 Gb/s the quotient with 800 Gb/s is used: everything that
/// crosses a NIC takes exactly twice as long there and compute does not change, so the quotient is
/// (C + 2N)/(C + N) and fixes compute over network, C/N. The bytes in N and the seconds in C cannot
/// be told apart by any electrical cell; they matter only where a time is absolute, as the delay of a
/// reconfiguration is. Those two cells of 16 are therefore met by construction up to the
/// normalisation; the fat-tree at 100 and 200 Gb/s and all cells of the other fabrics are predicted.
struct ComputeFit: Sendable {
  /// Times the estimate.
  var scale: Double
  /// Forward and backward compute of one layer and micro-batch on one GPU.
  var nanosecondsPerLayer: Double
  /// What was asked for and what was reached.
  var target: Double
  var reached: Double

  /// - Parameters:
  ///   - model: the name that errors give.
  ///   - completion: the iteration on the fat-tree in nanoseconds, for a scale and a rate in Gb/s.
  init(
    of model: String, target: Double, estimatePerLayer: Double,
    completion: (_ scale: Double, _ gigabitsPerSecond: Int) throws -> Double
  ) throws {
    guard target > 1, target < 2 else {
      throw VerbError(
        "\(model): the fat-tree at 400 Gb/s takes \(target) times as long as at 800 Gb/s in the table: "
          + "compute can be fitted to a quotient between 1 and 2 only")
    }
    self.target = target
    // T₄₀₀ − target · T₈₀₀ is a straight line in compute as long as nothing overlaps it; where gradients
    // or a pipeline do, it bends, so its zero stays between a scale on either side.
    func excess(_ scale: Double) throws -> Probe {
      let (slow, fast) = (try completion(scale, 400), try completion(scale, 800))
      return Probe(scale: scale, excess: slow - target * fast, quotient: slow / fast)
    }
    var low = try excess(0)
    guard low.excess > 0 else {
      throw VerbError(
        "\(model): even without compute the fat-tree gains less from 800 Gb/s than the table says")
    }
    var high = try excess(1)
    for _ in 0..<Self.stepLimit where high.excess > 0 {
      low = high
      high = try excess(4 * high.scale)
    }
    guard high.excess <= 0 else {
      throw VerbError(
        "\(model): no compute, however long, hides as much of the network as the table says")
    }
    var best = abs(low.quotient - target) < abs(high.quotient - target) ? low : high
    for _ in 0..<Self.stepLimit where abs(best.quotient - target) > Self.tolerance * (target - 1) {
      let next = try excess(Self.zero(between: low, high))
      if next.excess > 0 {
        low = next
        high.weight /= 2
      } else {
        high = next
        low.weight /= 2
      }
      best = next
    }
    let (scale, quotient) = (best.scale, best.quotient)
    self.scale = scale
    reached = quotient
    nanosecondsPerLayer = estimatePerLayer * scale
  }

  /// A scale that was tried.
  private struct Probe {
    var scale: Double
    var excess: Double
    var quotient: Double
    /// Less than 1 when the other side has moved only, so that this one moves next (the Illinois rule).
    var weight = 1.0
  }

  /// Where the line between two probes meets zero.
  private static func zero(between low: Probe, _ high: Probe) -> Double {
    let (left, right) = (low.excess * low.weight, high.excess * high.weight)
    return low.scale + (high.scale - low.scale) * left / (left - right)
  }

  private static let stepLimit = 24
  /// Of what is above 1.
  private static let tolerance = 1e-3
}
