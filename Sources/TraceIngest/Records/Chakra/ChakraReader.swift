internal import ByteStreams
public import TraceModel

/// Execution traces of Chakra (`name.<rank>.et`): one file of length-delimited protobuf messages for
/// each rank, plain, gzip or zstd, or all ranks in a folder or one tar archive.
///
/// Schema: mlcommons/chakra, schema/protobuf/et_def.proto. A collective's node has its type and its
/// bytes on that rank, so each member gets as much; sends and receives name their other end. The k-th
/// collective of a kind and process group is one operation on all ranks that have it. An operation
/// waits for those before it, directly or through compute and memory nodes. What a trace cannot hold
/// is told and not kept: how long compute takes, tags, dimensions. Memory depends on the nodes of one
/// file (60 bytes each) and on the communication of all.
public enum ChakraReader: TraceReader {
  public static let formatName = "Chakra execution trace (.et, protobuf)"
  public static let readsArchives = true

  public static func recognises(start: [UInt8], fileName: String) -> Bool {
    ChakraShape.isTrace(start)
  }

  public static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary {
    let inputs = DistinctFiles(paths)
    var summary = IngestSummary()
    var files: [ChakraFile] = []
    try forEachMember(
      of: inputs.paths, format: formatName, summary: &summary,
      recognises: { recognises(start: $0, fileName: $1) },
      body: { stream, _ in
        files.append(
          ChakraFile.read(stream) { nodes in
            options.progress?(progress(of: stream, units: nodes, unitName: "nodes"))
          })
      })
    var assembly = CommsAssembly(options: options)
    for file in joined(files, declared: options.layout) { assembly.add(file) }
    try assembly.finish(format: formatName, into: &sink, summary: &summary)
    describe(files, options, in: &summary)
    summary.notes += inputs.notes
    return summary
  }

  /// The files with what only all of them together know: how many ranks there are, and which of them
  /// are in a process group.
  private static func joined(_ files: [ChakraFile], declared: Layout?) -> [CommsFile] {
    let highest = files.reduce(Int32(-1)) { max($0, $1.comms.rank ?? -1, $1.highestPeer) }
    var ranksOfGroup: [String: Set<Int32>] = [:]
    for file in files {
      for group in file.comms.groups {
        ranksOfGroup[group.name, default: []].insert(file.comms.rank ?? -1)
      }
    }
    return files.map { file in
      var comms = file.comms
      if declared == nil, highest >= 0, highest < Parallelism.rankLimit {
        comms.worldSize = highest + 1
      }
      comms.shareGroups { group in
        var group = group
        if group.name != ChakraNode.allRanks {
          group.size = Int32(clamping: ranksOfGroup[group.name]?.count ?? 0)
        }
        return group
      }
      return comms
    }
  }

  private static func describe(
    _ files: [ChakraFile], _ options: IngestOptions, in summary: inout IngestSummary
  ) {
    let compute = files.map(\.computeMicroseconds).max() ?? 0
    if compute > 0 {
      summary.notes.append(
        "compute nodes are kept as order alone: up to \(compute) µs of them on one rank")
    }
    let sums: [(Int, String)] = [
      (files.reduce(0) { $0 + $1.unknownDependencies }, "dependencies name nodes that no file has"),
      (
        files.reduce(0) { $0 + $1.ringDependencies },
        "dependencies close a ring of nodes; they were not waited for"
      ),
      (
        files.reduce(0) { $0 + $1.lostDependencies },
        "dependencies are more than one file may have; they were not waited for"
      ),
    ]
    summary.notes += sums.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if files.count == 1, options.layout == nil {
      summary.notes.append(
        "one rank's file alone: declare the layout (--layout) if the job had more ranks")
    }
    let hasTimes = files.contains { $0.comms.calls.contains { $0.start != Operation.unknownTime } }
    summary.provenance["operations.start"] = Provenance(
      hasTimes ? .measured : .absent,
      method: hasTimes ? "start times of the nodes" : "the nodes hold no start times")
  }
}
