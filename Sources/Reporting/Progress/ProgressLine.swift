/// The text of a progress line: what, how far, how fast, how long still.
///
/// Only the text; who owns the terminal decides when to write it and how to erase it.
public struct ProgressLine: Sendable, Hashable {
  /// What is going on: "ingest", "replay".
  public var label: String
  /// What is counted.
  public var kind: NumberKind
  /// The name of what is counted where the kind has no unit: "messages".
  public var noun: String
  /// How much there is, nil when nobody knows (a pipe).
  public var total: Int64?

  public init(label: String, kind: NumberKind, noun: String = "", total: Int64?) {
    self.label = label
    self.kind = kind
    self.noun = noun
    self.total = total
  }

  /// The line after `done` of `total` in `elapsedNanoseconds`.
  ///
  /// Parts are left out from the right until the line fits `width` columns. There is no time left
  /// in the first half second or without a total: it would be a guess.
  public func text(done: Int64, elapsedNanoseconds: Int64, width: Int = 80) -> String {
    let seconds = Double(max(elapsedNanoseconds, 0)) / 1e9
    let rate = seconds > 0 ? Double(done) / seconds : 0
    var parts = [amount(Double(done))]
    if let total, total > 0 {
      // A file that grows while it is read must not show 103 %.
      let share = min(1, Double(done) / Double(total))
      parts[0] += " of " + amount(Double(total))
      parts.append(HumanNumber.fixed(share * 100, decimals: 0) + " %")
    }
    if rate > 0 { parts.append(amount(rate) + "/s") }
    if let total, rate > 0, seconds >= 0.5, done < total {
      parts.append(timeLeft((Double(total) - Double(done)) / rate) + " left")
    }
    var line = label.visible + "  " + parts.joined(separator: "  ")
    while line.displayWidth > width, parts.count > 1 {
      parts.removeLast()
      line = label.visible + "  " + parts.joined(separator: "  ")
    }
    return line
  }

  private func amount(_ value: Double) -> String {
    switch kind {
    case .count, .plain: HumanNumber.compact(value.rounded()) + (noun.isEmpty ? "" : " " + noun)
    default: HumanNumber.text(value, kind)
    }
  }

  /// Whole seconds up to two minutes, then "3 min 20 s", then "2 h 5 min".
  private func timeLeft(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "years" }
    let whole = Int(seconds.rounded(.up))
    if whole < 120 { return "\(whole) s" }
    if whole < 7_200 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
  }
}
