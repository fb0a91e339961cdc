internal import ArgumentParser
internal import Reporting
internal import TraceFormat
internal import TraceIngest
internal import TraceModel

/// `mixtrace attribute`: the second pass of ingest again, without the capture.
struct AttributeVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "attribute",
    abstract: "Turn the messages of a trace into operations again, with another layout or gap.",
    discussion: """
      A capture yields messages between addresses; which operation each belongs to is inferred. \
      This reads the messages that ingest kept and infers anew, without the capture.

      EXAMPLES
        mixtrace attribute run.mixt --layout layout.yaml -o run2.mixt
        mixtrace attribute run.mixt --idle-gap "100 us" -o run2.mixt
      """)

  @Argument(help: "A .mixt file that holds messages.")
  var trace: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the trace.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("Layout file (YAML) that replaces the stored one.", valueName: "file"))
  var layout: String?

  @OptionGroup var attribution: AttributionFlags
  @OptionGroup var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let options = try attribution.options()
    // The trace itself may be replaced: its messages are all kept.
    try refuse(outputs: [output], thatAreInputs: layout.map { [$0] } ?? [])
    var lostRouting = 0
    let read = try readTrace(trace, warningsTo: terminal) { spool in
      guard spool.blocks.contains(where: { $0.kind == .messages }) else {
        throw VerbError("\(trace) holds no messages: only captures have them.")
      }
      var metadata = spool.metadata
      if let layout {
        metadata.layout = try Relabelling.layout(
          declaredIn: layout, forAddressesOf: spool.metadata.layout)
        metadata.provenance["layout"] = Provenance(.declared, method: "--layout")
      }
      lostRouting = spool.rowCount(of: .routing)
      return try AttributionPass.run(
        spool: spool, metadata: metadata, options: options, to: output)
    }
    let (written, summary) = read.value
    var document = ResultDocument()
    document.sentences = [AttributionPass.sentence(summary)] + summary.notes
    if lostRouting > 0 {
      document.sentences.append(
        "The \(lostRouting) rows of routing that were joined to the old operations are left out: join "
          + "the router logs again.")
    }
    document.add("provenance", TraceTables.provenance(written.provenance))
    document.print(results, on: terminal)
    if !results.quiet { terminal.writeError("Wrote \(output).\n") }
    return read.status
  }
}
