internal import ArgumentParser
internal import ByteStreams
internal import Configuration
internal import Reporting
internal import TraceFormat
internal import TraceIngest
internal import TraceModel

/// `mixtrace ingest`: captures and logs become one trace file.
struct IngestVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read captures or routing logs into one .mixt trace, counting everything read.",
    discussion: """
      Reads packet captures (pcap, pcapng, ERF), router traces (Megatron-Core JSONL, per-token \
      JSONL), PyTorch execution traces, Kineto profiles, NCCL's Inspector and debug logs and \
      profiler dumps (a file for each rank, or a tar archive of them), what simulators read \
      (GOAL, Chakra, SimAI, SimCCL, htsim) and integer matrices, each plain, gzip or zstd. Several \
      inputs of one kind become one trace. Captures that overlap in time are taken for several \
      places of one run: clocks are compared, what two of them saw counts once.

      EXAMPLES
        mixtrace ingest capture.pcap.zst -o run.mixt
        mixtrace ingest capture.pcap.zst --layout layout.yaml -o run.mixt
        mixtrace ingest nic0.pcapng nic1.pcapng -o run.mixt \\
            --filter "udp dst port 4791"
        mixtrace ingest router/ -o run.mixt \\
            --layout layout.yaml --model mixtral-8x7b
        mixtrace ingest profiles.tar.gz -o run.mixt
        ssh gpu7 tcpdump -w - | mixtrace ingest - -o run.mixt \\
            --write-layout layout.yaml

      The ledger that is printed says what became of every packet or line: used, skipped with the \
      reason, or malformed. Exit status 2 means that part of the input could not be read; what \
      could be read is in the trace.
      """)

  @Argument(
    help: ArgumentHelp(
      "Files, or folders of files, to read; - is a packet capture on standard input.",
      valueName: "input"),
    completion: .file())
  var inputs: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write the trace.", valueName: "file"),
    completion: .file(extensions: ["mixt"]))
  var output: String

  @OptionGroup(title: "What the input does not say") var declarations: DeclarationOptions
  @OptionGroup(title: "From messages to operations") var attribution: AttributionFlags

  @Option(
    help: ArgumentHelp(
      "Only packets that match a libpcap filter, e.g. 'udp dst port 4791'.",
      valueName: "expression"))
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "Write the layout that was used or derived as YAML, to keep or to edit.", valueName: "file"))
  var writeLayout: String?

  @Flag(help: "Treat anything that could not be read as an error: write no trace, exit 1.")
  var strict = false

  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let attributionOptions = try attribution.options()
    let outputs = [output, writeLayout].compactMap { $0 }
    let declared = [declarations.layout, declarations.model].compactMap { $0 }
    // Before anything is read, and again when folders have been looked into.
    try refuse(outputs: outputs, thatAreInputs: self.inputs + declared)
    let model = try declarations.readModel()
    let found = try IngestInputs(self.inputs)
    let inputs = found.paths
    try refuse(outputs: outputs, thatAreInputs: inputs + declared)
    let reader = found.reader
    var options = IngestOptions(
      layout: try declarations.readLayout(), model: model, captureFilter: filter)
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    options.progress = { progress in
      meter.update { elapsed in
        ProgressLine(label: progress.file, kind: .bytes, total: progress.byteCount).text(
          done: progress.bytesRead, elapsedNanoseconds: Int64(elapsed * 1e9), width: terminal.width)
      }
    }
    // Rows are spooled first: attribution reads them twice and must not hold them.
    let spoolPath = output + ".spool"
    try refuseSpool(at: spoolPath)
    tellLeftovers(besides: spoolPath + ".partial", on: terminal)
    var spool = try TraceWriter(
      path: spoolPath,
      metadata: TraceMetadata(layout: options.layout ?? Layout(serverCount: 1, gpusPerServer: 1)))
    // From here on the spool is this run's, first under the one name, then under the other.
    var ownPath: String? = spoolPath + ".partial"
    defer { withExtendedLifetime(spool) { if let ownPath { remove(ownPath) } } }
    // Another run may have finished its own until the writer had the name.
    try refuseSpool(at: spoolPath)
    var summary = try reader.read(paths: inputs, options: options, into: &spool)
    summary.ledgers += found.folders
    meter.finish()
    if let leak = summary.ledgers.lazy.compactMap(\.imbalance).first {
      throw VerbError(
        "\(leak). This is a defect of mixtrace: please report it with the input.")
    }
    let damaged = summary.ledgers.filter(\.hasDamage)
    if strict, let first = damaged.first {
      throw VerbError(
        "\(first.source): \(Self.damage(of: first)). Nothing was written because of --strict.")
    }
    let metadata = self.metadata(summary, model: model, declared: options.layout)
    spool.setMetadata(metadata)
    try spool.finish()
    ownPath = spoolPath
    let sentences = try finish(
      spoolPath: spoolPath, metadata: metadata, options: attributionOptions)
    // Before anything is printed: a reader of the results may close the pipe, which ends the program.
    remove(spoolPath)
    ownPath = nil
    if let writeLayout { try write(LayoutFile.yaml(metadata.layout), to: writeLayout) }
    for ledger in damaged { terminal.warn("\(ledger.source): \(Self.damage(of: ledger))") }
    report(metadata, sentences: sentences, on: terminal)
    return damaged.isEmpty ? .done : .doneWithWarnings
  }

  private func refuseSpool(at path: String) throws {
    guard !fileExists(path) else {
      throw VerbError("\(path) is in the way: move it, or name another output.")
    }
  }

  /// An ingest that was killed leaves its spool, from which its messages can still be read.
  private func tellLeftovers(besides own: String, on terminal: Terminal) {
    let files = AtomicFile.leftovers(
      beside: output, suffixes: [".spool", ".spool.partial"],
      where: TraceFile.recognises(start:))
    for file in files {
      let advice =
        file.path == own
        ? "it is replaced now"
        : "mixtrace info shows what is in it; delete it if that is not needed"
      terminal.warn(
        "\(file.path) (\(file.byteCount) bytes) was left by an ingest that was interrupted: \(advice)"
      )
    }
  }

  /// What of a source could not be read, and where it begins.
  private static func damage(of ledger: Ledger) -> String {
    let malformed = ledger.malformed.map {
      "\(counted($0.count, ledger.unit)): \($0.reason) (\($0.first))"
    }
    return ((ledger.truncation.map { [$0] } ?? []) + malformed).joined(separator: "; ")
  }

  private func metadata(
    _ summary: IngestSummary, model: ExpertModel?, declared: Layout?
  ) -> TraceMetadata {
    var metadata = TraceMetadata(
      writtenBy: "mixtrace \(Mixtrace.version)",
      layout: summary.layout ?? declared ?? Layout(serverCount: 1, gpusPerServer: 1), model: model,
      routingUnit: summary.routingUnit, sources: summary.sources, provenance: summary.provenance,
      ledgers: summary.ledgers, notes: summary.notes)
    if declared != nil, metadata.provenance["layout"] == nil {
      metadata.provenance["layout"] = Provenance(.declared, method: "--layout")
    }
    if model != nil, metadata.provenance["model"] == nil {
      metadata.provenance["model"] = Provenance(.declared, method: "--model")
    }
    return metadata
  }

  /// Gives the spool its final name, by way of attribution when it holds messages.
  private func finish(
    spoolPath: String, metadata: TraceMetadata, options: AttributionOptions
  ) throws -> [String] {
    // An ingest that starts meanwhile must not take the spool for one that was left.
    let hold = FileHold(path: spoolPath)
    defer { hold.release() }
    let spool = try TraceFile(path: spoolPath)
    guard spool.blocks.contains(where: { $0.kind == .messages }) else {
      try rename(spoolPath, to: output)
      return []
    }
    let (_, summary) = try AttributionPass.run(
      spool: spool, metadata: metadata, options: options, to: output)
    return [AttributionPass.sentence(summary)] + summary.notes
  }

  private func report(_ metadata: TraceMetadata, sentences: [String], on terminal: Terminal) {
    var document = ResultDocument()
    document.sentences = metadata.notes + sentences
    document.add(
      "ledger", TraceTables.ledger(metadata.ledgers, isForPeople: results.format.isForPeople))
    if results.format == .json {
      document.facts.append(.init("trace", .string(output)))
    }
    document.print(results, on: terminal)
    if !results.quiet { terminal.writeError("Wrote \(output).\n") }
  }
}
