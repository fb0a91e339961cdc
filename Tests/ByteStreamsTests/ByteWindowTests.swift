import ByteStreams
import Foundation
import TestSupport
import Testing

@Suite("The sliding window")
struct ByteWindowTests {
  @Test("records longer than the window come whole, the rest is carried over")
  func records() throws {
    try withScratchFolder { folder in
      // Records of a length byte and that many bytes with its value.
      let lengths = (0..<500).map { UInt8($0 * 37 % 200) }
      let url = folder.appendingPathComponent("a")
      try write(lengths.flatMap { [$0] + [UInt8](repeating: $0, count: Int($0)) }, to: url)
      var window = ByteWindow(try ByteSource(path: url.path), chunkBytes: 64)
      var seen: [UInt8] = []
      var position: Int64 = 0
      while try window.fill() {
        #expect(window.position == position)
        let length = window.withBytes { $0.unsafeLoad(as: UInt8.self) }
        #expect(try window.fill(atLeast: Int(length) + 1))
        window.withBytes { bytes in
          for index in 1..<Int(length) + 1 where index < bytes.byteCount {
            #expect(bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self) == length)
          }
        }
        window.consume(Int(length) + 1)
        position += Int64(length) + 1
        seen.append(length)
      }
      #expect(seen == lengths)
    }
  }

  @Test("a record that claims too much is refused; a short end is not an error")
  func limits() throws {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a")
      try write(sampleBytes(100), to: url)
      var limits = ByteLimits()
      limits.maximumWindowBytes = 1000
      var window = ByteWindow(try ByteSource(path: url.path, limits: limits))
      #expect(try window.fill(atLeast: 101) == false)
      #expect(window.available == 100)
      var refusal: ByteStreamError?
      do throws(ByteStreamError) { _ = try window.fill(atLeast: 1001) } catch { refusal = error }
      #expect(refusal?.reason == .limit)
    }
  }
}
