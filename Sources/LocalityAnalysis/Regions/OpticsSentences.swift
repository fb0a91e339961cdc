/// What the networks have to do with, for the words about what would have to change.
public struct NetworkConditions: Sendable {
  /// Why circuits have nothing to carry, from `RegionCandidates`.
  public var noOptics: String?
  /// Nanoseconds of all iterations on a network of unlimited rate; nil where it is not known.
  public var unlimitedNanoseconds: Double?
  /// Of one NIC in one direction; nil where it is not known.
  public var nicBitsPerSecond: Double?
  /// True where the network without circuits gives every NIC its full rate.
  public var packetsNeverBlock: Bool
  /// What forbids candidates with circuits, in words.
  public var omissions: [String]

  /// Without further words a network of which nothing but its candidates is known.
  public init(
    noOptics: String? = nil, unlimitedNanoseconds: Double? = nil, nicBitsPerSecond: Double? = nil,
    packetsNeverBlock: Bool = false, omissions: [String] = []
  ) {
    self.noOptics = noOptics
    self.unlimitedNanoseconds = unlimitedNanoseconds
    self.nicBitsPerSecond = nicBitsPerSecond
    self.packetsNeverBlock = packetsNeverBlock
    self.omissions = omissions
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
    if let reason = untried(conditions) {
      return ["Whether optics pay is not known: \(reason)."]
    }
    let plain = scores.first { !$0.candidate.plan.hasCircuits }
    let optical = scores.first { $0.candidate.plan.hasCircuits }
    guard let plain else {
      return ["Whether optics pay is not known: the network without circuits has no result."]
    }
    guard let smallest = self[.smallest], !smallest.candidate.plan.hasCircuits else {
      return optical.map {
        ["Optics pay in time: the fastest with circuits, \($0.candidate.name), \(deal($0, plain))."]
      } ?? []
    }
    let gain = optical.map { 1 - $0.nanoseconds / plain.nanoseconds }
    let words =
      gain.map {
        $0 > 0
          ? "the fastest with circuits takes \(percent($0)) less time"
          : "none with circuits is faster"
      } ?? "every network with circuits that could be replayed is proven slower than that"
    return [
      "Optics do not pay in time: without circuits between servers the work is within "
        + "\(percent(tolerance)) of the fastest, and \(words)."
    ] + changes(plain: plain, optical: optical, conditions)
      + [moneySentence(plain)].compactMap(\.self)
  }

  /// Why nothing was learned about circuits, in words; nil where something was.
  private func untried(_ conditions: NetworkConditions) -> String? {
    if scores.contains(where: { $0.candidate.plan.hasCircuits }) { return nil }
    let lost = dropped.filter { $0.candidate.plan.hasCircuits }
    let failures = lost.compactMap { lost -> String? in
      if case .failed(let reason) = lost.reason { reason } else { nil }
    }
    guard failures.count == lost.count else { return nil }
    var reasons: [String] = []
    for reason in conditions.omissions + failures where !reasons.contains(reason) {
      reasons.append(reason)
    }
    let words = reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))"
    return lost.isEmpty
      ? "no network with circuits could be tried\(words)"
      : "no network with circuits could be replayed\(words)"
  }

  /// Whether circuits save money where packets alone are fast enough.
  private func moneySentence(_ plain: CandidateScore) -> String? {
    guard let price = plain.quote.costUSD, price > 0, let fastest = scores.first?.nanoseconds
    else { return nil }
    let enough = price * (1 - OpticsValue.worthwhile)
    let cheapest = scores.filter {
      $0.candidate.plan.hasCircuits && $0.nanoseconds <= fastest * (1 + tolerance)
    }.min { ($0.quote.costUSD ?? .infinity) < ($1.quote.costUSD ?? .infinity) }
    if let cheapest, let cost = cheapest.quote.costUSD, cost <= enough {
      return "Optics pay in money: the cheapest within \(percent(tolerance)) of the fastest, "
        + "\(cheapest.candidate.name), \(deal(cheapest, plain))."
    }
    if let worthy = self[.mostPerDollar], worthy.candidate.plan.hasCircuits,
      let work = workPerDollar(worthy, plain), work >= OpticsValue.worthwhile
    {
      let isWithin = worthy.nanoseconds <= fastest * (1 + tolerance)
      return (isWithin ? "Optics pay in money: " : "Optics trade time for money: ")
        + "\(worthy.candidate.name) \(deal(worthy, plain))."
    }
    if let cheapest {
      return
        "Optics do not pay in money: the cheapest within \(percent(tolerance)) of the fastest with "
        + "circuits, \(cheapest.candidate.name), \(deal(cheapest, plain))"
        + "\(neededPrice(cheapest, below: enough))."
    }
    let best = scores.filter(\.candidate.plan.hasCircuits).max {
      (workPerDollar($0, plain) ?? -.infinity) < (workPerDollar($1, plain) ?? -.infinity)
    }
    return best.map {
      "Optics do not pay in money: none with circuits is within \(percent(tolerance)) of the fastest, and the "
        + "one that does most per dollar, \($0.candidate.name), \(deal($0, plain))."
    }
  }

  /// What a port may cost for the whole to cost so much.
  private func neededPrice(_ score: CandidateScore, below enough: Double) -> String {
    guard let use = score.quote.switchUse, let price = use.portPriceUSD, use.portCount > 0,
      let cost = score.quote.costUSD
    else { return "" }
    let needed = price - (cost - enough) / Double(use.portCount)
    let saving = "to save \(percent(OpticsValue.worthwhile))"
    return needed > 0
      ? "; \(saving), a port of its switches would have to cost \(dollars(needed)) instead of \(dollars(price))"
      : "; \(saving), ports for nothing would not be enough"
  }

  /// "takes 2.0 % more time than packets alone and costs 30 % less ($70 instead of $100): 40 % more work
  /// per dollar".
  private func deal(_ optical: CandidateScore, _ plain: CandidateScore) -> String {
    func change(_ share: Double) -> String {
      abs(share) < 5e-4 ? "no" : percent(abs(share)) + (share > 0 ? " more" : " less")
    }
    let slowdown = optical.nanoseconds / plain.nanoseconds - 1
    var words =
      abs(slowdown) < 5e-4
      ? "takes as long as packets alone" : "takes \(change(slowdown)) time than packets alone"
    guard let cost = optical.quote.costUSD, let price = plain.quote.costUSD, price > 0,
      let work = workPerDollar(optical, plain)
    else { return words }
    words +=
      abs(cost / price - 1) < 5e-4
      ? " and costs as much"
      : " and costs \(change(cost / price - 1)) (\(dollars(cost)) instead of \(dollars(price)))"
    words += abs(work) < 5e-4 ? "" : ": \(change(work)) work per dollar"
    if optical.quote.switchUse?.isPricePublished == false {
      words +=
        ", if a port of \(optical.candidate.technology ?? "its switch") costs what others' do"
    }
    return words
  }

  private func switchName(_ candidate: Candidate) -> String {
    guard let name = candidate.technology, name != "declared" else { return "the switch" }
    return name
  }

  private func workPerDollar(_ score: CandidateScore, _ other: CandidateScore) -> Double? {
    guard let cost = score.quote.costUSD, let price = other.quote.costUSD,
      cost > 0, score.nanoseconds > 0
    else { return nil }
    return other.nanoseconds * price / (score.nanoseconds * cost) - 1
  }
}

// MARK: What would have to change

extension CandidateChoice {
  /// What would have to change before optics pay in time: delay, bandwidth, bytes, or which pairs are hot.
  private func changes(
    plain: CandidateScore, optical: CandidateScore?, _ conditions: NetworkConditions
  ) -> [String] {
    var result: [String] = []
    if let optical, let sentence = delaySentence(optical, against: plain) {
      result.append(sentence)
    }
    guard let unlimited = conditions.unlimitedNanoseconds, unlimited > 0 else { return result }
    let share = max(0, 1 - unlimited / plain.nanoseconds)
    if conditions.packetsNeverBlock {
      result.append(
        "Packets alone never block on the network that circuits are compared with, and all that it adds to "
          + "compute is \(percent(share)) of the time: at any bandwidth circuits are as fast at best, and what "
          + "they can save is money.")
      return result
    }
    if share < OpticsValue.worthwhile {
      result.append(
        "A network of unlimited rate would take \(percent(share)) less time than packets alone: experts "
          + "would have to exchange more bytes, or compute take less time.")
    }
    if let sentence = bandwidthSentence(plain, unlimited, conditions) { result.append(sentence) }
    return result
  }

  /// At which rate of NICs circuits would begin to pay; nil where the network takes no time of its own.
  ///
  /// The network's own time, what a network of unlimited rate does not need, grows as the rate falls; compute
  /// and exposed delays stay. With k times that time circuits take a share w less where
  /// k · (packets − circuits) − exposed = w · (unlimited + k · (packets − unlimited)); the least k of all
  /// candidates counts.
  private func bandwidthSentence(
    _ plain: CandidateScore, _ unlimited: Double, _ conditions: NetworkConditions
  ) -> String? {
    let network = plain.nanoseconds - unlimited
    guard network > 0 else { return nil }
    let wanted = tolerance / (1 + tolerance)
    func saved(_ score: CandidateScore) -> Double {
      plain.nanoseconds - (score.nanoseconds - score.exposedNanoseconds)
    }
    func slower(_ score: CandidateScore) -> Double {
      let surplus = saved(score) - wanted * network
      return surplus > 0
        ? (score.exposedNanoseconds + wanted * unlimited) / surplus : .infinity
    }
    let optical = scores.filter(\.candidate.plan.hasCircuits)
    guard let most = optical.map(saved).max(),
      let first = optical.min(by: { slower($0) < slower($1) })
    else { return nil }
    let times = slower(first)
    guard times.isFinite else {
      return "No bandwidth would make them pay: before any delay circuits take "
        + (most > 0
          ? "only \(percent(most / network)) off the network's own time."
          : "nothing off the network's own time.")
    }
    let rates = conditions.nicBitsPerSecond.map {
      ", NICs below some \(decimal($0 / times / 1e9, places: 1)) Gb/s instead of "
        + "\(decimal($0 / 1e9, places: 1))"
    }
    return "Bandwidth: before any delay, \(first.candidate.name) takes "
      + "\(percent(saved(first) / network)) off the network's own time, so it would pay if that were some "
      + "\(decimal(times, places: 1))× as long: that many bytes" + (rates ?? "")
      + " (an estimate, delays as they are)."
  }

  /// Where delay is much: how long a change of circuits may take before it decides.
  public func delaySentence(_ optical: CandidateScore, against plain: CandidateScore?) -> String? {
    let exposed = optical.exposedNanoseconds
    guard exposed >= OpticsValue.worthwhile * optical.nanoseconds, optical.reconfigurations > 0
    else { return nil }
    let gain = plain.map { $0.nanoseconds - (optical.nanoseconds - exposed) }
    let words =
      "of \(duration(optical.nanoseconds)) on \(optical.candidate.name), \(duration(exposed)) are exposed "
      + "delay of \(decimal(optical.reconfigurations, places: 0)) "
      + (optical.reconfigurations == 1 ? "change of circuits" : "changes of circuits")
    guard let gain else { return "The delay decides: \(words)." }
    return gain > 0
      ? "The delay decides: \(words); below \(duration(gain / optical.reconfigurations)) exposed per change "
        + "it breaks even with packets alone."
      : "The delay is not all: \(words), and without any it would still be no faster than packets alone."
  }
}
