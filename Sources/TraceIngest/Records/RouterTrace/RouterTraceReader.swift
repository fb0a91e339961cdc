public import TraceModel

/// Router traces of Megatron-Core (`--moe-routing-trace-path`): JSON lines with step, layer and
/// rank, one file per rank, plain, gzip or zstd, or all ranks in one tar archive.
///
/// The files are read in step with one another, so that an iteration's rows stand together in the
/// output and no more than one step is held in memory; those in an archive are read one after the
/// other, and then some bytes are held for each layer of each step. The same (step, layer, rank) again in one
/// file is the next micro-batch; in another file, or after the file went back to an earlier step,
/// it is left out and counted. `layer` is used as given: inside a pipeline stage Megatron may count
/// from 0. Combine and the backward pass are derived: they move the same tokens back or again.
public enum RouterTraceReader: TraceReader {
  public static let formatName = "router trace of Megatron-Core (JSON lines)"

  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    lines(of: start).contains { line in
      line.first == UInt8(ascii: "{")
        && contains(line, "\"top_indices\"") && contains(line, "\"step\"")
    }
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var (paths, archives): ([String], [String]) = ([], [])
    for path in inputs.paths {
      if try MemberStream(path: path, chunkBytes: 0).isArchive {
        archives.append(path)
      } else {
        paths.append(path)
      }
    }
    var assembly = try RouterTraceAssembly(options: options, paths: paths, archives: archives)
    for first in stride(from: 0, to: paths.count, by: RouterTraceAssembly.openFileLimit) {
      let last = min(first + RouterTraceAssembly.openFileLimit, paths.count)
      try assembly.read(Array(paths[first..<last]), into: &sink)
    }
    var found = IngestSummary()
    try forEachFile(inArchives: archives, &found) { try assembly.read([$0], into: &sink) }
    var summary = try assembly.summary(adding: found)
    summary.notes += inputs.notes
    return summary
  }

  /// Lends the router traces in some archives one after the other.
  static func forEachFile(
    inArchives paths: [String], _ summary: inout IngestSummary,
    _ body: (RouterFile) throws -> Void
  ) throws {
    try forEachMember(
      of: paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, _ in try body(RouterFile(LineReader(stream))) })
  }
}
