public import TraceModel

/// Chrome traces of PyTorch's profiler (Kineto): one JSON file per rank, plain, gzip or zstd, or all
/// ranks in one tar archive.
///
/// Every kernel of a communication library, and every dispatch or combine kernel, is one rank's part
/// of one operation, with its time. Sizes come from the arguments of the kernel, else from the
/// record around its launch. An operation begins when the last of its recorded ranks begins: a
/// kernel's time contains waiting for that one. Lists of shares that PyTorch cut at 30 entries are
/// never summed. Memory depends on launches and ranges of one file and on the communication of all.
public enum KinetoReader: TraceReader {
  public static let formatName = "Kineto trace of PyTorch's profiler (JSON)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    switch firstLine(of: start).first {
    case UInt8(ascii: "{"):
      contains(start[...], "\"traceEvents\"")
        || contains(start[...], "\"schemaVersion\"") && contains(start[...], "\"deviceProperties\"")
    case UInt8(ascii: "["):
      // A bare list of Chrome's; NCCL's example profiler writes one too, with other events.
      contains(start[...], "\"ph\"") && contains(start[...], "\"ts\"")
        && !contains(start[...], "\"GROUP_API\"") && !contains(start[...], "\"P2P_API\"")
    default: false
    }
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var assembly = try assembly(of: inputs.paths, options, &summary)
    try assembly.finish(format: formatName, into: &sink, summary: &summary)
    summary.provenance["operations.start"] = Provenance(
      .measured, method: "kernels on the GPU; from when the last recorded rank began")
    summary.notes += inputs.notes
    summary.notes.append(
      "times are those of each rank's own clock; with one rank's file alone they contain waiting for "
        + "the others")
    return summary
  }

  /// The calls of all ranks in some files.
  static func assembly(
    of paths: [String], _ options: IngestOptions, _ summary: inout IngestSummary
  ) throws -> CommsAssembly {
    var assembly = CommsAssembly(options: options)
    try forEachMember(
      of: paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, _ in
        assembly.add(
          KinetoFile.read(stream) { events in
            options.progress?(progress(of: stream, units: events, unitName: "events"))
          })
      })
    return assembly
  }
}
