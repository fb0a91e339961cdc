internal import ArgumentParser
internal import LocalityAnalysis
internal import TraceModel

/// What `--objective` makes small.
enum PlacementAim: String, CaseIterable, ExpressibleByArgument {
  case busiestPort = "busiest-port"
  case busiestRank = "busiest-rank"
  case betweenServers = "between-servers"
  case betweenRegions = "between-regions"
  case completion
}

/// How experts may be placed, and what their parameters weigh.
struct PlacementOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What the placement makes small.",
      discussion: "completion: whichever of the first three replays fastest on the iterations that "
        + "are fitted; between-regions needs --region.",
      valueName: "aim"))
  var objective = PlacementAim.busiestPort

  @Option(
    help: ArgumentHelp(
      "Slots for experts on each expert-parallel rank; those beyond its share hold replicas.",
      discussion: "Default: one more than its share.", valueName: "count"))
  var slots: Int?

  @Option(
    help: ArgumentHelp(
      "Groups of successive experts that the gate limits tokens to: whole groups stay on a server "
        + "for busiest-rank.",
      valueName: "count"))
  var groups = 1

  @Option(
    help: ArgumentHelp(
      "Optimizer state of one parameter: it moves with an expert, and each replica needs it.",
      discussion: "Adam in mixed precision has 12 (ZeRO, SC 2020, section 3.1); less where "
        + "data-parallel ranks share it. Logs of forward passes alone count none.",
      valueName: "bytes"))
  var optimizerBytes = 12

  @Option(
    help: ArgumentHelp(
      "Layout file (YAML) with the same ranks and parallel sizes on other servers.",
      valueName: "file"))
  var layout: String?

  func validate() throws {
    try checkOption("--slots", slots, in: 1...1_000_000)
    try checkOption("--groups", groups, in: 1...1_000_000)
    try checkOption("--optimizer-bytes", optimizerBytes, in: 0...64)
  }

  /// Inference has neither gradients nor an optimizer.
  func parameterBytes(isTraining: Bool) -> ParameterBytes {
    isTraining
      ? ParameterBytes(optimizer: optimizerBytes) : ParameterBytes(gradient: 0, optimizer: 0)
  }

  /// Slots beyond an equal share of the experts on each rank.
  func spareSlotsPerRank(experts: Int, ranks: Int) throws -> Int {
    let share = experts / ranks
    guard let slots else { return 1 }
    guard slots >= share else {
      throw ValidationError(
        "--slots \(slots): \(ranks) expert-parallel ranks need \(share) for \(experts) experts")
    }
    guard slots <= experts else {
      throw ValidationError(
        "--slots \(slots): a rank that holds all \(experts) experts has \(experts) slots")
    }
    return slots - share
  }
}
