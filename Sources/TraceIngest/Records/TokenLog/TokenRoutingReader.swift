public import TraceModel

/// Per-token routing logs of a serving process: JSON lines with the experts of one token in one
/// layer (`experts`, `layer`, `token_idx` or `token_pos`, `problem_id`), plain, gzip, zstd or in
/// a tar archive.
///
/// Such a log knows no source rank, no step and no backward pass. The tokens of a problem are
/// given to the source ranks in contiguous blocks (inferred); an operation is one problem and one
/// layer; only the two forward all-to-alls exist. Without a layout there is one server per expert.
public enum TokenRoutingReader: TraceReader {
  public static let formatName = "per-token routing log (JSON lines)"

  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    lines(of: start).contains { line in
      line.first == UInt8(ascii: "{")
        && contains(line, "\"experts\"") && contains(line, "\"layer\"")
        && (contains(line, "\"token_idx\"") || contains(line, "\"token_pos\""))
    }
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var assembly = TokenRoutingAssembly(options: options)
    var found = IngestSummary()
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &found,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, _ in try assembly.read(LineReader(stream), into: &sink) })
    var summary = try assembly.summary(adding: found, into: &sink)
    summary.notes += inputs.notes
    return summary
  }
}
