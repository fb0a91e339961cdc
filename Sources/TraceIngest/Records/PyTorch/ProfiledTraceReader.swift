internal import ByteStreams
public import TraceModel

/// Execution traces of PyTorch together with the Kineto profiles of the same ranks.
///
/// Times come from the profiles, groups, sequence numbers and exact shares from the execution traces.
/// Both have each call of a rank: see `ProfiledCalls` for how they are matched, and for what is
/// left out. It is asked for by inputs of both kinds, never by one file.
public enum ProfiledTraceReader: TraceReader {
  public static let formatName = "PyTorch execution trace with its Kineto profile"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool { false }

  /// True when files of these two formats are read as one trace.
  public static func joins(
    _ reader: any TraceReader.Type, _ other: any TraceReader.Type
  ) -> Bool {
    let parts = [ExecutionTraceReader.formatName, KinetoReader.formatName]
    let names = [reader.formatName, other.formatName]
    return names[0] != names[1] && names.allSatisfy { (parts + [formatName]).contains($0) }
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var (traces, profiles): ([String], [String]) = ([], [])
    for path in inputs.paths {
      let isProfile =
        try TraceReaderCatalogue.identify(path).formatName == KinetoReader.formatName
      if isProfile { profiles.append(path) } else { traces.append(path) }
    }
    var summary = IngestSummary()
    let recorded = try ExecutionTraceReader.assembly(of: traces, options, &summary)
    let timed = try KinetoReader.assembly(of: profiles, options, &summary)
    var assembly = recorded
    try assembly.finish(format: formatName, profiles: timed, into: &sink, summary: &summary)
    summary.notes += inputs.notes
    summary.notes.append("times are those of each rank's own clock")
    return summary
  }
}
