import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct MemberStreamTests {
  /// Names and contents' starts of all files in an archive, and why it ended early.
  private func members(of bytes: [UInt8]) throws -> (files: [String: String], damage: String?) {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a.tar")
      try Data(bytes).write(to: url)
      return try members(ofFile: url.path)
    }
  }

  private func members(ofFile path: String) throws -> (files: [String: String], damage: String?) {
    let stream = try MemberStream(path: path)
    var files: [String: String] = [:]
    while stream.nextMember() {
      files[stream.name] = String(decoding: stream.start(), as: UTF8.self)
    }
    return (files, stream.damage)
  }

  @Test func filesAreFoundWhateverTheirSizes() throws {
    let sizes = [0, 1, 511, 512, 513, 1024, 60_000]
    let found = try members(
      of: tarArchive(sizes.map { ("f/\($0)", [UInt8](repeating: 0x61, count: $0)) }))
    #expect(found.damage == nil)
    #expect(
      found.files.mapValues(\.count)
        == Dictionary(uniqueKeysWithValues: sizes.map { ("\($0)", $0) }))
  }

  @Test func aPlainFileIsOneMember() throws {
    let found = try members(of: Array("{\"nodes\": []}".utf8))
    #expect(found.files == ["a.tar": "{\"nodes\": []}"])
  }

  @Test(arguments: [0, 100, 511]) func missingZerosAtTheEndAreNoDamage(ending: Int) throws {
    let found = try members(of: tarArchive([("a", [1, 2, 3])], ending: 0))
    #expect(found.damage == nil)
    let cut = try members(of: tarArchive([("a", [1, 2, 3])], ending: ending))
    #expect((cut.damage == nil) == (ending == 0))
  }

  @Test func damageIsNamedWithItsPlace() throws {
    let archive = tarArchive([
      ("first.json", [UInt8](repeating: 0x61, count: 5_000)), ("second.json", [1]),
    ])
    let cut = try members(of: Array(archive.prefix(3_000)))
    #expect(cut.damage == "the archive ends inside first.json")
    #expect(cut.files["first.json"]?.count == 3_000 - 512)
    var broken = archive
    broken[512 + 5_120] ^= 1
    let found = try members(of: broken)
    #expect(found.files.keys.sorted() == ["first.json"])
    #expect(found.damage?.hasPrefix("byte 5632 of the archive") == true)
  }

  @Test func linksFoldersAndSparseFilesHaveNoContent() throws {
    let bytes =
      tarEntry(name: "folder/", content: [], flag: "5")
      + tarEntry(name: "l", content: [], flag: "2")
      + tarEntry(name: "s", content: [7], flag: "S")
      + tarEntry(name: "PaxHeader", content: Array("20 path=a/long name\n".utf8), flag: "x")
      + tarArchive([("short", [0x41])])
    #expect(try members(of: bytes).files == ["long name": "A"])
  }

  private func withArchive<Value>(
    _ bytes: [UInt8], _ body: (String) throws -> Value
  ) throws -> Value {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("a.tar")
      try Data(bytes).write(to: url)
      return try body(url.path)
    }
  }

  @Test func whatAnArchiveHoldsBesidesTracesIsCounted() throws {
    let node = laterGenerationNode(
      id: 5, collective: "allreduce", sequence: "1", rank: 0, elements: 8, size: 1)
    let bytes =
      tarEntry(name: "h", content: [], flag: "1") + tarEntry(name: "l", content: [], flag: "2")
      + tarEntry(name: "p", content: [], flag: "6") + tarEntry(name: "s", content: [7], flag: "S")
      + tarEntry(name: "folder/", content: [], flag: "5")
      + tarEntry(name: "notes.txt", content: Array("a,b\n".utf8))
      + tarEntry(name: "rank0.json", content: Array(executionTrace([node]).utf8))
      + tarArchive([])
    let found = try withArchive(bytes) { path in
      try IngestedFiles(ExecutionTraceReader.self, paths: [path])
    }
    #expect(
      found.skipped == [
        "a hard link: another name of a file in the archive": 1, "a symbolic link": 1,
        "a device or a pipe": 1, "a sparse file: pack it without --sparse": 1,
        "not a PyTorch execution trace (JSON)": 1,
      ])
    let files = try #require(found.summary.ledgers.first { $0.unit == "files" })
    #expect(files.skipped.map(\.first).contains { $0.hasPrefix("notes.txt, comma-separated") })
    #expect(files.read == 6)
    #expect(found.isBalanced)
  }

  /// A sparse file whose map takes two blocks more, an execution trace after it.
  private func sparseFileAndTrace() -> [UInt8] {
    let node = laterGenerationNode(
      id: 5, collective: "allreduce", sequence: "1", rank: 0, elements: 8, size: 1)
    var map = [[UInt8]](repeating: [UInt8](repeating: 0x31, count: 512), count: 2)
    (map[0][504], map[1][504]) = (1, 0)
    return tarEntry(name: "s", content: [7], flag: "S", map: map)
      + tarArchive([("rank0.json", Array(executionTrace([node]).utf8))])
  }

  @Test func aSparseFilesLongMapIsSteppedOver() throws {
    let found = try withArchive(sparseFileAndTrace()) { path in
      let reader = try TraceReaderCatalogue.identify(path)
      #expect(reader is ExecutionTraceReader.Type)
      return try IngestedFiles(ExecutionTraceReader.self, paths: [path])
    }
    #expect(found.skipped == ["a sparse file: pack it without --sparse": 1])
    #expect(found.rows.operations.count == 1)
    #expect(found.summary.ledgers.allSatisfy { !$0.hasDamage })
    let cut = try members(of: Array(sparseFileAndTrace().prefix(900)))
    #expect(cut.damage == "the archive ends inside s")
  }

  @Test(.enabled(if: Programs.exists("tar"), "tar is not installed"))
  func whatFollowsASparseFileOrALongLinkOfTarIsRead() throws {
    try withScratchFolder { folder in
      let sparse = folder.appendingPathComponent("a.bin")
      _ = FileManager.default.createFile(atPath: sparse.path, contents: nil)
      let file = try FileHandle(forWritingTo: sparse)
      // Forty pieces of data far apart: four stand in the header, 21 in each further block.
      for piece in 0..<40 {
        try file.seek(toOffset: UInt64(piece) << 18)
        try file.write(contentsOf: Data([UInt8](repeating: 0x41, count: 4_096)))
      }
      try file.close()
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("b.link").path,
        withDestinationPath: String(repeating: "d", count: 150))
      try Data("last".utf8).write(to: folder.appendingPathComponent("c.json"))
      let outcome = try Programs.run(
        ["tar", "--format=gnu", "--sparse", "-cf", "x.tar", "a.bin", "b.link", "c.json"],
        in: folder)
      #expect(outcome.status == 0)
      let path = folder.appendingPathComponent("x.tar").path
      let found = try members(ofFile: path)
      #expect(found.damage == nil)
      #expect(found.files["c.json"] == "last")
    }
  }

  @Test func theTargetOfALinkIsNoEntryOfItsOwn() throws {
    let node = laterGenerationNode(
      id: 5, collective: "allreduce", sequence: "1", rank: 0, elements: 8, size: 1)
    let target = Array((String(repeating: "d", count: 150) + "\0").utf8)
    let name = Array("long/name of the link\0".utf8)
    let bytes =
      tarEntry(name: "././@LongLink", content: target, flag: "K")
      + tarEntry(name: "././@LongLink", content: name, flag: "L")
      + tarEntry(name: "l", content: [], flag: "2")
      + tarArchive([("rank0.json", Array(executionTrace([node]).utf8))])
    let found = try withArchive(bytes) { path in
      try IngestedFiles(ExecutionTraceReader.self, paths: [path])
    }
    #expect(found.skipped == ["a symbolic link": 1])
    let files = try #require(found.summary.ledgers.first { $0.unit == "files" })
    #expect(files.skipped.map(\.first) == ["name of the link"])
    #expect(files.read == 2)
  }

  @Test func anArchiveMayBeginWithAFileThatIsNoTrace() throws {
    let node = laterGenerationNode(
      id: 5, collective: "allreduce", sequence: "1", rank: 0, elements: 8, size: 1)
    let bytes = tarArchive([
      ("job/config.yaml", Array("ranks: 1\n".utf8)),
      ("job/rank0.json", Array(executionTrace([node]).utf8)),
    ])
    try withArchive(bytes) { path in
      let reader = try TraceReaderCatalogue.identify(path)
      #expect(reader is ExecutionTraceReader.Type)
    }
  }

  @Test func anArchiveOfSomethingElseNamesItsFirstFile() throws {
    let error = #expect(throws: IngestError.self) {
      try withArchive(tarArchive([("job/notes.txt", Array("a,b\n".utf8))])) { path in
        _ = try TraceReaderCatalogue.identify(path)
      }
    }
    #expect(
      error?.description.contains("first file, notes.txt, is comma-separated text") == true)
  }

  @Test(arguments: ["9223372036854775807", "-1", "99999999999999999999"])
  func absurdSizesInAttributesAreDamage(size: String) throws {
    let body = " size=\(size)\n"
    let attributes = "\(body.utf8.count + 2)" + body
    let found = try members(
      of: tarEntry(name: "PaxHeader", content: Array(attributes.utf8), flag: "x")
        + tarArchive([("a", [1, 2, 3])]))
    #expect(found.files.isEmpty)
    #expect(found.damage?.contains("claims a size that none has") == true)
  }

  @Test(
    .enabled(if: Programs.exists("tar"), "tar is not installed"),
    arguments: ["ustar", "gnu", "pax"], ["", "z", "J"].dropLast())
  func whatTarWritesIsRead(format: String, compression: String) throws {
    try withScratchFolder { folder in
      let long = String(repeating: "n", count: 120) + ".json"
      for (name, content) in [("a.json", "first"), (format == "ustar" ? "b" : long, "second")] {
        try Data(content.utf8).write(to: folder.appendingPathComponent(name))
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      let outcome = try Programs.run(
        ["tar", "--format=\(format)", "-c\(compression)f", "x.tar"] + names, in: folder)
      #expect(outcome.status == 0)
      let found = try members(ofFile: folder.appendingPathComponent("x.tar").path)
      #expect(found.damage == nil)
      #expect(found.files == ["a.json": "first", format == "ustar" ? "b" : long: "second"])
    }
  }
}
