import ByteStreams
import TraceModel

let byteStreamsBenchmarks = [
  Benchmark(name: "byte-streams/zstd-window", unit: "lines", workCount: 20_000) {
    let folder = try InputFolder()
    let path = folder.path("lines.jsonl.zst")
    let writer = try CompressedWriter(path: path)
    for number in 0..<20_000 { try writer.write(line(number)) }
    try writer.commit()
    return {
      var sum = 0
      let source = try ByteSource(path: folder.path("lines.jsonl.zst"))
      var window = ByteWindow(source)
      while try window.fill() {
        let count = window.available
        window.withBytes { bytes in
          for offset in bytes.byteOffsets
          where bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) == 10 {
            sum &+= offset
          }
        }
        window.consume(count)
      }
      return sum
    }
  }
]

/// A line like a router log's, sixteen experts to a line.
private func line(_ number: Int) -> String {
  var random = RandomStream(seed: UInt64(number))
  let experts = (0..<16).map { _ in String(100 + random.below(900)) }.joined(separator: ",")
  return "{\"step\":\(100_000 + number),\"layer\":12,\"experts\":[\(experts)]}\n"
}
