/// What comparing vantages found, in words.
struct VantageWords {
  let plan: CapturePlan
  let counts: SharedMessages.Counts
  let clocks: ClockOffsets
  /// By vantage: whether another one saw a message of it.
  let hasCopies: [Bool]

  /// Vantages that are named one by one.
  private static let namedCount = 16
  /// Nanoseconds by which a clock has to move before that is told.
  private static let minimumDrift: Int64 = 1_000

  var sentences: [String] {
    var sentences: [String] = []
    if counts.duplicates > 0 || counts.duplicateBytes > 0 {
      sentences.append(
        (counts.duplicates == 1
          ? "1 message was seen at several vantages and counts"
          : "\(counts.duplicates) messages were seen at several vantages and count")
          + " once: \(counts.duplicateBytes) bytes were left out")
    }
    sentences += clockSentences
    if counts.releasedEarly > 0 {
      sentences.append(
        "\(counts.releasedEarly) messages went on before all vantages had come as far: copies of "
          + "them may count twice where packets are missing")
    }
    if counts.forgottenChannels > 0 {
      sentences.append(
        "\(counts.forgottenChannels) idle channels were forgotten to make room: late copies of "
          + "their last messages count twice")
    }
    return sentences
  }

  private var clockSentences: [String] {
    let findings = clocks.findings
    var sentences = findings.prefix(Self.namedCount).map(sentence)
    if findings.count > Self.namedCount {
      sentences.append(
        "the clocks of \(findings.count - Self.namedCount) more vantages were compared as well")
    }
    let unknown = clocks.unknown
    let strangers = unknown.filter { !hasCopies[$0] }
    if !strangers.isEmpty {
      sentences.append(
        "no message of \(names(strangers)) was seen elsewhere: the times of "
          + "\(strangers.count == 1 ? "this vantage" : "these vantages") are as recorded")
    }
    let distant = unknown.filter { hasCopies[$0] }
    if !distant.isEmpty {
      sentences.append(
        "messages of \(names(distant)) were seen elsewhere, too, but none whole and within "
          + "\(SharedMessages.maximumClockDifference / 1_000_000) ms: clocks so far apart cannot be "
          + "compared, times are as recorded, and copies may count twice; set the clocks right "
          + "(editcap -t) and ingest again")
    }
    return sentences
  }

  /// At most so many names, and how many more there are.
  private func names(_ vantages: [Int]) -> String {
    let named = vantages.prefix(Self.namedCount).map(name).joined(separator: ", ")
    let rest = vantages.count - Self.namedCount
    return rest > 0 ? "\(named) and \(rest) more" : named
  }

  private func sentence(_ finding: ClockOffsets.Finding) -> String {
    let direction = finding.offset < 0 ? "behind" : "ahead of"
    let drift =
      finding.drift.magnitude < UInt64(Self.minimumDrift)
      ? ""
      : ", which moved by \(Self.milliseconds(finding.drift)) meanwhile and was followed"
    return "the clock of \(name(finding.vantage)) is "
      + "\(Self.milliseconds(Int64(finding.offset.magnitude))) \(direction) that of "
      + "\(name(finding.reference)), by the median of \(finding.messageCount) shared "
      + (finding.messageCount == 1 ? "message" : "messages") + drift
      + ": times are given by the latter"
  }

  private func name(_ vantage: Int) -> String { plan.vantages[vantage].first?.name ?? "" }

  /// With all six digits: "3.204000 ms".
  static func milliseconds(_ nanoseconds: Int64) -> String {
    let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let digits = String(rest)
    return (nanoseconds < 0 ? "−" : "") + "\(whole)."
      + String(repeating: "0", count: 6 - digits.count) + digits + " ms"
  }
}
