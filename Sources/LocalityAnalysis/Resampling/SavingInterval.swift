internal import TraceModel

/// How far the saving of a change could be from the one that was measured, had other iterations been
/// recorded: the central 95 % of resamples of pairs of times.
///
/// Moving-block bootstrap (Künsch 1989) over iterations, each with its time before and after: what makes
/// an iteration long makes it long both times, so only the difference scatters. Blocks are as long as
/// differences need to fade to half, and at least the cube root of the iterations (Hall, Horowitz and
/// Jing 1995).
public struct SavingInterval: Sendable, Hashable {
  /// Shares of the time before; 0 where `absence` says why there are none.
  public private(set) var low = 0.0
  /// Upper end of the 95 % interval.
  public private(set) var high = 0.0
  /// Iterations that were drawn from.
  public let iterationCount: Int
  /// Successive iterations that were drawn together.
  public private(set) var blockLength = 0
  /// Why there is no interval, in words.
  public private(set) var absence: String?

  /// Times that iterations are drawn anew.
  public static let resampleCount = 1_000

  /// - Parameters:
  ///   - before: nanoseconds of each iteration, in order.
  ///   - after: of the same iterations, changed; as many.
  ///   - loss: nanoseconds that the change adds to every iteration.
  /// - Complexity: O(resamples · iterations).
  public init(before: [Double], after: [Double], loss: Double = 0, seed: UInt64 = 1) {
    precondition(before.count == after.count, "the same iterations")
    let count = before.count
    iterationCount = count
    guard count >= ConfidenceIntervals.iterationsNeeded else {
      absence =
        "\(count) iteration\(count == 1 ? "" : "s") of "
        + "\(ConfidenceIntervals.iterationsNeeded) that an interval needs"
      return
    }
    let total = before.reduce(0, +)
    guard total > 0 else {
      absence = "iterations take no time"
      return
    }
    let saved = zip(before, after).map { $0 - $1 - loss }
    let mean = total / Double(count)
    let cubeRoot = (1...count).first { $0 * $0 * $0 >= count } ?? 1
    let fading = decorrelationLength(of: saved.map { [$0 / mean] }) ?? count
    blockLength = max(cubeRoot, fading)
    guard blockLength * 2 <= count else {
      absence = "what is saved drifts: \(count) iterations are too few for an interval"
      blockLength = 0
      return
    }
    var bootstrap = BlockBootstrap(count: count, blockLength: blockLength, seed: seed)
    var shares: [Double] = []
    for _ in 0..<Self.resampleCount {
      var (gain, time) = (0.0, 0.0)
      for (place, weight) in bootstrap.weights().enumerated() where weight > 0 {
        gain += Double(weight) * saved[place]
        time += Double(weight) * before[place]
      }
      shares.append(time > 0 ? gain / time : 0)
    }
    shares.sort()
    low = quantile(shares, 0.025)
    high = quantile(shares, 0.975)
  }

  /// Whether the interval leaves open that nothing is saved; false without an interval.
  public var isWithinNoise: Bool { absence == nil && low <= 0 && high >= 0 }
}
