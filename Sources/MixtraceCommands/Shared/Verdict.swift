internal import Replay
internal import Reporting
internal import TraceModel

/// What a comparison of fabrics means, in plain words.
enum Verdict {
  /// A gain below this share is called not worth its price.
  static let worthwhile = 0.05

  static func sentences(_ comparison: FabricComparison) -> [String] {
    guard let fastest = comparison.fastest else { return [] }
    var sentences = [
      "Fastest: \(fastest.label), \(time(fastest.completionNanoseconds)) "
        + "(\(HumanNumber.text(fastest.result.total.percentOfBound / 100, .share)) of its bound)."
    ]
    if let cheapest = comparison.cheapest(within: worthwhile), cheapest.label != fastest.label {
      sentences.append(
        "Cheapest within 5 %: \(cheapest.label), \(time(cheapest.completionNanoseconds)), "
          + "\(HumanNumber.text(cheapest.bill.totalUSD, .dollars)) instead of "
          + "\(HumanNumber.text(fastest.bill.totalUSD, .dollars)).")
    }
    if let sentence = optics(comparison) { sentences.append(sentence) }
    return sentences
  }

  /// Circuits against the best network without: time and price side by side.
  private static func optics(_ comparison: FabricComparison) -> String? {
    let electrical = comparison.buildable.filter { $0.fabric.optical == nil }
    let optical = comparison.buildable.filter { $0.fabric.optical != nil }
    guard let plain = electrical.min(by: { $0.completionNanoseconds < $1.completionNanoseconds }),
      let circuits = optical.min(by: { $0.completionNanoseconds < $1.completionNanoseconds })
    else { return nil }
    let gain = plain.completionNanoseconds / circuits.completionNanoseconds - 1
    let price = circuits.bill.totalUSD / plain.bill.totalUSD
    let priceWords =
      price < 1
      ? "\(HumanNumber.text(1 - price, .share)) cheaper"
      : "\(HumanNumber.text(price - 1, .share)) dearer"
    let slowdown = circuits.completionNanoseconds / plain.completionNanoseconds - 1
    let timeWords =
      slowdown <= 0
      ? "\(HumanNumber.text(gain, .share)) faster"
      : "\(HumanNumber.text(slowdown, .share)) slower"
    let perDollar = circuits.performancePerMillionUSD / plain.performancePerMillionUSD - 1
    let judgement =
      if gain >= worthwhile {
        "Optics pay in time"
      } else if slowdown <= worthwhile && price <= 1 - worthwhile {
        "Optics pay in price"
      } else if perDollar >= worthwhile {
        "Optics trade time for price"
      } else {
        "Optics do not pay"
      }
    let dollarWords =
      perDollar >= 0
      ? "\(HumanNumber.text(perDollar, .share)) more"
      : "\(HumanNumber.text(-perDollar, .share)) less"
    return
      "\(judgement): the best optical fabric, \(circuits.label), is \(timeWords) than the best "
      + "electrical one, \(plain.label), \(priceWords), and does \(dollarWords) work per dollar of network."
  }

  /// What limits the statements.
  static func limits(_ comparison: FabricComparison, workload: Workload) -> [String] {
    var limits = [
      "Uncalibrated: the trace was not replayed on the fabric that it was recorded on."
    ]
    var notes: [String] = []
    for row in comparison.rows {
      for note in row.result.notes where !notes.contains(note) { notes.append(note) }
    }
    limits += notes.map { "Note: \($0)." }
    if let compute = workload.provenance["steps.computeBefore"] {
      limits.append("Compute between phases: \(compute.origin.rawValue), \(compute.method).")
    }
    return limits
  }

  private static func time(_ nanoseconds: Double) -> String {
    HumanNumber.text(nanoseconds, .nanoseconds)
  }
}
