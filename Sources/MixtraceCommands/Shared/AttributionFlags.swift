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
    AttributionOptions(
      idleGapNanoseconds: try idleGap.map {
        Int64(try Quantity.nanoseconds($0, at: "--idle-gap"))
      },
      burstsPerIteration: burstsPerIteration)
  }
}
