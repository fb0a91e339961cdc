internal import ArgumentParser
internal import Reporting

/// How results are printed; every verb that prints results takes these.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Form of the results.",
      discussion:
        "Tables are for people (1.79 ms); JSON and CSV hold exact values with the unit in "
        + "the key (completion_ns). CSV holds the main table only.",
      valueName: "form"))
  var format = TableFormat.table

  @Flag(help: "No progress, no remarks: results, warnings and errors only.")
  var quiet = false
}

extension TableFormat {
  /// True for the forms that people read.
  var isForPeople: Bool { self == .table || self == .markdown }
}

/// What a verb found: sentences first, then tables, of which the first is the main one.
struct ResultDocument {
  /// Plain words that a reader must see: verdicts and what limits them.
  var sentences: [String] = []
  /// Plain words that help to read the results; `--quiet` leaves them out.
  var remarks: [String] = []
  var tables: [(key: String, table: Table, isForMachinesOnly: Bool)] = []
  /// Further values for programs.
  var facts: [JSONValue.Member] = []

  /// - Parameter isForMachinesOnly: left out where people read.
  mutating func add(_ key: String, _ table: Table, isForMachinesOnly: Bool = false) {
    tables.append((key, table, isForMachinesOnly))
  }

  /// Prints the document in the form that was asked for.
  func print(_ options: OutputOptions, on terminal: Terminal) {
    var document = self
    if options.quiet { document.remarks = [] }
    if terminal.wrapsSentences, options.format == .table {
      func wrapped(_ sentence: String) -> String {
        sentence.wrapped(to: terminal.width).joined(separator: "\n")
      }
      document.sentences = document.sentences.map(wrapped)
      document.remarks = document.remarks.map(wrapped)
    }
    terminal.write(document.text(options.format, width: terminal.width))
  }

  private func text(_ format: TableFormat, width: Int) -> String {
    switch format {
    case .table, .markdown:
      let words = sentences + remarks
      let parts =
        (words.isEmpty ? [] : [words.joined(separator: "\n") + "\n"])
        + tables.filter { !$0.isForMachinesOnly }.map {
          $0.table.text(format, style: TerminalStyle(width: width))
        }
      return parts.joined(separator: "\n")
    case .csv:
      return tables.first?.table.csv() ?? ""
    case .json:
      return json.text(.indented) + "\n"
    }
  }

  private var json: JSONValue {
    .object(
      [
        .init("sentences", .array(sentences.map { .string($0) })),
        .init("remarks", .array(remarks.map { .string($0) })),
      ] + tables.map { .init($0.key, $0.table.json) } + facts)
  }
}
