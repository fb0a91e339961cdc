internal import ArgumentParser
internal import Replay
internal import Reporting
internal import TraceModel

/// `mixtrace circuits`: what circuit schedulers do with the demands of a trace.
struct CircuitsVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "circuits",
    abstract: "Compare circuit schedulers on the expert demands of a trace.",
    discussion: """
      Every all-to-all is served alone, region by region, on the optical NICs of the mixnet fabric \
      with the parameters below. Schedulers that follow the demand pay the delay before each \
      configuration; exclusive sharing keeps a pair's bytes on its circuits, as MixNet does.

      With full-duplex switches (paired) directed schedulers run symmetrised, by that name.

      SCHEDULERS
      \(Self.list)

      EXAMPLES
        mixtrace circuits run.mixt --delay "10 us"
        mixtrace circuits run.mixt --compare solstice --compare mixnet-continue \\
            --duplex independent --sharing split-optimal
        mixtrace circuits run.mixt --delay "10 us" --batch-overhead "50 us"
      """)

  /// Exact searches are for small regions and asked for by name.
  private static let byDefault = CircuitSchedulers.all.map(\.name).filter { !$0.hasPrefix("exact") }

  private static let list = helpList(CircuitSchedulers.all.map { ($0.name, $0.summary) })

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    help: ArgumentHelp(
      "A scheduler, by its name above; may be repeated. Default: all but the exact ones.",
      valueName: "name"))
  var compare: [String] = []

  @Option(
    help: ArgumentHelp(
      "Also run dispatch, experts and combine batch by batch, one for each configuration; every "
        + "batch costs every server this time.",
      valueName: "duration"))
  var batchOverhead: String?

  @Option(
    help: ArgumentHelp(
      "Time for which experts compute on a megabyte that they receive, for --batch-overhead.",
      discussion: "Default: the compute of the trace before each combine.", valueName: "duration"))
  var expertComputePerMegabyte: String?

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "NICs and circuits") var nics: NICOptions
  @OptionGroup(title: "NICs and circuits") var circuits: CircuitOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    if circuits.sharing == .splitFair {
      throw ValidationError(
        "--sharing split-fair is not defined for a sequence of configurations: exclusive or "
          + "split-optimal")
    }
    let batches = try batchOptions()
    let parameters = try FabricOptions(nics: nics, circuits: circuits).parameters()
    let schedulers = try namedSchedulers()
    let read = try readTrace(trace, warningsTo: terminal) { try selection.workload(of: $0) }
    let fabric = try parameters.regionalFabric(for: read.value.layout)
    let scores = try Replay.compare(
      schedulers, on: fabric, for: read.value, sharing: fabric.sharing)
    guard !scores.isEmpty else {
      throw VerbError(
        "no byte of the trace could use a circuit: the regions of \(fabric.name) hold no expert "
          + "traffic between servers. Try larger regions (--region).")
    }
    let batched = try batches.map { batches in
      try batchedScores(schedulers, on: fabric, for: read.value, batches)
    }
    var document = ResultDocument()
    document.sentences = try selection.sizeCaveats(in: read.file) + Self.sentences(scores)
    document.remarks = [
      "Note: only bytes between servers of one region count, each all-to-all alone, no compute."
    ]
    document.add("schedulers", Self.table(scores, batched: batched))
    document.add(
      "parameters",
      ParameterTables.parameters(fabric.circuitParameters + (batches?.parameters ?? [])))
    document.print(results, on: terminal)
    return read.status
  }

  private func namedSchedulers() throws -> [any CircuitScheduler] {
    try refuseRepeated("--compare", compare)
    return try (compare.isEmpty ? Self.byDefault : compare).map { name in
      guard let scheduler = CircuitSchedulers.named(name) else {
        throw unknownScheduler(name)
      }
      return circuits.duplex != .independent && scheduler.duplex == .independent
        ? Symmetrised(scheduler) : scheduler
    }
  }

  private static func sentences(_ scores: [SchedulerScore]) -> [String] {
    var sentences: [String] = []
    let served = scores.filter { $0.failure == nil }
    if let best = served.min(by: { $0.completionNanoseconds < $1.completionNanoseconds }) {
      let share = best.boundNanoseconds / max(best.completionNanoseconds, .leastNonzeroMagnitude)
      sentences.append(
        "Fastest: \(best.name), \(HumanNumber.text(best.completionNanoseconds, .nanoseconds)), "
          + "\(HumanNumber.text(share, .share)) of its bound.")
    }
    for score in scores {
      if let failure = score.failure {
        sentences.append("\(score.name) has no result: \(failure.onOneLine).")
      } else if score.unprovenCount > 0 {
        sentences.append(
          "\(score.name): not proven to be the best for \(score.unprovenCount) of "
            + "\(score.demandCount) demands, which are too large to search in full.")
      }
    }
    return sentences
  }
}
