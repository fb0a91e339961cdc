public import TraceModel

/// Integer matrices as MixNet's simulator reads them: `[[…],[…]]` on one line, rows = source
/// expert-parallel rank, columns = expert, cells = token-expert assignments.
///
/// Each matrix is one dispatch-forward; the other three all-to-alls derive from it. The matrix is
/// never wrapped around or cut: a shape that does not match a declared layout or model is refused.
/// Without a layout there is one server per row.
public enum TokenMatrixReader: TraceReader {
  public static let formatName = "token matrix ([[…],[…]] on one line)"

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    let line = firstLine(of: start).filter { $0 != 0x20 && $0 != 0x09 }
    guard line.count > 2, line.starts(with: [0x5B, 0x5B]) else { return false }
    return line[2] == UInt8(ascii: "-") || line[2] &- UInt8(ascii: "0") < 10
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let files = DistinctFiles(paths)
    var assembly = TokenMatrixAssembly(options: options)
    for path in files.paths { try assembly.read(path, into: &sink) }
    var summary = try assembly.summary()
    summary.notes += files.notes
    return summary
  }
}
