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
      """)

  /// Exact searches are for small regions and asked for by name.
  private static let byDefault = CircuitSchedulers.all.map(\.name).filter { !$0.hasPrefix("exact") }

  private static let list = CircuitSchedulers.all.map { scheduler in
    let padding = String(repeating: " ", count: max(1, 29 - scheduler.name.count))
    return "  \(scheduler.name)\(padding)\(scheduler.summary)"
  }.joined(separator: "\n")

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    help: ArgumentHelp(
      "A scheduler, by its name above; may be repeated. Default: all but the exact ones.",
      valueName: "name"))
  var compare: [String] = []

  @Option(
    help: ArgumentHelp(
      "Whether optical switches join ports in pairs or transmitters and receivers apart.",
      valueName: "duplex"))
  var duplex = Duplex.paired

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
    let parameters = try FabricOptions(nics: nics, circuits: circuits).parameters()
    let schedulers = try namedSchedulers()
    let read = try readTrace(trace, warningsTo: terminal) { try selection.workload(of: $0) }
    var fabric = try parameters.regionalFabric(for: read.value.layout)
    fabric.optical?.duplex = duplex
    let scores = try Replay.compare(
      schedulers, on: fabric, for: read.value, sharing: fabric.sharing)
    guard !scores.isEmpty else {
      throw VerbError(
        "no byte of the trace could use a circuit: the regions of \(fabric.name) hold no expert "
          + "traffic between servers. Try larger regions (--region).")
    }
    var document = ResultDocument()
    document.sentences = try selection.replacedModel(in: read.file) + Self.sentences(scores)
    document.remarks = [
      "Note: only bytes between servers of one region count, each all-to-all alone, no compute."
    ]
    document.add("schedulers", Self.table(scores))
    document.add("parameters", ParameterTables.parameters(fabric.circuitParameters))
    document.print(results, on: terminal)
    return read.status
  }

  private func namedSchedulers() throws -> [any CircuitScheduler] {
    try refuseRepeated("--compare", compare)
    return try (compare.isEmpty ? Self.byDefault : compare).map { name in
      guard let scheduler = CircuitSchedulers.named(name) else {
        throw unknownName("scheduler", name, among: CircuitSchedulers.all.map(\.name))
      }
      return duplex == .paired && scheduler.duplex == .independent
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

  private static func table(_ scores: [SchedulerScore]) -> Table {
    var table = Table(
      "Circuit schedulers",
      columns: [
        .text("scheduler", "Scheduler"), .text("answer", "Answer"),
        .number("completion_ns", "Completion", .nanoseconds),
        .number("slowdown_ratio", "vs best", .ratio),
        .number("delay_ns", "Delays", .nanoseconds),
        .number("bound_ns", "Bound", .nanoseconds, isForMachinesOnly: true),
        .number("of_bound_share", "of bound", .share),
        .number("configurations", "Configs", .count),
        .number("on_circuits_share", "on circuits", .share),
      ])
    let served = scores.enumerated().filter { $0.element.failure == nil }.sorted {
      ($0.element.completionNanoseconds, $0.offset) < ($1.element.completionNanoseconds, $1.offset)
    }.map(\.element)
    let best = served.first?.completionNanoseconds ?? 0
    for score in served {
      let time = score.completionNanoseconds
      let bytes = score.circuitBytes + score.electricalBytes
      table.append(
        [
          .text(score.name), .text(score.answersWithSequence ? "sequence" : "standing"),
          .number(time), .number(best > 0 ? time / best : 1), .number(score.delayNanoseconds),
          .number(score.boundNanoseconds), .number(time > 0 ? score.boundNanoseconds / time : 1),
          Cell(score.configurations), .number(bytes > 0 ? score.circuitBytes / bytes : 0),
        ], emphasis: time == best ? .best : .none)
    }
    table.notes = [
      "of bound: proven for standing circuits or for sequences, by the answer. on circuits: the part "
        + "of the bytes; a byte relayed over two circuits counts twice."
    ]
    return table
  }
}
