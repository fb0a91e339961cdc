import ByteStreams
import Foundation
import TestSupport
import Testing

@Suite("Bytes from files and compressed streams")
struct ByteSourceTests {
  static let content = sampleBytes(300_000)

  @Test(
    "content comes back whatever the compression and the piece size",
    arguments: Compression.allCases, [1000, 4096, 1 << 20])
  func roundTrip(compression: Compression, step: Int) throws {
    let (bytes, failure) = try drain(
      file: compressed(Self.content, as: compression), step: step)
    #expect(failure == nil)
    #expect(bytes == Self.content)
  }

  @Test("an empty file is empty")
  func empty() throws {
    let (bytes, failure) = try drain(file: [])
    #expect(bytes.isEmpty && failure == nil)
  }

  @Test("the compression is recognised by content, not by name")
  func sniffsCompression() throws {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("misleading.gz")
      try write(compressed(Self.content, as: .zstd), to: url)
      let source = try ByteSource(path: url.path)
      #expect(source.compression == .zstd)
      #expect(source.name == "misleading.gz")
      #expect(source.compressedByteCount == Int64(try Data(contentsOf: url).count))
      #expect(drain(source).bytes == Self.content)
      #expect(source.compressedBytesRead == source.compressedByteCount)
    }
  }

  @Test("gzip members follow each other and zero padding is ignored")
  func gzipMembers() throws {
    let first = try compressed(Array(Self.content[..<1000]), as: .gzip)
    let second = try compressed(Array(Self.content[1000...]), as: .gzip)
    let (bytes, failure) = try drain(file: first + second + [UInt8](repeating: 0, count: 513))
    #expect(failure == nil)
    #expect(bytes == Self.content)
  }

  @Test("zstd frames follow each other, skippable frames are skipped")
  func zstdFrames() throws {
    let first = try compressed(Array(Self.content[..<1000]), as: .zstd)
    let second = try compressed(Array(Self.content[1000...]), as: .zstd)
    let skippable: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]
    let (bytes, failure) = try drain(file: skippable + first + skippable + second + skippable)
    #expect(failure == nil)
    #expect(bytes == Self.content)
  }

  @Test(
    "what follows a stream is damage after all good bytes", arguments: [Compression.gzip, .zstd])
  func trailingGarbage(compression: Compression) throws {
    let good = try compressed(Self.content, as: compression)
    let (bytes, failure) = try drain(file: good + Array("garbage behind".utf8))
    #expect(bytes == Self.content)
    #expect(failure?.reason == .corrupt)
    #expect(failure?.offset == Int64(good.count))
  }

  @Test("a cut stream gives its good bytes, then one error", arguments: [Compression.gzip, .zstd])
  func truncation(compression: Compression) throws {
    let whole = try compressed(Self.content, as: compression)
    for length in [10, whole.count / 2, whole.count - 1] {
      try withScratchFolder { folder in
        let url = folder.appendingPathComponent("cut")
        try write(Array(whole[..<length]), to: url)
        let source = try ByteSource(path: url.path)
        let (bytes, failure) = drain(source)
        #expect(bytes == Array(Self.content[..<bytes.count]))
        #expect(failure?.reason == .truncated)
        #expect(failure?.offset == Int64(length))
        #expect(drain(source).bytes.isEmpty && drain(source).failure == nil)
        if length == whole.count - 1 { #expect(bytes.count == Self.content.count) }
        // Half the file holds about half the content; blocks are 128 KiB at most.
        if length == whole.count / 2 { #expect(bytes.count > Self.content.count / 2 - (128 << 10)) }
      }
    }
  }

  @Test("a flipped bit never passes unseen and loses nothing before it")
  func corruption() throws {
    for compression in [Compression.gzip, .zstd] {
      let whole = try compressed(Self.content, as: compression)
      var damaged = whole
      damaged[whole.count * 9 / 10] ^= 0x10
      let (bytes, failure) = try drain(file: damaged)
      #expect(failure?.reason == .corrupt)
      #expect(bytes.count > Self.content.count / 3)
      let common = zip(bytes, Self.content).prefix { $0 == $1 }.count
      #expect(common > Self.content.count / 3)
    }
  }

  @Test("a decompression bomb meets the limit")
  func bomb() throws {
    var limits = ByteLimits()
    limits.expansionAllowance = 1 << 20
    limits.maximumExpansion = 500
    let bomb = try compressed([UInt8](repeating: 0, count: 8 << 20), as: .zstd)
    let (bytes, failure) = try drain(file: bomb, step: 64 << 10, limits: limits)
    #expect(failure?.reason == .limit)
    #expect(bytes.count <= 3 << 20)
  }

  @Test("a zstd window above the limit is refused in words")
  func windowLimit() throws {
    var limits = ByteLimits()
    limits.maximumZstandardWindowLog = 12
    let (_, failure) = try drain(file: compressed(Self.content, as: .zstd), limits: limits)
    #expect(failure?.reason == .limit)
    #expect(failure?.description.contains("--long=31") == true)
  }

  @Test("absent files, folders and other compressions say what they are")
  func unavailable() throws {
    #expect(throws: ByteStreamError.self) { try ByteSource(path: "/nowhere/at/all") }
    #expect(throws: ByteStreamError.self) { try ByteSource(path: "/") }
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a.xz")
      try write([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0, 0], to: url)
      let error = #expect(throws: ByteStreamError.self) { try ByteSource(path: url.path) }
      #expect(error?.message.contains("xz") == true)
    }
  }

  @Test("sniffing gives the first decompressed bytes, damaged or not")
  func sniff() throws {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a")
      let whole = try compressed(Self.content, as: .gzip)
      try write(whole, to: url)
      #expect(try ByteSource.sniff(path: url.path) == Array(Self.content[..<65_536]))
      try write(Array(whole[..<2000]), to: url)
      let cut = try ByteSource.sniff(path: url.path)
      #expect(!cut.isEmpty && cut == Array(Self.content[..<cut.count]))
      try write(Array("short".utf8), to: url)
      #expect(try ByteSource.sniff(path: url.path) == Array("short".utf8))
    }
    #expect(throws: ByteStreamError.self) { try ByteSource.sniff(path: "-") }
  }

  @Test("the system's gzip and zstd agree", .enabled(if: Programs.exists("gzip")))
  func peers() throws {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a.gz")
      try write(compressed(Self.content, as: .gzip), to: url)
      #expect(try Programs.run(["gzip", "-d", url.path]).status == 0)
      let plain = folder.appendingPathComponent("a")
      #expect(try Array(Data(contentsOf: plain)) == Self.content)
      #expect(try Programs.run(["gzip", "-9", plain.path]).status == 0)
      #expect(drain(try ByteSource(path: url.path)).bytes == Self.content)
    }
  }
}
