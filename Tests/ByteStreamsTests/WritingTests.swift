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

  @Test("what an interrupted run left is found, what a run is writing is not")
  func leftovers() throws {
    try withScratchFolder { folder in
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      for name in ["b.spool.partial", "a.spool", "other.partial", "c.spool.txt"] {
        try write([1, 2, 3], to: folder.appendingPathComponent(name))
      }
      let live = try AtomicFile(path: path("live.spool"))
      try live.write([1])
      let found = AtomicFile.leftovers(
        beside: path("new.mixt"), suffixes: [".spool", ".spool.partial"])
      #expect(found.map(\.path) == [path("a.spool"), path("b.spool.partial")])
      #expect(found.map(\.byteCount) == [3, 3])
      live.discard()
      #expect(AtomicFile.leftovers(beside: path("no/such/folder"), suffixes: [""]).isEmpty)
    }
  }

  @Test("a finished file that a run still holds is no leftover, and what is not ours is none")
  func heldFiles() throws {
    try withScratchFolder { folder in
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      try write([7, 1], to: folder.appendingPathComponent("a.spool"))
      try write([8, 1], to: folder.appendingPathComponent("b.spool"))
      func found() -> [String] {
        AtomicFile.leftovers(
          beside: path("new"), suffixes: [".spool"], where: { $0.first == 7 }
        ).map(\.path)
      }
      #expect(found() == [path("a.spool")])
      let hold = FileHold(path: path("a.spool"))
      let other = FileHold(path: path("a.spool"))
      #expect(found().isEmpty)
      hold.release()
      #expect(found().isEmpty)
      other.release()
      #expect(found() == [path("a.spool")])
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

  @Test(
    "a symbolic link is followed and stays; its target need not exist", arguments: [true, false])
  func links(exists targetExists: Bool) throws {
    try withScratchFolder { folder in
      let files = FileManager.default
      let inner = folder.appendingPathComponent("inner")
      try files.createDirectory(at: inner, withIntermediateDirectories: false)
      let target = inner.appendingPathComponent("target")
      if targetExists { try write([9], to: target) }
      // A link beside the target, and one to it from above.
      try files.createSymbolicLink(
        atPath: inner.appendingPathComponent("near").path, withDestinationPath: "target")
      let link = folder.appendingPathComponent("far").path
      try files.createSymbolicLink(atPath: link, withDestinationPath: "inner/near")
      let file = try AtomicFile(path: link)
      try file.write([1, 2])
      #expect(file.path == link && file.partialPath.hasSuffix("inner/target.partial"))
      #expect(exists(file.partialPath))
      try file.commit()
      #expect(try files.destinationOfSymbolicLink(atPath: link) == "inner/near")
      #expect(try Array(Data(contentsOf: target)) == [1, 2])
      #expect(try files.contentsOfDirectory(atPath: inner.path).sorted() == ["near", "target"])
      // Two that name each other name nothing.
      let (left, right) = (folder.path + "/left", folder.path + "/right")
      try files.createSymbolicLink(atPath: left, withDestinationPath: "right")
      try files.createSymbolicLink(atPath: right, withDestinationPath: "left")
      #expect(throws: ByteStreamError.self) { try AtomicFile(path: left) }
    }
  }

  @Test("a file that is replaced hands on its permissions", arguments: [0o600, 0o640, 0o755])
  func permissions(mode: Int) throws {
    try withScratchFolder { folder in
      let files = FileManager.default
      let path = folder.appendingPathComponent("out").path
      try write([9], to: URL(fileURLWithPath: path))
      try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      func permissions(_ path: String) throws -> Int? {
        try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      }
      let file = try AtomicFile(path: path)
      #expect(try permissions(file.partialPath) == mode)
      try file.write([1])
      try file.commit()
      #expect(try permissions(path) == mode)
    }
  }

  @Test("gzip takes one write in slices", arguments: [1, 7, 1_000, 4_096])
  func slices(largest: Int) throws {
    for content in [sampleBytes(4_096), []] {
      let encoder = GzipEncoder(level: 6, largestSlice: largest)
      let bytes = encoder.encode(content, isLast: false) + encoder.encode(content, isLast: true)
      #expect(try drain(file: bytes).bytes == content + content)
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
