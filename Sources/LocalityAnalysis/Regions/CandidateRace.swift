internal import TraceModel

/// How candidates are compared.
public struct RaceOptions: Sendable {
  /// ε: how much slower than the best a candidate may be and still be chosen for size or price.
  public var tolerance: Double
  /// Iterations that stand for all in the race; nil to replay every candidate in full.
  public var representatives: RepresentativeIterations?
  /// Candidates replayed in full beyond the answers, because sampling cannot tell them from one.
  public var contenderLimit: Int
  /// Told how many candidates are through.
  public var progress: @Sendable (Int) -> Void

  /// - Parameter tolerance: a share of the fastest time; below 0 counts as 0.
  public init(
    tolerance: Double = 0.05, representatives: RepresentativeIterations? = nil,
    contenderLimit: Int = 4,
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) {
    self.tolerance = max(0, tolerance)
    self.representatives = representatives
    self.contenderLimit = contenderLimit
    self.progress = progress
  }
}

/// Compares candidates and answers every question of `CandidateChoice`.
///
/// Bounds of all come first. Most promising candidates are replayed first, in parts of a fixed number at
/// once, so that nothing depends on the number of cores; each knows what those before its part came to. A
/// candidate is dropped only when its bound, or the replay so far, excludes it from every question and
/// from the front; the one without circuits, with which all are compared, never. With representative iterations all race on these; whoever then answers a question, and
/// contenders that sampling cannot tell from an answer, are replayed in full until every answer is one
/// that was, and what was dropped is judged again by full replays alone.
public func chooseCandidate(
  _ candidates: [Candidate], evaluator: some CandidateEvaluator,
  options: RaceOptions = RaceOptions()
) -> CandidateChoice {
  var race = CandidateRace(candidates, evaluator: evaluator, options: options)
  race.run()
  return race.choice()
}

/// The state of the comparison.
private struct CandidateRace<Evaluator: CandidateEvaluator> {
  private let candidates: [Candidate]
  private let evaluator: Evaluator
  private let options: RaceOptions
  private let quotes: [Result<CandidateQuote, CandidateFailure>]
  /// Most promising first.
  private let order: [Int]
  private var scores: [CandidateScore?]
  private var failures: [Int: String] = [:]
  private var stopped: Set<Int> = []
  /// Full ÷ sampled time of those replayed both ways.
  private var ratios: [Double] = []
  private var undecided: Set<Int> = []
  /// Exposed delays below this count as none, in nanoseconds: a thousandth of what the fastest could take.
  private let negligible: Double

  /// Candidates replayed at once.
  private static var partSize: Int { 8 }
  /// Candidates that are replayed both ways before sampling errors are believed, where there are as many.
  private static var leastComparisons: Int { 4 }
  /// What estimates are trusted to: a candidate is out when it is worse by more.
  private static var sampledSlack: Double { 0.02 }

  init(_ candidates: [Candidate], evaluator: Evaluator, options: RaceOptions) {
    self.candidates = candidates
    self.evaluator = evaluator
    self.options = options
    let quotes = parallelMap(count: candidates.count) { evaluator.quote(candidates[$0]) }
    self.quotes = quotes
    let bounds = quotes.map { (try? $0.get().boundNanoseconds) ?? .infinity }
    let costs = quotes.map { (try? $0.get().costUSD) ?? .infinity }
    order = candidates.indices.filter { (try? quotes[$0].get()) != nil }
      .sorted { (bounds[$0], costs[$0], $0) < (bounds[$1], costs[$1], $1) }
    let least = bounds.min() ?? 0
    negligible = least.isFinite ? least * 1e-3 : 0
    scores = candidates.map { _ in nil }
    for (place, quote) in quotes.enumerated() {
      if case .failure(let failure) = quote { failures[place] = failure.reason }
    }
  }

  private func quote(_ place: Int) -> CandidateQuote {
    (try? quotes[place].get()) ?? CandidateQuote(costUSD: nil, boundNanoseconds: .infinity)
  }

  mutating func run() {
    guard options.representatives != nil else { return replay(order, isFull: true) }
    replay(order, isFull: false)
    replayAnswers()
    // What estimates had excluded has to be excluded by full replays.
    let unproven = order.filter {
      scores[$0] == nil && failures[$0] == nil && !stopped.contains($0)
        && quote($0).boundNanoseconds <= limits(fullScores).slowest(of: quote($0))
    }
    guard !unproven.isEmpty else { return }
    replay(unproven, isFull: false, isPruned: false)
    replayAnswers()
  }

  private func limits(_ scores: [CandidateScore]) -> Limits {
    Limits(scores, tolerance: options.tolerance, negligible: negligible)
  }

  private var fullScores: [CandidateScore] { scores.compactMap { $0 }.filter { !$0.isSampled } }

  /// Replays candidates part by part, in full or on representative iterations, leaving out those whose
  /// bound excludes them by what is known when their part begins.
  private mutating func replay(_ places: [Int], isFull: Bool, isPruned: Bool = true) {
    var rest = places[...]
    while !rest.isEmpty {
      let slack = isFull ? 0 : Self.sampledSlack
      let limits = self.limits(scores.compactMap { $0 })
      var part: [(place: Int, limit: Double)] = []
      while part.count < Self.partSize, let place = rest.popFirst() {
        // All are compared with the network without circuits, however slow.
        let limit =
          isPruned && candidates[place].plan.hasCircuits
          ? limits.slowest(of: quote(place)) * (1 + slack) : .infinity
        if quote(place).boundNanoseconds <= limit { part.append((place, limit)) }
      }
      let (asked, share) = (part, isFull ? 1 : sampledShare)
      let (candidates, evaluator) = (candidates, evaluator)
      let iterations = isFull ? nil : options.representatives?.places
      let answers = parallelMap(count: asked.count) {
        evaluator.replay(
          candidates[asked[$0].place], iterations: iterations, policy: nil,
          limitNanoseconds: asked[$0].limit * share)
      }
      for (asked, answer) in zip(asked, answers) { enter(answer, at: asked.place, isFull: isFull) }
      options.progress(places.count - rest.count)
    }
  }

  /// The representative iterations' part of the time of all, as the fastest has it; before anything is
  /// known no limit is given.
  private var sampledShare: Double {
    let best = scores.compactMap { $0 }.min { $0.nanoseconds < $1.nanoseconds }
    guard let best, let representatives = options.representatives, best.nanoseconds > 0 else {
      return 1
    }
    return representatives.places.reduce(0) { $0 + best.iterations[$1].nanoseconds }
      / best.nanoseconds
  }

  private mutating func enter(_ answer: CandidateReplay, at place: Int, isFull: Bool) {
    switch answer {
    case .failed(let reason):
      failures[place] = reason
      scores[place] = nil
    case .exceedsLimit: stopped.insert(place)
    case .played(let times):
      var score = CandidateScore(
        candidate: candidates[place], quote: quote(place), iterations: times.iterations,
        policy: times.policy, reconfigurations: Double(times.reconfigurations), isSampled: !isFull)
      if !isFull, let representatives = options.representatives {
        score.iterations = representatives.expand(times)
        score.reconfigurations *=
          Double(score.iterations.count) / Double(max(1, times.iterations.count))
        if times.onceNanoseconds > 0 { score.reconfigurations += 1 }
      }
      scores[place] = score
    }
  }

  // MARK: Full replays of what was sampled

  /// Replays in full whoever answers a question, until all answers are.
  private mutating func replayAnswers() {
    var contendersLeft = options.contenderLimit
    while true {
      let known = knownByTime
      func isOpen(_ place: Int) -> Bool { scores[place]?.isSampled == true }
      let winners = answers(among: known).filter(isOpen)
      // Nobody is told from an answer before the first full replays say how well sampling does.
      var near = ratios.isEmpty ? [] : contenders(among: known).filter { !winners.contains($0) }
      if winners.isEmpty, near.isEmpty, ratios.count < Self.leastComparisons {
        near = unlike(among: known)
      }
      let chosen = near.prefix(contendersLeft)
      undecided = Set(near.dropFirst(chosen.count))
      contendersLeft -= chosen.count
      guard !(winners + chosen).isEmpty else { return }
      replayInFull(winners + chosen)
    }
  }

  /// The fastest sampled candidate of a division, with optical NICs and a scheduler, that was not
  /// replayed in full yet: what sampling is worth is not told from two alike.
  private func unlike(among known: [Int]) -> [Int] {
    func kind(_ place: Int) -> Candidate {
      var candidate = candidates[place]
      candidate.technology = nil
      return candidate
    }
    let compared = Set(known.filter { scores[$0]?.isSampled == false }.map(kind))
    let first = known.first { scores[$0]?.isSampled == true && !compared.contains(kind($0)) }
    return first.map { [$0] } ?? []
  }

  private mutating func replayInFull(_ places: [Int]) {
    let (candidates, evaluator) = (candidates, evaluator)
    let policies = places.map { scores[$0]?.policy }
    let sampled = places.map { scores[$0]?.nanoseconds ?? 0 }
    let answers = parallelMap(count: places.count) {
      evaluator.replay(
        candidates[places[$0]], iterations: nil, policy: policies[$0],
        limitNanoseconds: .infinity)
    }
    for (index, answer) in answers.enumerated() {
      enter(answer, at: places[index], isFull: true)
      if let time = scores[places[index]]?.nanoseconds, sampled[index] > 0 {
        ratios.append(time / sampled[index])
      }
    }
  }

  /// Whoever answers a question now, and the candidate without circuits, with which all are compared.
  private func answers(among known: [Int]) -> [Int] {
    let scores = known.map(score)
    var places = Set(contest(of: scores).winners(Contest.Times(scores)).values)
    if let plain = scores.firstIndex(where: { !$0.candidate.plan.hasCircuits }) {
      places.insert(plain)
    }
    // Whether optics pay is said of these two.
    let optical = scores.indices.filter { scores[$0].candidate.plan.hasCircuits }
    if let fastest = optical.first {
      places.insert(fastest)
      let within = optical.filter {
        scores[$0].nanoseconds <= (scores.first?.nanoseconds ?? 0) * (1 + options.tolerance)
          && scores[$0].quote.costUSD != nil
      }
      if let cheapest = within.min(by: {
        (scores[$0].quote.costUSD ?? 0, $0) < (scores[$1].quote.costUSD ?? 0, $1)
      }) {
        places.insert(cheapest)
      }
    }
    return places.sorted().map { known[$0] }
  }

  /// Sampled candidates that would answer a question if their time were less by the sampling error.
  private func contenders(among known: [Int]) -> [Int] {
    let scores = known.map(score)
    let contest = contest(of: scores)
    let error = samplingError ?? 0
    var times = Contest.Times(scores)
    return scores.indices.filter { place in
      guard scores[place].isSampled else { return false }
      let time = times.total[place]
      times.total[place] = time * (1 - error)
      defer { times.total[place] = time }
      return contest.winners(times).values.contains(place)
    }.sorted { (times.total[$0], $0) < (times.total[$1], $1) }.map { known[$0] }
  }

  // MARK: What sampling is worth

  /// What a sampled time is multiplied by: what the sampled iterations have in common with all others errs
  /// alike on all candidates, so the median of full ÷ sampled corrects most of it.
  private var correction: Double {
    let sorted = ratios.sorted()
    return sorted.isEmpty ? 1 : sorted[sorted.count / 2]
  }

  /// The largest error that is left in those replayed both ways; nil where nothing was sampled.
  private var samplingError: Double? {
    let correction = correction
    return ratios.map { abs($0 / correction - 1) }.max()
  }

  /// A score that is known, corrected where it is sampled.
  private func score(_ place: Int) -> CandidateScore {
    var score =
      scores[place]
      ?? CandidateScore(candidate: candidates[place], quote: quote(place), iterations: [])
    guard score.isSampled, !ratios.isEmpty else { return score }
    let correction = correction
    for index in score.iterations.indices {
      score.iterations[index].nanoseconds *= correction
      score.iterations[index].exposedNanoseconds *= correction
    }
    return score
  }

  /// Candidates with times, fastest first; of equals the smaller region, then the earlier one.
  private var knownByTime: [Int] {
    let times = scores.indices.map { scores[$0] == nil ? .infinity : score($0).nanoseconds }
    return scores.indices.filter { scores[$0] != nil }.sorted {
      (times[$0], candidates[$0].plan.size, $0) < (times[$1], candidates[$1].plan.size, $1)
    }
  }

  // MARK: The end

  func choice() -> CandidateChoice {
    let ordered = knownByTime.map(score)
    let contest = contest(of: ordered)
    let times = Contest.Times(ordered)
    var choice = CandidateChoice(
      tolerance: options.tolerance, stability: ChoiceStability(ordered, contest))
    choice.scores = ordered
    choice.answers = contest.winners(times)
    choice.cheapestByUsedPorts = contest.cheapestByUsedPorts(times)
    choice.front = contest.front(times).members
    choice.samplingError = samplingError
    choice.undecidedCount = undecided.count { scores[$0]?.isSampled == true }
    for place in candidates.indices where scores[place] == nil {
      choice.dropped.append(
        CandidateChoice.Dropped(
          candidate: candidates[place], quote: try? quotes[place].get(),
          reason: failures[place].map { .failed($0) }
            ?? (stopped.contains(place) ? .stoppedEarly : .bound)))
    }
    return choice
  }

  private func contest(of scores: [CandidateScore]) -> Contest {
    Contest(scores, tolerance: options.tolerance, negligible: negligible)
  }
}

/// What a newcomer has to beat.
private struct Limits {
  private var withinBest = Double.infinity
  private var leastPricedTime = Double.infinity
  /// Cost and time of those that expose no delay worth mentioning.
  private var unexposed: [(cost: Double, time: Double)] = []

  init(_ scores: [CandidateScore], tolerance: Double, negligible: Double) {
    guard let best = scores.map(\.nanoseconds).min() else { return }
    withinBest = best * (1 + tolerance)
    for score in scores {
      guard let cost = score.quote.costUSD, cost > 0 else { continue }
      leastPricedTime = min(leastPricedTime, score.nanoseconds * cost)
      if score.exposedNanoseconds <= negligible { unexposed.append((cost, score.nanoseconds)) }
    }
  }

  /// The slowest time with which a candidate of this price could still answer a question or stand on
  /// the front.
  func slowest(of quote: CandidateQuote) -> Double {
    guard let cost = quote.costUSD, cost > 0 else { return withinBest }
    let onFront = unexposed.lazy.filter { $0.cost <= cost }.map(\.time).min() ?? .infinity
    return max(withinBest, leastPricedTime / cost, onFront)
  }
}
