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

  /// Blocks are as long as it takes until deviations of times are less than half alike, and at least the cube
  /// root of the iterations.
  ///
  /// - Parameter seed: of the draws.
  /// - Complexity: O(resamples · (iterations · candidates + candidates²)).
  package init(
    _ scores: [CandidateScore], _ contest: Contest, resampleCount: Int = 200, seed: UInt64 = 1
  ) {
    let count = scores.first?.iterations.count ?? 0
    guard count >= Self.leastIterations else {
      absence =
        "how stable the answers are cannot be told from \(count) iteration\(count == 1 ? "" : "s"): "
        + "\(Self.leastIterations) are the least"
      return
    }
    let fading =
      decorrelationLength(
        of: (0..<count).map { place in scores.map { $0.iterations[place].nanoseconds } }) ?? count
    let length = max(fading, (1...count).first { $0 * $0 * $0 >= count } ?? 1)
    guard length * 2 <= count else {
      absence =
        "how stable the answers are cannot be told: times stay alike for \(length) of \(count) iterations"
      return
    }
    self.resampleCount = resampleCount
    blockLength = length
    let answers = contest.winners(Contest.Times(scores))
    var bootstrap = BlockBootstrap(count: count, blockLength: length, seed: seed)
    var changed: [CandidateChoice.Question: Int] = [:]
    for _ in 0..<resampleCount {
      let winners = contest.winners(Contest.Times(scores, weights: bootstrap.weights()))
      for (question, answer) in answers where winners[question] != answer {
        changed[question, default: 0] += 1
      }
    }
    for question in answers.keys {
      changes[question] = Double(changed[question] ?? 0) / Double(max(1, resampleCount))
    }
  }

  /// "another answer in 3.0 % of 200 resamples"; nil where nothing was drawn.
  func words(_ question: CandidateChoice.Question) -> String? {
    changes[question].map { "another answer in \(percent($0)) of \(resampleCount) resamples" }
  }
}
