internal import ArgumentParser
internal import Reporting
internal import TraceFormat
internal import TraceModel

/// `mixtrace info`: what is in a trace file and how far it can be trusted.
struct InfoVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Say what is in a trace: contents, layout, sources, provenance, ledger.",
    discussion: """
      EXAMPLES
        mixtrace info run.mixt
        mixtrace info run.mixt --format json | jq '.ledger'

      Every block's checksum is verified. A file that was interrupted (run.mixt.partial) or \
      damaged is read as far as it is whole; what is lost is named and the exit status is then 2.
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @OptionGroup var output: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    // How far a file can be trusted is only known once every block has been looked at.
    let read = try readTrace(trace, verifying: true, warningsTo: terminal) { try $0.trace() }
    let file = read.file
    let contents = read.value
    let messageCount = file.blocks.filter { $0.kind == .messages }.reduce(0) { $0 + $1.rowCount }
    var document = ResultDocument()
    document.sentences = file.metadata.notes
    document.add("contents", TraceTables.contents(contents, messageCount: messageCount))
    document.add("layout", TraceTables.layout(file.metadata.layout, model: file.metadata.model))
    document.add("sources", TraceTables.sources(file.metadata.sources))
    document.add("provenance", TraceTables.provenance(file.metadata.provenance))
    document.add(
      "ledger",
      TraceTables.ledger(
        file.metadata.ledgers, isForPeople: output.format.isForPeople))
    if !file.losses.isEmpty { document.add("losses", TraceTables.losses(file.losses)) }
    document.print(output, on: terminal)
    return read.status
  }
}
