internal import Configuration
internal import TraceFormat
internal import TraceIngest
internal import TraceModel

extension FuzzedParser {
  /// Every parser of foreign bytes; one that is added is one line here and its seeds.
  public static let all: [FuzzedParser] = [
    FuzzedParser("capture", isBinary: true, CaptureReader.self),
    FuzzedParser("mixt", isBinary: true) { try countRows(ofTrace: $0) },
    FuzzedParser("archive", isBinary: true, ExecutionTraceReader.self),
    FuzzedParser("goal-binary", isBinary: true, GOALReader.self),
    FuzzedParser("chakra", isBinary: true, fileName: "trace.0.et", ChakraReader.self),
    FuzzedParser("likeness", isBinary: true) { path in
      _ = try TraceReaderCatalogue.identify(path)
      return 1
    },
    FuzzedParser("router", fileName: "router_trace_rank0.jsonl", RouterTraceReader.self),
    FuzzedParser("tokens", TokenRoutingReader.self),
    FuzzedParser("matrix", TokenMatrixReader.self),
    FuzzedParser("execution-trace", fileName: "rank0.json", ExecutionTraceReader.self),
    FuzzedParser("kineto", fileName: "rank0.json", KinetoReader.self),
    FuzzedParser("inspector", fileName: "host-pid1.log", InspectorReader.self),
    FuzzedParser("nccl-debug", NCCLDebugReader.self),
    FuzzedParser("nccl-profiler", NCCLProfilerReader.self),
    FuzzedParser("goal-text", GOALReader.self),
    FuzzedParser("simai", SimAIReader.self),
    FuzzedParser("simccl", SimCCLFlowReader.self),
    FuzzedParser("connections", ConnectionMatrixReader.self),
    FuzzedParser("layout") { path in
      try LayoutFile.read(path: path).serverCount
    },
    FuzzedParser("model") { path in
      _ = try ModelFile.read(path: path)
      return 1
    },
    FuzzedParser("fabrics") { path in
      try FabricFile.read(path: path).count
    },
  ]
}

/// Reads a trace as every verb does, and once more as one looks for damage.
private func countRows(ofTrace path: String) throws -> Int {
  _ = try? TraceFile(path: path, verifying: true).trace()
  let file = try TraceFile(path: path)
  var count = 0
  try file.forEachMessageBlock { count += $0.count }
  let trace = try file.trace()
  return count + trace.operations.count + trace.transfers.count + trace.routing.count
}
