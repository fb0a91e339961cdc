/// Evaluates plans and chooses: the smallest region within ε of the best time, the cheapest within
/// ε, and the best performance per dollar.
///
/// Bounds of all plans come first. A plan is dropped as proven worse only if its bound excludes it
/// from the first two answers and, where prices are known, from the third. Ties go to the smaller
/// region, then to the earlier plan. At most one replay per plan.
///
/// - Parameters:
///   - plans: candidates; equal divisions should occur once.
///   - tolerance: ε, 0.05 for five per cent.
///   - value: what circuits were measured to be worth, for the plain words at the end.
///   - noOptics: why circuits have nothing to carry, from `RegionCandidates`.
public func chooseRegion<Failure: Error>(
  _ plans: [RegionPlan], evaluator: PlanEvaluator<Failure>, tolerance: Double = 0.05,
  value: OpticsValue = OpticsValue(), noOptics: String? = nil
) throws(Failure) -> RegionChoice {
  var race = PlanRace(tolerance: tolerance)
  var quotes: [RegionChoice.Scored] = []
  for plan in plans {
    let score = try evaluator.score(plan, 0)
    quotes.append(RegionChoice.Scored(plan: plan, score: score))
  }
  // Most promising first, so that good times exclude many; the sort keeps the order of equals.
  let order = quotes.indices.sorted {
    let (left, right) = (quotes[$0].score, quotes[$1].score)
    return (left.provenLowerBoundNanoseconds, $0) < (right.provenLowerBoundNanoseconds, $1)
  }
  for index in order {
    let quote = quotes[index]
    let limit = race.giveUpBound(costUSD: quote.score.costUSD)
    if quote.score.completionNanoseconds == nil {
      if quote.score.provenLowerBoundNanoseconds > limit {
        race.drop(quote, place: index)
      } else {
        let score = try evaluator.score(quote.plan, limit)
        race.enter(RegionChoice.Scored(plan: quote.plan, score: score), place: index)
      }
    } else {
      race.enter(quote, place: index)
    }
  }
  return race.choice(value: value, noOptics: noOptics)
}

/// The state of the comparison: who has finished and what a newcomer has to beat.
private struct PlanRace {
  typealias Entry = (scored: RegionChoice.Scored, place: Int)

  let tolerance: Double
  var finished: [Entry] = []
  var dropped: [Entry] = []

  init(tolerance: Double) { self.tolerance = max(0, tolerance) }

  mutating func enter(_ scored: RegionChoice.Scored, place: Int) {
    if let time = scored.score.completionNanoseconds, time.isFinite {
      finished.append((scored, place))
    } else {
      dropped.append((scored, place))
    }
  }

  mutating func drop(_ scored: RegionChoice.Scored, place: Int) {
    dropped.append((scored, place))
  }

  /// The slowest time with which a plan of this cost could still win one of the answers.
  func giveUpBound(costUSD: Double?) -> Double {
    let times = finished.compactMap(\.scored.score.completionNanoseconds)
    guard let best = times.min() else { return .infinity }
    var bound = best * (1 + tolerance)
    let values = finished.compactMap(\.scored.score.performancePerDollar)
    if let cost = costUSD, cost > 0, let most = values.max() {
      bound = max(bound, 1 / (most * cost))
    }
    return bound
  }

  func choice(value: OpticsValue, noOptics: String?) -> RegionChoice {
    // Size before place: among equal times the smaller region is the better answer.
    let byTime = sorted(finished) { $0.completionNanoseconds ?? .infinity }
    var result = RegionChoice(
      evaluated: byTime.map(\.scored),
      provenWorse: dropped.sorted { $0.place < $1.place }.map(\.scored),
      tolerance: tolerance, sentences: [])
    if let best = byTime.first, let time = best.scored.score.completionNanoseconds {
      let within = byTime.filter {
        ($0.scored.score.completionNanoseconds ?? .infinity) <= time * (1 + tolerance)
      }
      result.fastest = fastestAnswer(byTime)
      result.smallest = smallestAnswer(within, byTime: byTime)
      result.cheapest = cheapestAnswer(within)
      result.bestPerformancePerDollar = valueAnswer()
    }
    result.sentences = opticsSentences(for: result, value: value, noOptics: noOptics)
    return result
  }

  /// Ascending by a value, then by region size, then by place among the plans.
  private func sorted(_ entries: [Entry], by value: (PlanScore) -> Double) -> [Entry] {
    entries.sorted {
      (value($0.scored.score), $0.scored.plan.size, $0.place)
        < (value($1.scored.score), $1.scored.plan.size, $1.place)
    }
  }

  private func time(_ entry: Entry) -> Double {
    entry.scored.score.completionNanoseconds ?? .infinity
  }

  private func fastestAnswer(_ byTime: [Entry]) -> RegionChoice.Answer {
    let winner = byTime[0]
    let margin = byTime.dropFirst().first.map { time($0) / time(winner) - 1 }
    let lead = margin.map { ", \(percent($0)) faster than the next" } ?? ""
    return RegionChoice.Answer(
      winner: winner.scored,
      reason: "\(winner.scored.plan.name): shortest time, \(duration(time(winner)))\(lead)",
      margin: margin)
  }

  private func smallestAnswer(_ within: [Entry], byTime: [Entry]) -> RegionChoice.Answer {
    let winner = within.min {
      ($0.scored.plan.size, time($0), $0.place) < ($1.scored.plan.size, time($1), $1.place)
    }
    let chosen = winner ?? byTime[0]
    // The runner-up is the fastest plan with a smaller region: what shrinking further would cost.
    let smaller = byTime.first { $0.scored.plan.size < chosen.scored.plan.size }
    let margin = smaller.map { time($0) / time(chosen) - 1 }
    let shrinking =
      smaller.map {
        "; the next smaller replayed, \($0.scored.plan.name), takes \(percent(margin ?? 0)) longer"
      } ?? ""
    let behind = time(chosen) / time(byTime[0]) - 1
    return RegionChoice.Answer(
      winner: chosen.scored,
      reason: "\(chosen.scored.plan.name): smallest within \(percent(tolerance)) of the best time "
        + "(\(percent(behind)) behind it)\(shrinking)",
      margin: margin)
  }

  private func cheapestAnswer(_ within: [Entry]) -> RegionChoice.Answer? {
    let priced = within.filter { $0.scored.score.costUSD != nil }
    let byCost = sorted(priced) { $0.costUSD ?? .infinity }
    guard let winner = byCost.first, let cost = winner.scored.score.costUSD else { return nil }
    let next = byCost.dropFirst().first?.scored.score.costUSD
    let margin = cost > 0 ? next.map { $0 / cost - 1 } : nil
    let lead = margin.map { ", the next costs \(percent($0)) more" } ?? ""
    return RegionChoice.Answer(
      winner: winner.scored,
      reason: "\(winner.scored.plan.name): cheapest within \(percent(tolerance)) of the best time, "
        + "\(dollars(cost))\(lead)",
      margin: margin)
  }

  private func valueAnswer() -> RegionChoice.Answer? {
    let valued = finished.filter { $0.scored.score.performancePerDollar != nil }
    let byValue = sorted(valued) { -($0.performancePerDollar ?? 0) }
    guard let winner = byValue.first, let most = winner.scored.score.performancePerDollar else {
      return nil
    }
    let next = byValue.dropFirst().first?.scored.score.performancePerDollar
    let margin = next.map { most / $0 - 1 }
    let lead = margin.map { ", \(percent($0)) ahead of the next" } ?? ""
    return RegionChoice.Answer(
      winner: winner.scored,
      reason: "\(winner.scored.plan.name): most performance per dollar\(lead)", margin: margin)
  }
}
