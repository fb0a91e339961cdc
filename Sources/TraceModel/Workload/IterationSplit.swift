/// Iterations that something is fitted to, and others on which it is then scored.
///
/// What is scored on the bytes that it was fitted to looks better than it is: with weak structure
/// nearly all of what a search finds is noise.
public struct IterationSplit: Sendable, Hashable {
  /// Ascending.
  public let fitted: [Int32]
  /// Ascending; empty where one iteration leaves nothing to score.
  public let scored: [Int32]
  /// How the iterations were divided, in a few words.
  public let method: String

  /// The first half is fitted: all that could have been seen when the second half ran.
  ///
  /// - Parameter iterations: ascending; of an odd number the second half has one more.
  public init(firstHalfOf iterations: [Int32]) {
    let count = max(min(1, iterations.count), iterations.count / 2)
    fitted = Array(iterations.prefix(count))
    scored = Array(iterations.dropFirst(count))
    method = "first half"
  }

  /// Half of the blocks of successive iterations, drawn by a seed, are fitted.
  ///
  /// Neighbouring iterations are alike, so they stay together: blocks are as long as there are
  /// blocks, ⌊√count⌋ iterations, the last one perhaps shorter. Of an odd number of blocks the
  /// larger half is fitted.
  ///
  /// - Parameter iterations: ascending.
  public init(blocksOf iterations: [Int32], seed: UInt64 = 1) {
    let length = max(1, Int(Double(iterations.count).squareRoot()))
    let count = (iterations.count + length - 1) / length
    var random = RandomStream(seed: seed, purpose: 0x7370_6C69_74)
    let drawn = Set(random.permutation(count).prefix((count + 1) / 2))
    fitted = iterations.indices.filter { drawn.contains($0 / length) }.map { iterations[$0] }
    scored = iterations.indices.filter { !drawn.contains($0 / length) }.map { iterations[$0] }
    method = "blocks of \(length), seed \(seed)"
  }

  /// All iterations are fitted and none is left to score.
  public init(fittingAll iterations: [Int32]) {
    fitted = iterations
    scored = []
    method = "all"
  }

  /// True where nothing is left to score but the bytes that were fitted.
  public var isScoredOnItself: Bool { scored.isEmpty }

  /// What a number rests on: "fitted to iterations 0-1, 4-5 and scored on 2-3, 6-7 (…)".
  public var sentence: String {
    isScoredOnItself
      ? "fitted and scored on the same bytes: no other iteration has any"
      : "fitted to iterations \(Self.words(fitted)) and scored on \(Self.words(scored)) (\(method))"
  }

  /// Ascending numbers with those in a row taken together: "0-2, 5".
  static func words(_ iterations: [Int32]) -> String {
    var runs: [ClosedRange<Int32>] = []
    for iteration in iterations {
      if let last = runs.last, last.upperBound < .max, last.upperBound + 1 == iteration {
        runs[runs.count - 1] = last.lowerBound...iteration
      } else {
        runs.append(iteration...iteration)
      }
    }
    return runs.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }.joined(separator: ", ")
  }
}
