import ByteStreams
import PacketFormats
import TraceFormat
import TraceIngest
import TraceModel

let packetBenchmarks = [
  Benchmark(name: "packet-formats/decode", unit: "packets", workCount: packetCount) {
    let pattern = CapturePattern()
    let record = CapturePattern.recordByteCount
    let bytes = pattern.records(from: 0, count: pattern.period)
    return {
      var summary = PacketSummary()
      var sum = 0
      let records = bytes.span.bytes
      for packet in 0..<packetCount {
        let start = packet % pattern.period * record + 16
        let content = records.extracting(start..<start + record - 16)
        let skipped = decodePacket(
          content, wireByteCount: 4_154, linkType: .ethernet, into: &summary)
        if skipped == nil { sum &+= summary.payloadByteCount }
      }
      return sum
    }
  },
  Benchmark(name: "trace-ingest/capture", unit: "packets", workCount: packetCount) {
    let folder = try InputFolder()
    let file = try AtomicFile(path: folder.path("capture.pcap"))
    let pattern = CapturePattern()
    try file.write(CapturePattern.header)
    try file.write(pattern.records(from: 0, count: packetCount))
    try file.commit()
    return {
      var sink = ByteTotal()
      _ = try CaptureReader.read(
        paths: [folder.path("capture.pcap")], options: IngestOptions(), into: &sink)
      return Int(sink.bytes)
    }
  },
  captureToTrace("trace-ingest/capture-to-mixt", CapturePattern()),
  captureToTrace(
    "trace-ingest/capture-to-mixt-65536-queue-pairs", CapturePattern(queuePairs: 65_536)),
  captureToTrace(
    "trace-ingest/capture-to-mixt-single-packets", CapturePattern(packetsPerMessage: 1)),
]

/// From a capture of two million packets to a finished trace.
private func captureToTrace(
  _ name: String, _ pattern: @autoclosure @escaping @Sendable () -> CapturePattern
) -> Benchmark {
  let count = 2_097_152
  return Benchmark(name: name, unit: "packets", workCount: count, isCounted: false) {
    let folder = try InputFolder()
    let pattern = pattern()
    let file = try AtomicFile(path: folder.path("capture.pcap"))
    try file.write(CapturePattern.header)
    for first in stride(from: 0, to: count, by: pattern.period) {
      try file.write(pattern.records(from: first, count: min(pattern.period, count - first)))
    }
    try file.commit()
    return {
      let layout = Layout(serverCount: 64, gpusPerServer: 1)
      var sink = try TraceWriter(
        path: folder.path("capture.mixt"), metadata: TraceMetadata(layout: layout))
      let summary = try CaptureReader.read(
        paths: [folder.path("capture.pcap")], options: IngestOptions(), into: &sink)
      try sink.finish()
      return Int(summary.ledgers[0].used)
    }
  }
}

private let packetCount = 200_000

/// A sink that keeps nothing but the sum of bytes.
struct ByteTotal: TraceSink {
  var bytes: Int64 = 0

  mutating func append(messages batch: MessageTable) { bytes &+= batch.bytes.reduce(0, &+) }
  mutating func append(operations batch: OperationTable) {}
  mutating func append(transfers batch: TransferTable) { bytes &+= batch.bytes.reduce(0, &+) }
  mutating func append(routing batch: RoutingTable) { bytes &+= batch.tokens.reduce(0, &+) }
}
