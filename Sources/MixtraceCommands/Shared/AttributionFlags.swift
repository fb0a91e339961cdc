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

  /// The flags as values, checked before anything is read.
  func options() throws -> AttributionOptions {
    if let burstsPerIteration, burstsPerIteration < 1 {
      throw ValidationError("--bursts-per-iteration must be 1 or more.")
    }
    let gap = try idleGap.map { text in
      let nanoseconds = try Quantity.nanoseconds(text, at: "--idle-gap")
      guard nanoseconds < 1e18 else {
        throw ValidationError("--idle-gap is longer than a lifetime.")
      }
      return Int64(nanoseconds)
    }
    return AttributionOptions(idleGapNanoseconds: gap, burstsPerIteration: burstsPerIteration)
  }
}
