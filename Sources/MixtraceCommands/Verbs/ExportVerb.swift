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
      Column names carry their unit (start_ns, bytes); an unknown number is an empty field. \
      Matrices hold bytes, row = source, column = destination. A name that ends in .gz or .zst is \
      compressed, one that ends in .npy is NumPy's.

      EXAMPLES
        mixtrace export run.mixt operations
        mixtrace export run.mixt transfers -o transfers.csv.zst
        mixtrace export run.mixt matrix --grain server -o matrix.npy
        mixtrace export run.mixt matrix --layer 3 --iteration 0 -o matrix.csv

        >>> polars.read_csv("transfers.csv")      >>> numpy.load("matrix.npy")
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @Argument(help: "What to write.")
  var subject: Subject

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write; standard output when left out.", valueName: "file"))
  var output: String?

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    try refuse(outputs: output.map { [$0] } ?? [], thatAreInputs: [trace])
    try checkSelection()
    // Messages are printed while they are read, so damage has to be known before.
    let read = try readTrace(trace, verifying: subject == .messages, warningsTo: terminal) { file in
      if subject == .matrix {
        try exportMatrix(of: file, terminal: terminal)
      } else if let output {
        let writer = try CompressedWriter(path: output)
        try exportRows(of: file, to: CSVRows { try writer.write($0) })
        try writer.commit()
      } else {
        try exportRows(of: file, to: CSVRows { terminal.write($0) })
      }
    }
    return read.status
  }

  /// An option that would change nothing is refused rather than ignored.
  private func checkSelection() throws {
    if subject != .matrix, output?.hasSuffix(".npy") ?? false {
      throw ValidationError("only a matrix can be written as .npy; name a .csv file")
    }
    if subject == .messages, selection.isNarrowed {
      throw ValidationError(
        "messages have no role, phase, layer or iteration; those are known of operations")
    }
    if subject != .matrix,
      selection.grain != nil || selection.model != nil || selection.tokensAsBytes
    {
      throw ValidationError(
        "--grain, --model and --tokens-as-bytes are for the matrix; rows are exported as they are")
    }
  }

  private func exportMatrix(of file: TraceFile, terminal: Terminal) throws {
    let workload = try selection.workload(of: file)
    try workload.requireDenseMatrix(at: selection.coarseGrain(of: workload))
    let matrix = workload.matrix(of: workload.steps, at: selection.coarseGrain(of: workload))
    if let output, output.hasSuffix(".npy") {
      try write(NumPyFile.bytes(matrix.cells, shape: [matrix.size, matrix.size]), to: output)
      return
    }
    var text = ""
    for row in 0..<matrix.size {
      text += (0..<matrix.size).map { String(matrix[row, $0]) }.joined(separator: ",") + "\n"
    }
    guard let output else { return terminal.write(text) }
    let writer = try CompressedWriter(path: output)
    try writer.write(text)
    try writer.commit()
  }

  private func exportRows(of file: TraceFile, to rows: CSVRows) throws {
    if subject == .messages {
      try rows.writeMessageHeader()
      try file.forEachMessageBlock { try rows.write($0, addresses: file.metadata.layout.addresses) }
      return
    }
    var part = try selection.trace(of: file)
    part.operations.rows.removeAll { !selection.includes($0.role, $0.phase) }
    let chosen = Set(part.operations.rows.map(\.id))
    switch subject {
    case .operations: try rows.write(part.operations)
    case .transfers: try rows.write(part.transfers, of: chosen)
    case .routing: try rows.write(part.routing, of: chosen)
    case .messages, .matrix: break
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

  func write(_ table: TransferTable, of operations: Set<Int32>) throws {
    try line("operation,source,destination,bytes,start_ns,end_ns")
    for row in 0..<table.count where operations.contains(table.operation[row]) {
      try line(
        "\(table.operation[row]),\(table.source[row]),\(table.destination[row]),"
          + "\(table.bytes[row]),\(known(table.start[row])),\(known(table.end[row]))")
    }
  }

  func write(_ table: RoutingTable, of operations: Set<Int32>) throws {
    try line("operation,source_rank,tokens,experts")
    for row in 0..<table.count where operations.contains(table.operation[row]) {
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
        "\(name(of: message.source, addresses)),\(name(of: message.destination, addresses)),"
          + "\(message.channel),\(message.kind.name),\(message.start),\(message.end),"
          + "\(message.bytes),\(message.repeatedBytes),\(message.packets),\(message.missingPackets)"
      )
    }
  }

  /// The address as text, or its number where the file does not name it.
  private func name(of address: Int32, _ addresses: [NICAddress]) -> String {
    addresses.indices.contains(Int(address)) ? addresses[Int(address)].text : String(address)
  }

  private func line(_ text: String) throws { try put(text + "\n") }

  private func known(_ value: Int32) -> String { value == Operation.unknown ? "" : String(value) }
  private func known(_ value: Int64) -> String {
    value == Operation.unknownTime ? "" : String(value)
  }
}
