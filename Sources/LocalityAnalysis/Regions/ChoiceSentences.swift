extension CandidateChoice {
  /// The answers in words, each with its reason, its margin and how stable it is; then what was ruled
  /// out.
  public var answerSentences: [String] {
    var result = Question.allCases.compactMap { sentence(on: $0) }
    if let sentence = boxSentence { result.append(sentence) }
    if scores.count + dropped.count > 0 { result.append(countSentence + ".") }
    if let error = samplingError {
      var words =
        "Times from representative iterations, corrected by what all full replays have in common, were "
        + "off by at most \(percent(error)) where the same candidate was also replayed in full; every "
        + "answer above was."
      if undecidedCount > 0 {
        words +=
          " \(undecidedCount) other\(undecidedCount == 1 ? "" : "s") may be an answer within that error."
      }
      result.append(words)
    }
    if !scores.isEmpty, let absence = stability.absence {
      result.append(capitalised(absence) + ".")
    }
    return result
  }

  /// One answer with its reason.
  public func sentence(on question: Question) -> String? {
    guard let winner = self[question] else { return nil }
    let name = winner.candidate.name
    let time = duration(winner.nanoseconds)
    let body: String
    switch question {
    case .fastest:
      body = "Fastest: \(name), \(time)\(lead(of: winner) { $0.nanoseconds })"
    case .smallest:
      body =
        "Smallest region within \(percent(tolerance)) of the fastest: \(name), \(time), "
        + "\(behindWords(winner))\(shrinking(winner))"
    case .cheapest:
      body =
        "Cheapest within \(percent(tolerance)) of the fastest: \(name), "
        + "\(dollars(winner.quote.costUSD ?? 0)), \(behindWords(winner))"
        + cheaperElsewhere(winner)
    case .mostPerDollar:
      body =
        "Most performance per dollar: \(name), \(time) at \(dollars(winner.quote.costUSD ?? 0))"
        + lead(of: winner) { $0.nanoseconds * ($0.quote.costUSD ?? .infinity) }
    case .knee:
      body =
        "Knee of price against time: \(name), \(time) at \(dollars(winner.quote.costUSD ?? 0))"
        + beyondKnee(winner)
    }
    return body + (stability.words(question).map { "; \($0)" } ?? "") + "."
  }

  /// How far the runner-up is behind in something of which less is better; nil without one.
  public func margin(of winner: CandidateScore, by value: (CandidateScore) -> Double) -> Double? {
    let best = value(winner)
    let others = scores.filter { $0.candidate != winner.candidate }.map(value)
    guard best > 0, let next = others.min(), next.isFinite else { return nil }
    return next / best - 1
  }

  private func lead(
    of winner: CandidateScore, by value: (CandidateScore) -> Double
  ) -> String {
    guard let margin = margin(of: winner, by: value) else { return "" }
    return margin < 5e-4 ? ", as good as the next" : ", \(percent(margin)) ahead of the next"
  }

  private func behind(_ score: CandidateScore) -> Double {
    guard let best = scores.first?.nanoseconds, best > 0 else { return 0 }
    return score.nanoseconds / best - 1
  }

  private func behindWords(_ score: CandidateScore) -> String {
    let share = behind(score)
    return share < 5e-4 ? "as fast as it" : "\(percent(share)) behind it"
  }

  private func shrinking(_ winner: CandidateScore) -> String {
    let smaller = scores.first { $0.candidate.plan.size < winner.candidate.plan.size }
    guard let smaller, winner.nanoseconds > 0 else { return "" }
    return "; the best of the smaller, \(smaller.candidate.plan.name), takes "
      + "\(percent(smaller.nanoseconds / winner.nanoseconds - 1)) longer"
  }

  private func cheaperElsewhere(_ winner: CandidateScore) -> String {
    guard let cost = winner.quote.costUSD, cost > 0 else { return "" }
    let others = scores.filter {
      $0.candidate != winner.candidate && behind($0) <= tolerance && $0.quote.costUSD != nil
    }
    guard let next = others.compactMap(\.quote.costUSD).min() else {
      return "; nothing else is within that"
    }
    let margin = next / cost - 1
    return margin < 5e-4 ? "; the next costs as much" : "; the next costs \(percent(margin)) more"
  }

  /// What the fastest of the front costs more and gains.
  private func beyondKnee(_ knee: CandidateScore) -> String {
    let fastest = front.map { scores[$0] }.min { $0.nanoseconds < $1.nanoseconds }
    guard let fastest, let price = knee.quote.costUSD, let most = fastest.quote.costUSD, price > 0
    else { return "" }
    return "; the fastest costs \(percent(most / price - 1)) more and takes "
      + "\(percent(1 - fastest.nanoseconds / knee.nanoseconds)) less time"
  }

  /// Where it matters whether whole boxes are paid or used ports alone.
  private var boxSentence: String? {
    guard let boxes = answers[.cheapest], let ports = cheapestByUsedPorts, boxes != ports,
      let price = scores[ports].quote.usedPortsUSD
    else { return nil }
    return "Prices are of whole switches, ports that stay dark included; by used ports alone the "
      + "cheapest would be \(scores[ports].candidate.name), \(dollars(price))."
  }
}
