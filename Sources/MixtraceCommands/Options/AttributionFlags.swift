internal import ArgumentParser
internal import Configuration
internal import TraceIngest

/// How messages of a capture become operations.
struct AttributionFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Pause that separates two operations, e.g. \"100 us\".",
      discussion: "Default: inferred from the pauses of the capture.", valueName: "duration"))
  var idleGap: String?

  @Option(
    help: ArgumentHelp(
      "Bursts that make one iteration.",
      discussion: "Default: inferred from the repetition of pauses and sizes.", valueName: "count"))
  var burstsPerIteration: Int?

  func options() throws -> AttributionOptions {
    try checkOption("--bursts-per-iteration", burstsPerIteration, in: 1...1_000_000)
    return AttributionOptions(
      idleGapNanoseconds: try idleGap.map(nanoseconds), burstsPerIteration: burstsPerIteration)
  }

  private func nanoseconds(ofGap text: String) throws -> Int64 {
    let gap = try optionQuantity { () throws(ConfigurationError) in
      try Quantity.nanoseconds(text, at: "--idle-gap")
    }
    guard let whole = Int64(exactly: gap.rounded()) else {
      throw ValidationError("--idle-gap: \"\(text)\" is longer than any capture")
    }
    return whole
  }
}
