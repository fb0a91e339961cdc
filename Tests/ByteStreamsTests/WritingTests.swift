import ByteStreams
import Foundation
import TestSupport
import Testing

@Suite("Output files")
struct WritingTests {
  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  @Test("a file has its name only after commit")
  func commit() throws {
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("out").path
      let file = try AtomicFile(path: path)
      try file.write([1, 2, 3])
      #expect(file.position == 3)
      #expect(!exists(path) && exists(path + ".partial"))
      try file.commit()
      #expect(exists(path) && !exists(path + ".partial"))
      #expect(try Array(Data(contentsOf: URL(fileURLWithPath: path))) == [1, 2, 3])
    }
  }

  @Test(
    "a failed run leaves the old file, and its partial only when asked", arguments: [true, false])
  func failure(keeps: Bool) throws {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("out")
      try write([9], to: url)
      do {
        let file = try AtomicFile(path: url.path, keepPartialOnFailure: keeps)
        try file.write([1, 2, 3])
      }
      #expect(try Array(Data(contentsOf: url)) == [9])
      #expect(exists(url.path + ".partial") == keeps)
      // A later run starts from nothing.
      let file = try AtomicFile(path: url.path)
      try file.write([7])
      try file.commit()
      #expect(try Array(Data(contentsOf: url)) == [7])
    }
  }

  @Test("two runs never write the same file")
  func locked() throws {
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("out").path
      let first = try AtomicFile(path: path)
      #expect(throws: ByteStreamError.self) { try AtomicFile(path: path) }
      try first.write([1])
      try first.commit()
      #expect(exists(path))
    }
  }

  @Test("devices and folders are never replaced")
  func special() throws {
    #expect(throws: ByteStreamError.self) { try AtomicFile(path: "/dev/null") }
    try withScratchFolder { folder in
      #expect(throws: ByteStreamError.self) { try AtomicFile(path: folder.path) }
      #expect(throws: ByteStreamError.self) { try AtomicFile(path: folder.path + "/no/file") }
    }
  }

  @Test("the suffix chooses the compression; the same bytes give the same file")
  func suffixes() throws {
    try withScratchFolder { folder in
      for (name, compression) in [("a", Compression.none), ("a.gz", .gzip), ("a.zst", .zstd)] {
        let path = folder.appendingPathComponent(name).path
        var files: [Data] = []
        for step in [10, 100_000] {
          let writer = try CompressedWriter(path: path)
          let content = sampleBytes(600_000)
          for start in stride(from: 0, to: content.count, by: step * 100) {
            try writer.write(Array(content[start..<min(start + step * 100, content.count)]))
          }
          try writer.commit()
          #expect(drain(try ByteSource(path: path)).bytes == content)
          files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        #expect(try ByteSource(path: path).compression == compression)
        if compression != .zstd { #expect(files[0] == files[1]) }
      }
    }
  }

  @Test("one-shot frames come back, and lie about their size in vain")
  func frames() throws {
    let content = sampleBytes(10_000)
    let frame = Zstandard.compress(content)
    #expect(try Zstandard.decompress(frame.span.bytes, expectedByteCount: 10_000) == content)
    for wrong in [9_999, 10_001, 0] {
      #expect(throws: ByteStreamError.self) {
        try Zstandard.decompress(frame.span.bytes, expectedByteCount: wrong)
      }
    }
    #expect(try Zstandard.decompress(Zstandard.compress([]).span.bytes, expectedByteCount: 0) == [])
  }
}
