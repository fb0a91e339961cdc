internal import TraceModel

/// How often each answer changes when iterations are drawn anew.
///
/// Moving-block bootstrap (Künsch, 1989) over the iterations' times: blocks of neighbours are drawn with
/// replacement until there are as many iterations as before, and the choice is made again without a
/// replay.
public struct ChoiceStability: Sendable, Hashable {
  /// Fewer iterations give no interval.
  public static let leastIterations = 10

  /// Times that iterations were drawn anew; 0 where nothing was.
  public var resampleCount = 0
  /// Iterations of one block.
  public var blockLength = 0
  /// Of each question, the share of resamples with another answer.
  public var changes: [CandidateChoice.Question: Double] = [:]
  /// Why nothing was drawn, in words.
  public var absence: String?

  /// - Parameters:
  ///   - blockLength: iterations of one block; nil for the cube root of their number.
  ///   - seed: of the draws.
  /// - Complexity: O(resamples · iterations · candidates).
  public init(
    _ scores: [CandidateScore], tolerance: Double, blockLength: Int? = nil,
    resampleCount: Int = 200, seed: UInt64 = 1
  ) {
    let count = scores.first?.iterations.count ?? 0
    guard count >= Self.leastIterations else {
      absence =
        "how stable the answers are cannot be told from \(count) iteration\(count == 1 ? "" : "s"): "
        + "\(Self.leastIterations) are the least"
      return
    }
    self.resampleCount = resampleCount
    let cubeRoot = (1...count).first { $0 * $0 * $0 >= count } ?? 1
    self.blockLength = min(max(1, blockLength ?? cubeRoot), count)
    let contest = Contest(scores, tolerance: tolerance)
    let answers = contest.winners(scores.map(\.nanoseconds))
    var random = RandomStream(seed: seed)
    var changed: [CandidateChoice.Question: Int] = [:]
    var times = [Double](repeating: 0, count: scores.count)
    for _ in 0..<resampleCount {
      let drawn = draw(from: count, &random)
      for (place, score) in scores.enumerated() {
        times[place] = drawn.reduce(0) { $0 + score.iterations[$1].nanoseconds }
      }
      let winners = contest.winners(times)
      for (question, answer) in answers where winners[question] != answer {
        changed[question, default: 0] += 1
      }
    }
    for question in answers.keys {
      changes[question] = Double(changed[question] ?? 0) / Double(max(1, resampleCount))
    }
  }

  private func draw(from count: Int, _ random: inout RandomStream) -> [Int] {
    var drawn: [Int] = []
    while drawn.count < count {
      let start = random.below(count - blockLength + 1)
      drawn += start..<min(start + blockLength, start + count - drawn.count)
    }
    return drawn
  }

  /// "another answer in 3.0 % of 200 resamples"; nil where nothing was drawn.
  func words(_ question: CandidateChoice.Question) -> String? {
    changes[question].map { "another answer in \(percent($0)) of \(resampleCount) resamples" }
  }
}
