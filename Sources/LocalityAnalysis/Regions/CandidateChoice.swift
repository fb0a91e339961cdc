/// A candidate with its price and its times.
public struct CandidateScore: Sendable, Hashable {
  /// What could be bought.
  public var candidate: Candidate
  /// Its price, and the time that it cannot beat.
  public var quote: CandidateQuote
  /// Of every iteration, in order; where only representative iterations were replayed, those that
  /// stand for it.
  public var iterations: [IterationTime]
  /// When its circuits change; nil without circuits.
  public var policy: String?
  /// How often circuits were set up over all iterations; scaled up where only some were replayed.
  public var reconfigurations: Double
  /// True when only representative iterations were replayed.
  public var isSampled: Bool

  /// - Parameter iterations: in order, with all that were asked for.
  public init(
    candidate: Candidate, quote: CandidateQuote, iterations: [IterationTime],
    policy: String? = nil, reconfigurations: Double = 0, isSampled: Bool = false
  ) {
    self.candidate = candidate
    self.quote = quote
    self.iterations = iterations
    self.policy = policy
    self.reconfigurations = reconfigurations
    self.isSampled = isSampled
  }

  /// Nanoseconds of all iterations.
  public var nanoseconds: Double { iterations.reduce(0) { $0 + $1.nanoseconds } }
  /// Nanoseconds of them that are delays which nothing hides.
  public var exposedNanoseconds: Double { iterations.reduce(0) { $0 + $1.exposedNanoseconds } }
}

/// The answer to "which network for the experts", with what was ruled out and how.
public struct CandidateChoice: Sendable, Hashable {
  /// What is asked.
  public enum Question: String, Sendable, Hashable, CaseIterable {
    case fastest
    case smallest
    case cheapest
    case mostPerDollar = "most per dollar"
    case knee
  }

  /// A candidate that is no answer, and why.
  public struct Dropped: Sendable, Hashable {
    /// Why a candidate is no answer.
    public enum Reason: Sendable, Hashable {
      /// Its bound excludes it from every answer, without a replay.
      case bound
      /// A replay was given up when it was too slow for every answer.
      case stoppedEarly
      /// It cannot be built or replayed, for the reason given.
      case failed(String)
    }
    /// What was dropped.
    public var candidate: Candidate
    /// Nil where it cannot be built.
    public var quote: CandidateQuote?
    /// Why it was dropped.
    public var reason: Reason
  }

  /// ε: how much slower than the best a candidate may be and still be chosen for size or price.
  public var tolerance: Double
  /// Those with times, fastest first; of equals the smaller region, then the earlier candidate.
  public var scores: [CandidateScore] = []
  /// In the order of the candidates.
  public var dropped: [Dropped] = []
  /// Places in `scores` that answer each question; the knee only where the front has a bend, prices only
  /// where they are known.
  public var answers: [Question: Int] = [:]
  /// Places in `scores`, cheapest first: nobody else has a lower cost, time and exposed delay.
  public var front: [Int] = []
  /// The cheapest of those within ε when only the used ports of switches are paid.
  public var cheapestByUsedPorts: Int?
  /// The largest error of times from representative iterations, of those also replayed in full; nil
  /// where nothing was sampled.
  public var samplingError: Double?
  /// Sampled candidates that may be answers within that error.
  public var undecidedCount = 0
  /// How often other iterations would have given other answers.
  public var stability: ChoiceStability

  /// The answer to a question; nil where no candidate is one.
  public subscript(question: Question) -> CandidateScore? { answers[question].map { scores[$0] } }

  /// "12 candidates: 7 replayed in full, 5 proven worse by their bound".
  public var countSentence: String {
    func count(_ isCounted: (Dropped.Reason) -> Bool) -> Int {
      dropped.count { isCounted($0.reason) }
    }
    let all = scores.count + dropped.count
    let sampled = scores.count(where: \.isSampled)
    let parts = [
      (scores.count - sampled, "replayed in full"),
      (sampled, "replayed on representative iterations"),
      (count { $0 == .stoppedEarly }, "given up during a replay"),
      (count { $0 == .bound }, "proven worse by their bound"),
      (count { if case .failed = $0 { true } else { false } }, "without a result"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return "\(all) candidate\(all == 1 ? "" : "s"): \(parts.joined(separator: ", "))"
  }
}
