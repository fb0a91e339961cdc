import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite("Damaged and unfinished files")
struct SalvageTests {
  static let smallMetadata = TraceMetadata(layout: RandomTrace.layout)

  /// A small file with several blocks of each kind, and its rows.
  static func smallFile(at path: String) throws -> (buffer: TraceBuffer, bytes: [UInt8]) {
    var random = RandomTrace(seed: 11)
    let buffer = random.buffer(
      iterations: 1, layers: 2, transfers: 20, routing: 10, messages: 12
    ).sorted
    try buffer.write(to: path, metadata: smallMetadata)
    return (buffer, try bytes(of: path))
  }

  static func isPrefix(_ part: TraceBuffer, of whole: TraceBuffer) -> Bool {
    part.messages.start == Array(whole.messages.start.prefix(part.messages.count))
      && part.messages.missingPackets
        == Array(whole.messages.missingPackets.prefix(part.messages.count))
      && part.operations.rows == Array(whole.operations.rows.prefix(part.operations.count))
      && part.transfers.bytes == Array(whole.transfers.bytes.prefix(part.transfers.count))
      && part.routing.experts == Array(whole.routing.experts.prefix(part.routing.experts.count))
  }

  @Test("a file cut anywhere gives the rows of its whole blocks")
  func everyTruncation() throws {
    try withScratchFile { path in
      let (buffer, whole) = try Self.smallFile(at: path)
      let blocks = try TraceFile(path: path).blocks
      var lastCount = 0
      for length in 0..<whole.count {
        try write(Array(whole[..<length]), to: path)
        guard length >= blocks[0].offset + blocks[0].byteCount else {
          #expect(throws: TraceFormatError.self) { try TraceFile(path: path) }
          continue
        }
        let file = try TraceFile(path: path)
        #expect(file.isSalvaged)
        #expect(file.metadata == Self.smallMetadata)
        let complete = blocks.filter { $0.offset + $0.byteCount <= length }
        #expect(file.blocks == complete)
        let end = complete.last.map { $0.offset + $0.byteCount } ?? 16
        #expect(file.losses.allSatisfy { $0.offset >= end && $0.offset + $0.byteCount == length })
        if complete.count != lastCount {
          #expect(Self.isPrefix(try file.buffer(), of: buffer))
          lastCount = complete.count
        }
      }
      #expect(lastCount == blocks.count)
    }
  }

  @Test("a byte changed anywhere is noticed, or changes nothing")
  func everyByte() throws {
    try withScratchFile { path in
      let (buffer, whole) = try Self.smallFile(at: path)
      var failures = 0
      for offset in whole.indices {
        var damaged = whole
        damaged[offset] ^= 1 << UInt8(offset % 8)
        try write(damaged, to: path)
        for verifying in offset % 4 == 0 ? [false, true] : [false] {
          do {
            let file = try TraceFile(path: path, verifying: verifying)
            let read = try file.buffer()
            if read != buffer || file.metadata != Self.smallMetadata {
              #expect(file.isSalvaged && !file.losses.isEmpty, "byte \(offset)")
              #expect(isSubset(read, of: buffer), "byte \(offset)")
            }
          } catch let error as TraceFormatError {
            failures += 1
            // With verification only the magic may make it fail: metadata is there twice.
            #expect(!verifying || offset < 8, "byte \(offset): \(error)")
          }
        }
      }
      #expect(failures > whole.count / 2)
    }
  }

  /// True when each table is whole or absent: the small file has one block per kind.
  private func isSubset(_ part: TraceBuffer, of whole: TraceBuffer) -> Bool {
    (part.messages.count == 0 || part.messages == whole.messages)
      && (part.operations.rows.isEmpty || part.operations.rows == whole.operations.rows)
      && (part.operations.dependencies.isEmpty
        || part.operations.dependencies == whole.operations.dependencies)
      && (part.transfers.count == 0 || part.transfers == whole.transfers)
      && (part.routing.count == 0 || part.routing == whole.routing)
  }

  @Test("a damaged block in the middle is reported with its place; those behind it are read")
  func damagedMiddle() throws {
    try withScratchFile { path in
      let (buffer, whole) = try Self.smallFile(at: path)
      let blocks = try TraceFile(path: path).blocks
      let victim = try #require(blocks.first { $0.kind == .transfers })
      for place in [victim.offset + 10, victim.offset + 60] {
        var damaged = whole
        damaged[Int(place)] ^= 0xFF
        try write(damaged, to: path)
        let error = #expect(throws: TraceFormatError.self) {
          try TraceFile(path: path).transfers()
        }
        #expect(error?.offset == victim.offset)
        #expect(error?.reason == .damaged)
        let file = try TraceFile(path: path, verifying: true)
        #expect(file.isSalvaged)
        #expect(file.losses.map(\.offset) == [victim.offset])
        #expect(file.losses.map(\.byteCount) == [victim.byteCount])
        let read = try file.buffer()
        #expect(read.transfers.count == 0)
        #expect(read.routing == buffer.routing)
        #expect(read.operations == buffer.operations)
      }
    }
  }

  @Test("verification of a whole file finds nothing")
  func verifiedWhole() throws {
    try withScratchFile { path in
      let (buffer, _) = try Self.smallFile(at: path)
      let file = try TraceFile(path: path, verifying: true)
      #expect(!file.isSalvaged && file.losses.isEmpty)
      #expect(try file.buffer() == buffer)
    }
  }

  @Test("a block of an unknown kind is listed and skipped")
  func unknownKind() throws {
    try withScratchFile { path in
      let (buffer, whole) = try Self.smallFile(at: path)
      let blocks = try TraceFile(path: path).blocks
      // The same block again as kind 999, between the first two blocks, without an index.
      let first = Int(blocks[1].offset)
      var stranger = Array(whole[first..<first + Int(blocks[1].byteCount)])
      stranger.replaceSubrange(4..<6, with: [0xE7, 0x03])
      let checksum = CRC32.of(stranger[..<44])
      stranger.replaceSubrange(44..<48, with: (0..<4).map { UInt8(checksum >> ($0 * 8) & 255) })
      try write(Array(whole[..<first]) + stranger + whole[first...], to: path)
      let file = try TraceFile(path: path)
      #expect(file.blocks[1].kind == BlockKind(rawValue: 999))
      #expect(file.blocks[1].kind.description == "unknown kind 999")
      #expect(file.isSalvaged, "the index no longer fits")
      #expect(file.losses.isEmpty)
      #expect(try file.buffer() == buffer)
    }
  }

  @Test("another version and other files are told apart")
  func versions() throws {
    try withScratchFile { path in
      let (_, whole) = try Self.smallFile(at: path)
      var newer = whole
      newer[8] = 2
      let checksum = CRC32.of(newer[..<12])
      newer.replaceSubrange(12..<16, with: (0..<4).map { UInt8(checksum >> ($0 * 8) & 255) })
      try write(newer, to: path)
      let error = #expect(throws: TraceFormatError.self) { try TraceFile(path: path) }
      #expect(error?.reason == .version)
      try write(Array("PK not a trace".utf8), to: path)
      #expect(throws: TraceFormatError.self) { try TraceFile(path: path) }
      try write([], to: path)
      #expect(throws: TraceFormatError.self) { try TraceFile(path: path) }
      #expect(throws: TraceFormatError.self) { try TraceFile(path: path + ".absent") }
      #expect(TraceFile.recognises(start: whole))
      #expect(!TraceFile.recognises(start: Array("PK".utf8)))
    }
  }

  @Test("a writer that never finishes leaves no final file, and a partial one to salvage")
  func unfinished() throws {
    var random = RandomTrace(seed: 4)
    let messages = random.messages(70_000)
    try withScratchFile { path in
      do {
        let writer = try TraceWriter(path: path, metadata: RandomTrace.metadata)
        try writer.append(messages: messages)
        #expect(!FileManager.default.fileExists(atPath: path))
      }
      #expect(!FileManager.default.fileExists(atPath: path))
      let file = try TraceFile(path: path + ".partial")
      #expect(file.isSalvaged)
      #expect(file.rowCount(of: .messages) == 65_536)
      let read = try file.buffer().messages
      #expect(read.start == Array(messages.start[..<65_536]))
    }
  }
}

/// A second, slow CRC-32, so that tests can forge headers.
enum CRC32 {
  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum: UInt32 = .max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
