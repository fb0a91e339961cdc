import Foundation

/// Writes a capture of any length to standard output: `mixtrace-bench --capture-stream PACKETS`.
func writeCaptureStream(packetCount: Int) throws {
  let pattern = CapturePattern()
  let output = FileHandle.standardOutput
  try output.write(contentsOf: CapturePattern.header)
  var written = 0
  while written < packetCount {
    let count = min(pattern.period, packetCount - written)
    try output.write(contentsOf: pattern.records(from: written, count: count))
    written += count
  }
}
