internal import Glibc

/// How sure an explanation is: how well it fits, and how much better than the next best one.
struct Confidence {
  /// 0 … 1.
  var likeness: Double
  /// The next best explanation in words, and how many bursts more than it this one explains; nil when no
  /// other comes near.
  var runnerUp: (name: String, lead: Double)?

  /// 0 … 1.
  ///
  /// Of two explanations that fit equally well either may be right; each further burst that only one of
  /// them explains makes it e times as likely.
  var value: Double {
    likeness / (1 + exp(-(runnerUp?.lead ?? .infinity)))
  }

  /// What is said of the next best explanation, after the method's own words.
  var words: String {
    guard let runnerUp else { return "" }
    let tenths = Int((min(1_000_000, abs(runnerUp.lead)) * 10).rounded())
    guard tenths > 0 else { return "; \(runnerUp.name) explains as much" }
    return "; \(runnerUp.name) explains \(tenths / 10).\(tenths % 10) bursts "
      + (runnerUp.lead > 0 ? "less" : "more")
  }

  /// The same, if there is another explanation.
  func besides(_ name: String, lead: Double) -> Confidence {
    guard lead < runnerUp?.lead ?? .infinity else { return self }
    return Confidence(likeness: likeness, runnerUp: (name, lead))
  }
}
