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
    // T₄₀₀ − target · T₈₀₀ is a straight line in compute as long as nothing overlaps it, so the
    // secant meets it at once; with a pipeline it needs a few steps.
    func excess(_ scale: Double) throws -> (value: Double, quotient: Double) {
      let (slow, fast) = (try completion(scale, 400), try completion(scale, 800))
      return (slow - target * fast, slow / fast)
    }
    var low = (scale: 0.0, excess: try excess(0).value)
    guard low.excess > 0 else {
      throw VerbError(
        "\(model): even without compute the fat-tree gains less from 800 Gb/s than the table says")
    }
    var scale = 1.0
    var quotient = 0.0
    for _ in 0..<Self.stepLimit {
      let now = try excess(scale)
      quotient = now.quotient
      if abs(quotient - target) < Self.tolerance * (target - 1) { break }
      let slope = (now.value - low.excess) / (scale - low.scale)
      guard slope < 0 else { throw VerbError("\(model): more compute does not hide the network") }
      let next = scale - now.value / slope
      if now.value > 0 { low = (scale, now.value) }
      scale = min(max(next, scale / 8), scale * 64)
    }
    self.scale = scale
    reached = quotient
    nanosecondsPerLayer = estimatePerLayer * scale
  }

  private static let stepLimit = 12
  /// Of what is above 1.
  private static let tolerance = 1e-3
}
