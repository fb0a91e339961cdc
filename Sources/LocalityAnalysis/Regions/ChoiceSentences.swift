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
        "Knee of price against time: \(name), \(time) at \(dollars(winner.quote.costUSD ?? 0)); "
        + "beyond it money buys less"
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

  /// Where it matters whether whole boxes are paid or used ports alone.
  private var boxSentence: String? {
    guard let boxes = answers[.cheapest], let ports = cheapestByUsedPorts, boxes != ports,
      let price = scores[ports].quote.usedPortsUSD
    else { return nil }
    return "Prices are of whole switches, ports that stay dark included; by used ports alone the "
      + "cheapest would be \(scores[ports].candidate.name), \(dollars(price))."
  }
}

/// What the networks have to do with, for the words about what would have to change.
public struct NetworkConditions: Sendable {
  /// Why circuits have nothing to carry, from `RegionCandidates`.
  public var noOptics: String?
  /// Nanoseconds of all iterations on a network of unlimited rate; nil where it is not known.
  public var unlimitedNanoseconds: Double?

  /// Without further words a network of which nothing but its candidates is known.
  public init(noOptics: String? = nil, unlimitedNanoseconds: Double? = nil) {
    self.noOptics = noOptics
    self.unlimitedNanoseconds = unlimitedNanoseconds
  }
}

extension CandidateChoice {
  /// Whether optics pay, and what would have to change where they do not.
  public func opticsSentences(_ conditions: NetworkConditions) -> [String] {
    if let reason = conditions.noOptics {
      return [
        "Optics do not pay: \(reason), so there is no optical candidate. Expert groups would have "
          + "to span servers beyond their scale-up domain."
      ]
    }
    var result: [String] = []
    let plain = scores.first { !$0.candidate.plan.hasCircuits }
    let optical = scores.first { $0.candidate.plan.hasCircuits }
    if let smallest = self[.smallest], !smallest.candidate.plan.hasCircuits {
      let gain = optical.map { smallest.nanoseconds / $0.nanoseconds - 1 }
      let words =
        gain.map {
          $0 > 0
            ? "the fastest with circuits is \(percent($0)) faster" : "none with circuits is faster"
        } ?? "none with circuits could be faster by more than that"
      result.append(
        "Optics do not pay in time: without circuits between servers the work is within "
          + "\(percent(tolerance)) of the fastest, and \(words).")
      result += changes(plain: smallest, optical: optical, conditions)
    }
    if let cheapest = self[.cheapest], cheapest.candidate.plan.hasCircuits,
      let price = cheapest.quote.costUSD, let plain, let all = plain.quote.costUSD, all > 0
    {
      result.append(
        "Optics pay in money: within \(percent(tolerance)) of the fastest, circuits cost "
          + "\(dollars(price)), the network without them \(dollars(all)).")
    }
    return result
  }

  /// What would have to change before optics pay in time: delay, bytes, or which pairs are hot.
  private func changes(
    plain: CandidateScore, optical: CandidateScore?, _ conditions: NetworkConditions
  ) -> [String] {
    var result: [String] = []
    if let optical, let sentence = delaySentence(optical, against: plain) {
      result.append(sentence)
    }
    if let unlimited = conditions.unlimitedNanoseconds, unlimited > 0 {
      let gain = plain.nanoseconds / unlimited - 1
      if gain < OpticsValue.worthwhile {
        result.append(
          "A network of unlimited rate would be \(percent(gain)) faster than packets alone: experts "
            + "would have to exchange more bytes, or compute take less time.")
      }
    }
    return result
  }

  /// Where delay decides: how long a change of circuits may take before it does.
  public func delaySentence(_ optical: CandidateScore, against plain: CandidateScore?) -> String? {
    let exposed = optical.exposedNanoseconds
    guard exposed >= OpticsValue.worthwhile * optical.nanoseconds, optical.reconfigurations > 0
    else { return nil }
    let bare = optical.nanoseconds - exposed
    var words =
      "The delay decides: of \(duration(optical.nanoseconds)) on \(optical.candidate.name), "
      + "\(duration(exposed)) are exposed delay of \(decimal(optical.reconfigurations, places: 0)) "
      + "changes of circuits"
    if let plain {
      let gain = plain.nanoseconds - bare
      words +=
        gain > 0
        ? "; below \(duration(gain / optical.reconfigurations)) exposed per change it breaks even with "
          + "packets alone"
        : "; without any it would still be no faster than packets alone"
    }
    return words + "."
  }
}
