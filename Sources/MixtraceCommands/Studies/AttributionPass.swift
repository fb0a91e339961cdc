internal import Reporting
internal import TraceFormat
internal import TraceIngest
internal import TraceModel

/// The second pass of ingest: from a spool of messages to a trace with operations.
enum AttributionPass {
  /// Copies the messages of `spool` and appends the operations that they add up to.
  ///
  /// - Returns: what was found; its provenance and notes are stored in the new file.
  static func run(
    spool: TraceFile, metadata: TraceMetadata, options: AttributionOptions, to path: String
  ) throws -> (metadata: TraceMetadata, summary: AttributionSummary) {
    var metadata = metadata
    metadata.forgetOperations()
    var writer = try TraceWriter(path: path, metadata: metadata)
    try writer.copyMessages(from: spool)
    let summary = try Attribution(layout: metadata.layout, options: options).run(
      forEachBlock: { try spool.forEachMessageBlock($0) }, into: &writer)
    metadata.provenance.merge(summary.provenance) { _, new in new }
    metadata.notes += summary.notes.map { MetadataNotes.attribution + $0 }
    writer.setMetadata(metadata)
    try writer.finish()
    return (metadata, summary)
  }

  /// One sentence about what attribution found.
  static func sentence(_ summary: AttributionSummary) -> String {
    let iterations = summary.iterationCount.map { "\($0) iterations" } ?? "no repetition"
    let kinds = summary.messageCountByKind.map { "\($0.count) \($0.kind.name)" }
    return "\(summary.messageCount) messages (\(kinds.joined(separator: ", "))) became "
      + "\(summary.operationCount) operations (\(iterations)); operations are separated by pauses "
      + "over \(HumanNumber.text(Double(summary.idleGapNanoseconds), .nanoseconds))."
  }
}
