internal import TraceModel

/// Whether the last iteration foretells the next, in words.
///
/// Completion time decides where somebody has replayed it; else how alike hot pairs are.
func timeLine(_ time: TimeSimilarity) -> VerdictLine {
  guard let pairs = time.pairCosine.number else {
    let totals = time.receiptCosine.number.map {
      " \(capitalised(receiptWords($0)))."
    }
    return VerdictLine(
      .time, "Trend over iterations: \(time.pairCosine.description)." + (totals ?? ""))
  }
  let alike =
    "beyond what totals per end explain, successive iterations are alike to "
    + "\(decimal(pairs, places: 2)) (cosine; 0 is chance)"
  let receipts = time.receiptCosine.number.map { "; " + receiptWords($0) } ?? ""
  guard let regret = time.regret?.number else {
    let meaning =
      switch pairs {
      case 0.8...: "The last iteration foretells the next"
      case 0.4...: "The last iteration is a fair guess of the next"
      case LagSimilarity.leastSimilarity...: "The last iteration says little about the next"
      default: "The last iteration does not foretell the next one's pairs"
      }
    return VerdictLine(.time, "\(meaning): \(alike)\(receipts).")
  }
  let cost =
    "circuits for the last iteration are \(percent(abs(regret))) "
    + (regret < 0 ? "faster" : "slower") + " than circuits for the true demand"
  let meaning =
    switch regret {
    // A guess that is as good as chance costs next to nothing.
    case ..<0.1 where pairs < LagSimilarity.leastSimilarity: "There is little to foretell"
    case ..<0.02: "The last iteration foretells the next"
    case ..<0.1: "The last iteration is a fair guess of the next"
    default: "The last iteration does not foretell the next"
    }
  return VerdictLine(.time, "\(meaning): \(cost); \(alike)\(receipts).")
}

private func receiptWords(_ cosine: Double) -> String {
  "hot receivers \(cosine >= 0.8 ? "stay" : cosine >= 0.4 ? "move slowly" : "change") "
    + "(\(decimal(cosine, places: 2)))"
}

extension LocalityReport {
  /// The report with the verdict on time judged by completion time.
  ///
  /// - Parameter regret: time on circuits for the last iteration's demand ÷ time on circuits for the
  ///   true one − 1, below 0 where the guess was lucky.
  public func judgedByRegret(_ regret: Double) -> LocalityReport {
    var report = self
    report.time.regret = .value(regret, .share)
    let old = timeLine(time).sentence
    let new = timeLine(report.time).sentence
    for index in report.verdict.indices where report.verdict[index].topic == .time {
      let sentence = report.verdict[index].sentence
      guard sentence.hasPrefix(old) else { continue }
      report.verdict[index].sentence = new + sentence.dropFirst(old.count)
    }
    return report
  }
}
