public import TraceModel

/// Per-token routing logs of a serving process: JSON lines with the experts of one token in one
/// layer (`experts`, `layer`, `token_idx` or `token_pos`, `problem_id`), plain, gzip or zstd.
///
/// Such a log knows no source rank, no step and no backward pass. The tokens of a problem are
/// given to the source ranks in contiguous blocks (inferred); an operation is one problem and one
/// layer; only the two forward all-to-alls exist. Without a layout there is one server per expert.
public enum TokenRoutingReader: TraceReader {
  public static let formatName = "per-token routing log (JSON lines)"

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
    let files = DistinctFiles(paths)
    var assembly = TokenRoutingAssembly(options: options)
    for path in files.paths { try assembly.read(path, into: &sink) }
    var summary = try assembly.summary(into: &sink)
    summary.notes += files.notes
    return summary
  }
}
