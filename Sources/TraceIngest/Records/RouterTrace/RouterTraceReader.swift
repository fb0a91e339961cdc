public import TraceModel

/// Router traces of Megatron-Core (`--moe-routing-trace-path`): JSON lines with step, layer and
/// rank, one file per rank, plain, gzip or zstd.
///
/// The files are read in step with one another, so that an iteration's rows stand together in the
/// output and no more than one step is held in memory. The same (step, layer, rank) again in one
/// file is the next micro-batch; in another file, or after the file went back to an earlier step,
/// it is left out and counted. `layer` is used as given: inside a pipeline stage Megatron may count
/// from 0. Combine and the backward pass are derived: they move the same tokens back or again.
public enum RouterTraceReader: TraceReader {
  public static let formatName = "router trace of Megatron-Core (JSON lines)"

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    lines(of: start).contains { line in
      line.first == UInt8(ascii: "{")
        && contains(line, "\"top_indices\"") && contains(line, "\"step\"")
    }
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let files = DistinctFiles(paths)
    let paths = files.paths
    var assembly = try RouterTraceAssembly(options: options, paths: paths)
    for first in stride(from: 0, to: paths.count, by: RouterTraceAssembly.openFileLimit) {
      let last = min(first + RouterTraceAssembly.openFileLimit, paths.count)
      try assembly.read(Array(paths[first..<last]), into: &sink)
    }
    var summary = try assembly.summary()
    summary.notes += files.notes
    return summary
  }
}
