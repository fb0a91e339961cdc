internal import ArgumentParser
internal import ByteStreams
internal import Reporting
internal import TraceFormat
internal import TraceModel

/// `mixtrace export`: rows and matrices for notebooks and spreadsheets.
struct ExportVerb: Verb {
  /// What can be exported.
  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case operations, transfers, routing, messages, matrix
  }

  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a trace's rows as CSV, or a traffic matrix as NumPy or CSV.",
    discussion: """
      Column names carry their unit (start_ns, bytes); an unknown number is an empty field. A name \
      that ends in .gz or .zst is compressed.

      EXAMPLES
        mixtrace export run.mixt transfers -o transfers.csv.zst
        mixtrace export run.mixt matrix --grain server --phase dispatch-forward -o matrix.npy
        mixtrace export run.mixt matrix --layer 3 --iteration 0 -o matrix.csv

        >>> polars.read_csv("transfers.csv")      >>> numpy.load("matrix.npy")
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @Argument(help: "What to write: operations, transfers, routing, messages or matrix.")
  var subject: Subject

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write; standard output when left out.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let file = try TraceFile(path: trace)
    if subject == .matrix {
      try exportMatrix(of: file, terminal: terminal)
    } else if let output {
      if output.hasSuffix(".npy") {
        throw ValidationError("only a matrix can be written as .npy; name a .csv file")
      }
      let writer = try CompressedWriter(path: output)
      try exportRows(of: file, to: CSVRows { try writer.write($0) })
      try writer.commit()
    } else {
      try exportRows(of: file, to: CSVRows { terminal.write($0) })
    }
    return file.isSalvaged ? .doneWithWarnings : .done
  }

  private func exportMatrix(of file: TraceFile, terminal: Terminal) throws {
    let workload = try selection.workload(of: file)
    let matrix = workload.matrix(of: workload.steps, at: selection.coarseGrain(of: workload))
    if let output, output.hasSuffix(".npy") {
      try write(NumPyFile.bytes(matrix.cells, shape: [matrix.size, matrix.size]), to: output)
      return
    }
    var text = ""
    for row in 0..<matrix.size {
      text += (0..<matrix.size).map { String(matrix[row, $0]) }.joined(separator: ",") + "\n"
    }
    if let output { try write(text, to: output) } else { terminal.write(text) }
  }

  private func exportRows(of file: TraceFile, to rows: CSVRows) throws {
    switch subject {
    case .operations: try rows.write(try file.operations())
    case .transfers: try rows.write(try file.transfers())
    case .routing: try rows.write(try file.routing())
    case .messages:
      try rows.writeMessageHeader()
      try file.forEachMessageBlock { try rows.write($0, addresses: file.metadata.layout.addresses) }
    case .matrix: break
    }
  }
}

/// Rows of the trace's tables as CSV.
private struct CSVRows {
  let put: (String) throws -> Void

  func write(_ table: OperationTable) throws {
    try line(
      "operation,kind,role,phase,grain,iteration,micro_batch,stage,layer,group,start_ns,end_ns,"
        + "demand_source")
    for row in table.rows {
      try line(
        [
          String(row.id), row.kind.name, row.role.name, row.phase.name, row.grain.name,
          known(row.iteration), known(row.microBatch), known(row.stage), known(row.layer),
          known(row.group), known(row.start), known(row.end), String(row.demandSource),
        ].joined(separator: ","))
    }
  }

  func write(_ table: TransferTable) throws {
    try line("operation,source,destination,bytes,start_ns,end_ns")
    for row in 0..<table.count {
      try line(
        "\(table.operation[row]),\(table.source[row]),\(table.destination[row]),"
          + "\(table.bytes[row]),\(known(table.start[row])),\(known(table.end[row]))")
    }
  }

  func write(_ table: RoutingTable) throws {
    try line("operation,source_rank,tokens,experts")
    for row in 0..<table.count {
      let experts = table.experts[table.expertOffsets[row]..<table.expertOffsets[row + 1]]
      try line(
        "\(table.operation[row]),\(table.sourceRank[row]),\(table.tokens[row]),"
          + experts.map(String.init).joined(separator: " "))
    }
  }

  func writeMessageHeader() throws {
    try line(
      "source,destination,channel,kind,start_ns,end_ns,bytes,repeated_bytes,packets,missing_packets"
    )
  }

  func write(_ table: MessageTable, addresses: [NICAddress]) throws {
    for row in 0..<table.count {
      let message = table[row]
      try line(
        "\(addresses[Int(message.source)].text),\(addresses[Int(message.destination)].text),"
          + "\(message.channel),\(message.kind.name),\(message.start),\(message.end),"
          + "\(message.bytes),\(message.repeatedBytes),\(message.packets),\(message.missingPackets)"
      )
    }
  }

  private func line(_ text: String) throws { try put(text + "\n") }

  private func known(_ value: Int32) -> String { value == Operation.unknown ? "" : String(value) }
  private func known(_ value: Int64) -> String {
    value == Operation.unknownTime ? "" : String(value)
  }
}
