import ByteStreams
import Foundation
import TestSupport
import Testing

@Suite("The sliding window and its lines")
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

  struct Line: Equatable {
    var text: String
    var number: Int
    var offset: Int64
  }

  func lines(
    of text: [UInt8], maximumLine: Int = 1000, chunk: Int = 16
  ) throws -> (lines: [Line], overlong: [OverlongLine], summary: LineSummary) {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a")
      try write(text, to: url)
      var limits = ByteLimits()
      limits.maximumLineBytes = maximumLine
      var lines: [Line] = []
      var overlong: [OverlongLine] = []
      let source = try ByteSource(path: url.path, limits: limits)
      let summary = forEachLine(
        in: source, chunkBytes: chunk, onOverlong: { line in overlong.append(line) }
      ) { bytes, number, offset in
        let text = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        lines.append(Line(text: text, number: number, offset: offset))
      }
      return (lines, overlong, summary)
    }
  }

  @Test("lines lose their ends, keep their numbers and offsets", arguments: [16, 17, 64, 4096])
  func plainLines(chunk: Int) throws {
    let (lines, _, summary) = try lines(
      of: Array("one\r\n\ntwo is longer than a chunk\nlast\r".utf8), chunk: chunk)
    #expect(
      lines == [
        Line(text: "one", number: 1, offset: 0), Line(text: "", number: 2, offset: 5),
        Line(text: "two is longer than a chunk", number: 3, offset: 6),
        Line(text: "last", number: 4, offset: 33),
      ])
    #expect(summary.total == 4 && summary.byteCount == 38 && summary.damage == nil)
    #expect(try self.lines(of: []).summary == LineSummary())
  }

  @Test("random lines equal a naive split")
  func randomLines() throws {
    var text: [UInt8] = []
    for (index, byte) in sampleBytes(5000, seed: 3).enumerated() {
      text.append(byte % 11 == 0 ? 10 : UInt8(ascii: "a") + UInt8(index % 26))
    }
    let (lines, _, summary) = try lines(of: text, chunk: 37)
    let naive = text.split(separator: 10, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let expected = naive.last == "" ? Array(naive.dropLast()) : naive
    #expect(lines.map(\.text) == expected)
    #expect(summary.byteCount == Int64(text.count))
  }

  @Test("overlong lines are skipped and counted, wherever they are")
  func overlongLines() throws {
    let long = String(repeating: "x", count: 101)
    let (lines, overlong, summary) = try lines(
      of: Array("\(long)\nok\n\(long)\n\(long)".utf8), maximumLine: 100)
    #expect(lines == [Line(text: "ok", number: 2, offset: 102)])
    #expect(overlong.map(\.number) == [1, 3, 4])
    #expect(overlong.map(\.offset) == [0, 105, 207])
    #expect(overlong.map(\.byteCount) == [101, 101, 101])
    #expect(summary.overlong == 3 && summary.delivered == 1 && summary.byteCount == 308)
    let exact = try self.lines(of: Array("\(long.dropLast())\n".utf8), maximumLine: 100)
    #expect(exact.lines.count == 1)
  }

  @Test("a damaged stream gives its whole lines, then says so")
  func damagedLines() throws {
    let text = (0..<20_000).map { "line \($0) \($0 &* 2_654_435_761)\n" }.joined()
    let whole = try compressed(Array(text.utf8), as: .gzip)
    let (lines, _, summary) = try lines(of: Array(whole[..<(whole.count / 2)]), chunk: 4096)
    #expect(lines.count > 1000)
    #expect(summary.damage?.reason == .truncated)
    #expect(lines.enumerated().allSatisfy { $1.text.hasPrefix("line \($0) ") })
    #expect(text.utf8.starts(with: lines.flatMap { Array($0.text.utf8) + [10] }))
  }

  @Test("a body that cannot fail needs no try")
  func infallibleBody() throws {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a")
      try write(Array("a\nbc\n".utf8), to: url)
      var byteCount = 0
      let summary = forEachLine(in: try ByteSource(path: url.path)) { line, _, _ in
        byteCount += line.byteCount
      }
      #expect(byteCount == 3 && summary.delivered == 2)
    }
  }

  @Test("an error of the body passes through as it is")
  func bodyError() throws {
    struct Stop: Error, Equatable { var line: Int }
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a")
      try write(Array("a\nb\nc\n".utf8), to: url)
      let source = try ByteSource(path: url.path)
      #expect(throws: Stop(line: 2)) {
        try forEachLine(in: source) { (_, number, _) throws(Stop) in
          if number == 2 { throw Stop(line: number) }
        }
      }
    }
  }
}
