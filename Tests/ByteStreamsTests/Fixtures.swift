import ByteStreams
import Foundation
import TestSupport

/// Bytes that compress a little: words with noise between them.
func sampleBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { index in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return index % 7 < 5 ? UInt8(index / 7 % 251) : UInt8(truncatingIfNeeded: state >> 33)
  }
}

func write(_ bytes: [UInt8], to url: URL) throws { try Data(bytes).write(to: url) }

/// The whole file as its compressed form, made by the writer under test.
func compressed(_ bytes: [UInt8], as compression: Compression) throws -> [UInt8] {
  try withScratchFolder { folder in
    let path = folder.appendingPathComponent("whole").path
    let writer = try CompressedWriter(path: path, compression: compression)
    try writer.write(bytes)
    try writer.commit()
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

/// Reads a source in pieces of `step` bytes until it ends or fails.
func drain(
  _ source: ByteSource, step: Int = 10_000
) -> (bytes: [UInt8], failure: ByteStreamError?) {
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: step)
  while true {
    do throws(ByteStreamError) {
      var count = 0
      var failure: ByteStreamError?
      piece.withUnsafeMutableBytes { buffer in
        do throws(ByteStreamError) { count = try source.read(into: buffer) } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      if count == 0 { return (all, nil) }
      all += piece[..<count]
    } catch {
      return (all, error)
    }
  }
}

/// Writes `bytes` to a file and drains it.
func drain(
  file bytes: [UInt8], step: Int = 10_000, limits: ByteLimits = .init()
) throws -> (bytes: [UInt8], failure: ByteStreamError?) {
  try withScratchFolder { folder in
    let url = folder.appendingPathComponent("input")
    try write(bytes, to: url)
    return drain(try ByteSource(path: url.path, limits: limits), step: step)
  }
}
