/// What the chooser says in words: whether optics pay, then the winners.
func opticsSentences(
  for choice: RegionChoice, value: OpticsValue, noOptics: String?
) -> [String] {
  var result: [String] = []
  if let noOptics {
    result.append(
      "Optics do not pay: \(noOptics), so there is no optical candidate. Expert groups would have "
        + "to span servers beyond their scale-up domain.")
  } else if let smallest = choice.smallest, !smallest.winner.plan.hasCircuits {
    let circuits = choice.evaluated.first { $0.plan.hasCircuits }
    let plain = smallest.winner.score.completionNanoseconds ?? .infinity
    let gain = circuits.flatMap { $0.score.completionNanoseconds }.map { plain / $0 - 1 }
    let words =
      gain.map {
        $0 > 0
          ? "the best plan with circuits is \(percent($0)) faster"
          : "no plan with circuits is faster"
      } ?? "no plan with circuits could be faster by more than that"
    result.append(
      "Optics do not pay in time: without circuits between servers the work is within "
        + "\(percent(choice.tolerance)) of the best, and \(words).")
  }
  result += value.sentences
  let answers = [
    choice.fastest, choice.smallest, choice.cheapest, choice.bestPerformancePerDollar,
  ]
  result += answers.compactMap { $0.map { capitalised($0.reason) + "." } }
  if choice.evaluated.count + choice.provenWorse.count > 0 {
    result.append(choice.countSentence + ".")
  }
  return result
}
