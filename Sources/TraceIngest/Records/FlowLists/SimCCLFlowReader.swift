public import TraceModel

/// Flow lists of SimCCL (SimAI): columns `ID`, `parent_id`, `src`, `dst`, `size`, `channel_id` with a
/// heading, between tabs or commas, plain, gzip, zstd or in a tar archive.
///
/// Sources and destinations are ranks. A flow begins when all of its parents have ended; those that
/// wait for the same flows and are waited for by the same ones become one operation. A size of
/// "512KB" is 524,288 bytes. There are no times. Each list is ingested alone. Memory depends
/// on the flows: 100 bytes each, and 16 for each parent.
public enum SimCCLFlowReader: TraceReader {
  public static let formatName = "SimCCL flow list (ID, parent_id, src, dst, size)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    SimCCLFlows.isHeading(Array(firstLine(of: start)))
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var lists: [SimCCLFlows] = []
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, summary in
        var flows = SimCCLFlows(declaredRanks: options.layout?.rankCount)
        summary.ledgers.append(
          flows.read(stream) { lines in
            options.progress?(progress(of: stream, units: lines, unitName: "lines"))
          })
        lists.append(flows)
      })
    try requireUse(of: summary.ledgers.filter { $0.unit != "files" }, format: "SimCCL flow")
    guard lists.count == 1 else {
      throw IngestError(
        "\(lists.count) flow lists: which runs first is not in them", at: "input",
        advice: "Ingest one list at a time; each is one collective.")
    }
    let list = lists[0].finished()
    summary.layout = try CommsLayout.layout(
      declared: options.layout, rankCount: Int(lists[0].highestRank) + 1, summary: &summary)
    let operations = FlowOperations(list)
    try operations.write(list, grain: .rank, into: &sink)
    operations.describe(into: &summary, format: "sizes of the list, a KB being 1,024 bytes")
    summary.provenance["operations.start"] = Provenance(.absent, method: "the list holds no time")
    if lists[0].unknownParents > 0 {
      summary.notes.append(
        "\(lists[0].unknownParents) parents are no flow of the list: they were taken to have ended")
    }
    summary.notes += inputs.notes
    return summary
  }
}
