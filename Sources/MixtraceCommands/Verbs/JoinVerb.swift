internal import ArgumentParser
internal import Reporting
internal import TraceFormat
internal import TraceIngest
internal import TraceModel

/// `mixtrace join`: a capture's times and bytes with a routing log's iterations and layers.
struct JoinVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Give a capture the iterations and layers of the routing log of the same run.",
    discussion: """
      A capture knows when how many bytes went where, but not for which layer; a routing log knows \
      layers and iterations, but no times. Both ingested with the same layout, they become one \
      trace that knows all of it.

      EXAMPLES
        mixtrace ingest capture.pcap.zst --layout layout.yaml -o network.mixt
        mixtrace ingest router_trace_rank*.jsonl.zst --layout layout.yaml \\
            --model mixtral-8x7b -o gates.mixt
        mixtrace join network.mixt gates.mixt -o run.mixt

      The matrices between servers are compared in the order of time, for each rule of copies (one \
      per expert, rank or server); the rule that leaves the least unexplained is taken, and the \
      others are printed beside it. With several micro-batches so is the order in which their \
      passes took turns: one after the other, 1F1B with any run-up, interleaved, or all forward \
      first. Traces that do not fit each other are refused, and so are those \
      that fit other places just as well.
      """)

  @Argument(help: "A .mixt file with times and transfers: from a capture or a profile.")
  var traffic: String

  @Argument(help: "A .mixt file with routing: from router logs of the same run.")
  var routing: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the trace.", valueName: "file"))
  var output: String

  @OptionGroup var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    try refuse(outputs: [output], thatAreInputs: [traffic, routing])
    let network = try readTrace(traffic, warningsTo: terminal) { file in
      (file: file, trace: try file.trace())
    }
    let gates = try readTrace(routing, warningsTo: terminal) { try $0.trace() }
    let (joined, summary) = try TraceJoin(traffic: network.value.trace, routing: gates.value).run()
    let writer = try TraceWriter(path: output, metadata: joined.metadata)
    if network.value.file.blocks.contains(where: { $0.kind == .messages }) {
      try writer.copyMessages(from: network.value.file)
    }
    try writer.append(operations: joined.operations)
    try writer.append(transfers: joined.transfers)
    try writer.append(routing: joined.routing)
    try writer.finish()
    var document = ResultDocument()
    document.sentences = [Self.sentence(summary)]
    document.remarks = summary.notes
    document.add("copies", Self.copies(summary))
    if !summary.orders.isEmpty { document.add("orders", Self.orders(summary)) }
    document.add("factors", Self.factors(summary))
    document.add(
      "ledger",
      TraceTables.ledger(summary.ledgers, isForPeople: results.format.isForPeople))
    document.print(results, on: terminal)
    if !results.quiet { terminal.writeError("Wrote \(output).\n") }
    return network.status == .done ? gates.status : network.status
  }

  private static func sentence(_ summary: JoinSummary) -> String {
    let residual = summary.rules.first { $0.copies == summary.copies }?.residual ?? 0
    return
      "\(summary.matchedCount) of \(summary.measuredCount) measured exchanges are all-to-alls of "
      + "the routing, which expects \(summary.expectedCount); with one copy of a token per "
      + "\(summary.copies.rawValue) \(percent(residual)) of their bytes stay unexplained."
  }

  private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

  private static func copies(_ summary: JoinSummary) -> Table {
    var table = Table(
      "Rules of copies, the best first: measured bytes that are found in the routing, and what stays "
        + "unexplained of these",
      columns: [
        .text("copies", "One copy per"), .number("found_share", "Found", .share),
        .number("unexplained_share", "Unexplained", .share),
      ])
    for (copies, coverage, residual) in summary.rules {
      table.append([.text(copies.rawValue), .number(coverage), .number(residual)])
    }
    return table
  }

  private static func orders(_ summary: JoinSummary) -> Table {
    var table = Table(
      "How forward and backward passes took turns, the next best order, and the mean share of an "
        + "exchange's bytes that each leaves on other pairs",
      columns: [
        .text("stage", "Stage"), .text("order", "Order"),
        .number("distance_share", "Elsewhere", .share), .text("next_order", "Next best"),
        .number("next_distance_share", "Elsewhere", .share),
      ])
    for stage in summary.orders {
      table.append([
        .text(stage.stage < 0 ? "–" : "\(stage.stage)"), .text(stage.order),
        .number(stage.meanDistance), .text(stage.runnerUp), .number(stage.runnerUpMeanDistance),
      ])
    }
    return table
  }

  private static func factors(_ summary: JoinSummary) -> Table {
    var table = Table(
      "Bytes on the wire for one byte that routing and model predict",
      columns: [.text("phase", "Phase"), .number("factor", "Factor", .ratio)])
    for (phase, factor) in summary.factors { table.append([.text(phase.name), .number(factor)]) }
    return table
  }
}
