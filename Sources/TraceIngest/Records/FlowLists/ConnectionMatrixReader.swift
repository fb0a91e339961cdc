public import TraceModel

/// Connection matrices of htsim (`.cm`), as csg-htsim, its relatives and MixNet's simulator read
/// them: `Nodes N`, `Connections M`, then `0->13 id 1 start 0 size 2000000` for each flow; plain,
/// gzip, zstd or in a tar archive.
///
/// Without a declared layout every node is a server with one GPU; with one, the nodes are its ranks,
/// servers or NICs, whichever are as many, and anything else is refused. Flows that begin together
/// and are waited for by the same ones are one operation; triggers become their order. Memory depends
/// on the flows: 64 bytes each.
public enum ConnectionMatrixReader: TraceReader {
  public static let formatName = "htsim connection matrix (Nodes, Connections, SRC->DST …)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    var hasNodes = false
    for line in lines(of: start) {
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      if line.starts(with: Array("Nodes ".utf8)) {
        hasNodes = true
      } else if line.starts(with: Array("Connections ".utf8)) {
        return true
      } else {
        return hasNodes && contains(line, "->")
      }
    }
    return false
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var matrices: [ConnectionMatrix] = []
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, summary in
        var matrix = ConnectionMatrix()
        summary.ledgers.append(
          matrix.read(stream) { lines in
            options.progress?(progress(of: stream, units: lines, unitName: "lines"))
          })
        matrices.append(matrix)
      })
    guard matrices.count == 1 else {
      throw IngestError(
        "\(matrices.count) connection matrices: which runs first is not in them", at: "input",
        advice: "Ingest one at a time.")
    }
    let list = matrices[0].finished()
    guard list.count > 0 else {
      throw nothingUsable(
        "connection matrix holds no flow", in: summary.ledgers,
        advice: "Give each connection a size in bytes and a start or a trigger.")
    }
    let nodes = max(Int(matrices[0].nodeCount), Int(matrices[0].highestNode) + 1)
    let grain = try setLayout(declared: options.layout, nodes: nodes, &summary)
    let operations = FlowOperations(list)
    try operations.write(list, grain: grain, into: &sink)
    operations.describe(into: &summary, format: "sizes of the connections")
    addNotes(matrices[0], to: &summary)
    summary.notes += inputs.notes
    return summary
  }

  /// What the nodes are.
  private static func setLayout(
    declared: Layout?, nodes: Int, _ summary: inout IngestSummary
  ) throws(IngestError) -> Grain {
    guard let declared else {
      summary.layout = Layout(serverCount: nodes, gpusPerServer: 1)
      summary.provenance["layout"] = Provenance(.inferred, method: "one server for each node")
      summary.notes.append(
        "no layout declared: \(nodes) nodes taken as \(nodes) servers of one GPU")
      return .rank
    }
    summary.layout = declared
    let fitting = [Grain.rank, .server, .nic].first { declared.endpointCount(at: $0) == nodes }
    guard let fitting else {
      throw IngestError(
        "the matrix has \(nodes) nodes, the layout has \(declared.rankCount) ranks on "
          + "\(declared.serverCount) servers with \(declared.nicCount) NICs",
        at: summary.sources.first?.name ?? "input",
        advice: "Declare a layout with as many ranks, servers or NICs. It is not wrapped around.")
    }
    summary.notes.append("the nodes were taken for the layout's \(nodes) \(fitting.name)s")
    return fitting
  }

  private static func addNotes(_ matrix: ConnectionMatrix, to summary: inout IngestSummary) {
    if matrix.hasStarts {
      summary.provenance["operations.start"] = Provenance(
        .declared, method: "starts of the connections, taken as picoseconds")
      summary.notes.append(
        "starts were taken as picoseconds, as csg-htsim reads them; its predecessors read "
          + "microseconds")
    }
    if matrix.announced >= 0, matrix.flowLines > matrix.announced {
      summary.notes.append(
        "\(matrix.announced) connections are announced, \(matrix.flowLines) are there: htsim refuses "
          + "such a file")
    }
    if matrix.firstOfSeveral > 0 {
      summary.notes.append(
        "\(matrix.firstOfSeveral) triggers fire when the first of several flows is done; here what "
          + "they start waits for all of these")
    }
  }
}
