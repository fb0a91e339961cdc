import TraceFormat
import TraceModel

let traceFormatBenchmarks = [
  Benchmark(name: "trace-format/write", unit: "rows", workCount: transferCount + messageCount) {
    let folder = try InputFolder()
    let rows = SampleRows()
    return {
      try rows.write(to: folder.path("rows.mixt"))
      return rows.transfers.count
    }
  },
  Benchmark(name: "trace-format/read", unit: "rows", workCount: transferCount + messageCount) {
    let folder = try InputFolder()
    try SampleRows().write(to: folder.path("rows.mixt"))
    return {
      let file = try TraceFile(path: folder.path("rows.mixt"))
      var sum = try file.transfers().bytes.reduce(0, &+)
      try file.forEachMessageBlock { block in sum &+= block.bytes.reduce(0, &+) }
      return Int(sum)
    }
  },
]

private let transferCount = 512 * 240
private let messageCount = 100_000

/// Transfers and messages as a capture of 16 servers gives them.
private struct SampleRows {
  var operations = OperationTable()
  var transfers = TransferTable()
  var messages = MessageTable()
  let layout = Layout(
    serverCount: 16, gpusPerServer: 1,
    addresses: (0..<16).map { NICAddress(text: "10.0.0.\($0)", server: $0, nic: 0) })

  init() {
    var random = RandomStream(seed: 1)
    for number in 0..<Int32(512) {
      let start = Int64(number) * 5_000_000
      operations.append(
        Operation(
          id: number, kind: .allToAll, role: .expert, grain: .nic, iteration: number / 64,
          group: 0, start: start, end: start + 1_000_000))
      for source in 0..<Int32(16) {
        for destination in 0..<Int32(16) where destination != source {
          transfers.append(
            operation: number, source: source, destination: destination,
            bytes: 100_000 + Int64(random.below(1 << 20)), start: start,
            end: start + 900_000 + Int64(random.below(100_000)))
        }
      }
    }
    for row in 0..<messageCount {
      let start = Int64(row) * 10_000
      messages.append(
        Message(
          source: Int32(random.below(16)), destination: Int32(random.below(16)),
          channel: UInt32(random.below(256)), kind: .write, start: start,
          end: start + Int64(random.below(20_000)), bytes: 65_536, packets: 16))
    }
  }

  func write(to path: String) throws {
    let writer = try TraceWriter(path: path, metadata: TraceMetadata(layout: layout))
    try writer.append(messages: messages)
    try writer.append(operations: operations)
    try writer.append(transfers: transfers)
    try writer.finish()
  }
}
