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

      A file that was interrupted (run.mixt.partial) is read up to its last whole block; \
      the exit status is then 2.
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @OptionGroup var output: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let file = try TraceFile(path: trace)
    let contents = try file.trace()
    let messageCount = file.blocks.filter { $0.kind == .messages }.reduce(0) { $0 + $1.rowCount }
    var document = ResultDocument()
    document.sentences = file.metadata.notes
    document.sentences += file.losses.map(\.description)
    document.add("contents", TraceTables.contents(contents, messageCount: messageCount))
    document.add("layout", TraceTables.layout(file.metadata.layout, model: file.metadata.model))
    document.add("sources", TraceTables.sources(file.metadata.sources))
    document.add("provenance", TraceTables.provenance(file.metadata.provenance))
    document.add(
      "ledger",
      TraceTables.ledger(file.metadata.ledgers, isForPeople: output.format.isForPeople))
    terminal.write(document.text(output.format, width: terminal.width))
    return file.isSalvaged ? .doneWithWarnings : .done
  }
}
