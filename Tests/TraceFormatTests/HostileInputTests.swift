import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceModel

/// Files whose checksums are right and whose content is not: only a program writes such a thing.
@Suite("Content that lies")
struct HostileInputTests {
  /// A file with this block's content replaced, all checksums right, and no index.
  static func forge(
    _ whole: [UInt8], _ block: BlockEntry, content: [UInt8], announced: Int? = nil
  ) -> [UInt8] {
    let frame = Zstandard.compress(content)
    var header = Array(whole[Int(block.offset)..<Int(block.offset) + 48])
    func put(_ value: UInt32, at offset: Int) {
      for byte in 0..<4 { header[offset + byte] = UInt8(truncatingIfNeeded: value >> (byte * 8)) }
    }
    put(UInt32(frame.count), at: 12)
    put(UInt32(announced ?? content.count), at: 16)
    put(CRC32.of(frame), at: 36)
    put(CRC32.of(header[..<44]), at: 44)
    return Array(whole[..<Int(block.offset)]) + header + frame
  }

  static func content(_ whole: [UInt8], _ block: BlockEntry) throws -> [UInt8] {
    let end = Int(block.offset + block.byteCount)
    return try Zstandard.decompress(
      Array(whole[Int(block.offset) + 48..<end]).span.bytes,
      expectedByteCount: block.uncompressedByteCount)
  }

  @Test("any change of the content is an error or other rows, never a crash")
  func mutatedContent() throws {
    try withScratchFile { path in
      let (_, whole) = try SalvageTests.smallFile(at: path)
      var random = RandomStream(seed: 21)
      var refused = 0
      for block in try TraceFile(path: path).blocks where block.kind != .metadata {
        let original = try Self.content(whole, block)
        for round in 0..<60 {
          var content = original
          switch round % 3 {
          case 0: content[random.below(content.count)] = UInt8(random.below(256))
          case 1: content.removeSubrange(random.below(content.count)...)
          default:
            // Large numbers where sizes and counts are.
            let place = random.below(content.count)
            for offset in place..<min(place + 4, content.count) { content[offset] = 0xFF }
          }
          try write(Self.forge(whole, block, content: content), to: path)
          do { _ = try TraceFile(path: path).buffer() } catch is TraceFormatError { refused += 1 }
        }
      }
      #expect(refused > 100)
    }
  }

  static let badLayouts: [@Sendable (inout Layout) -> Void] = [
    { $0.serverCount = 0 }, { $0.serverCount = -5 }, { $0.serverCount = 1 << 40 },
    { $0.gpusPerServer = 0 }, { $0.nicsPerServer = 0 }, { $0.nicsPerServer = 1 << 40 },
    { $0.serversPerScaleUpDomain = 0 }, { $0.parallelism.expert = 0 },
    { $0.parallelism.data = Int.max }, { $0.parallelism.pipeline = 3 },
    { $0.addresses[0].server = 99 }, { $0.addresses[0].nic = -1 },
  ]

  @Test("metadata that no cluster has is refused when the file is opened")
  func lyingMetadata() throws {
    try withScratchFile { path in
      let (_, whole) = try SalvageTests.smallFile(at: path)
      let block = try #require(try TraceFile(path: path).blocks.last { $0.kind == .metadata })
      for change in Self.badLayouts {
        var metadata = SalvageTests.smallMetadata
        change(&metadata.layout)
        let content = Array(try JSONEncoder().encode(metadata))
        try write(Self.forge(whole, block, content: content), to: path)
        let error = #expect(throws: TraceFormatError.self) { try TraceFile(path: path) }
        #expect(error?.reason == .damaged)
        #expect(error?.message.contains("the layout cannot be") == true)
      }
    }
  }

  @Test("metadata that could not be read is not written")
  func badMetadataIsNotWritten() throws {
    try withScratchFile { path in
      for change in Self.badLayouts {
        var metadata = SalvageTests.smallMetadata
        change(&metadata.layout)
        let error = #expect(throws: TraceFormatError.self) {
          try TraceWriter(path: path, metadata: metadata)
        }
        #expect(error?.reason == .rows)
      }
    }
  }

  @Test("messages of addresses that the layout does not list are refused")
  func unlistedAddresses() throws {
    try withScratchFile { path in
      let (_, whole) = try SalvageTests.smallFile(at: path)
      let block = try #require(try TraceFile(path: path).blocks.last { $0.kind == .metadata })
      var metadata = SalvageTests.smallMetadata
      metadata.layout.addresses = []
      let content = Array(try JSONEncoder().encode(metadata))
      try write(Self.forge(whole, block, content: content), to: path)
      let file = try TraceFile(path: path)
      let error = #expect(throws: TraceFormatError.self) { try file.forEachMessageBlock { _ in } }
      #expect(error?.message.contains("the layout lists 0") == true)
    }
  }

  @Test("sizes that are not those of the frame are refused before memory is taken")
  func announcedSizes() throws {
    try withScratchFile { path in
      let (_, whole) = try SalvageTests.smallFile(at: path)
      let block = try #require(try TraceFile(path: path).blocks.first { $0.kind == .transfers })
      let content = try Self.content(whole, block)
      for announced in [0, content.count - 1, content.count + 1] {
        try write(Self.forge(whole, block, content: content, announced: announced), to: path)
        #expect(throws: TraceFormatError.self) { try TraceFile(path: path).transfers() }
      }
      // Above the format's limit it is not taken for a block at all.
      try write(Self.forge(whole, block, content: content, announced: 1 << 29), to: path)
      let file = try TraceFile(path: path)
      #expect(file.losses.map(\.offset) == [block.offset])
    }
  }
}
