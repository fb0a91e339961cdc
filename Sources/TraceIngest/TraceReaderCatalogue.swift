internal import ByteStreams

/// Every format that can be read.
///
/// A new one is one line here.
public enum TraceReaderCatalogue {
  /// The readers, in the order in which they are asked.
  public static let readers: [any TraceReader.Type] = [
    CaptureReader.self,
    RouterTraceReader.self,
    TokenRoutingReader.self,
    TokenMatrixReader.self,
    ExecutionTraceReader.self,
    KinetoReader.self,
    InspectorReader.self,
    GOALReader.self,
    ChakraReader.self,
    SimAIReader.self,
    NCCLProfilerReader.self,
    NCCLDebugReader.self,
    SimCCLFlowReader.self,
    ConnectionMatrixReader.self,
  ]

  /// What the error for a file begins with that no reader knows; what it looks like follows.
  static let refusal = "not a trace that can be read: "

  /// The reader of a file, found by its first bytes (decompressed), never by its name.
  ///
  /// Throws an `IngestError` that says what the file looks like and what would be accepted, or
  /// the `ByteStreamError` of a file that cannot be opened.
  public static func identify(_ path: String) throws -> any TraceReader.Type {
    let start = try ByteSource.sniff(path: path)
    let name = fileName(of: path)
    let members = startsOfMembers(inArchive: start) ?? []
    // Archives of traces may begin with a configuration, a list or a log.
    for inside in members {
      for reader in readers
      where reader.readsArchives && reader.recognises(start: inside.start, fileName: inside.name) {
        return reader
      }
    }
    for reader in readers where reader.recognises(start: start, fileName: name) { return reader }
    var names: [String] = []
    for reader in readers { names.append(reader.formatName) }
    let accepted = names.joined(separator: "; ")
    var likeness = FileLikeness(start: start)
    var description = likeness.description
    if let inside = members.first {
      likeness = FileLikeness(start: inside.start)
      description = "a tar archive whose first file, \(inside.name), is \(likeness.description)"
    }
    throw IngestError(
      refusal + description, at: name,
      advice: (likeness.advice.map { $0 + "\n  " } ?? "")
        + "\(readers.count) readers looked at its first 64 KiB, and none knows it. Accepted, plain, "
        + "gzip or zstd: \(accepted).")
  }
}
