import Foundation
import PacketFormats
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite("How capture files belong together")
struct CapturePlanTests {
  @Test("a file without packets leaves files that overlap vantages", arguments: ["a", "m", "z"])
  func withoutPackets(name: String) throws {
    let run = RecordedRun(seed: 11, nics: 3, messages: 60)
    let files: [(name: String, packets: [TimedPacket])] = [
      ("b.pcap", run.seen { $0.source == 1 || $0.destination == 1 }),
      ("n.pcap", run.seen(offset: 3_000_000) { $0.source != 1 || $0.destination != 1 }),
    ]
    let two = try ingest(files: files)
    let three = try ingest(files: files + [(name + ".pcap", [])])
    #expect(three.note(about: "are 2 vantages: (1) b.pcap") != nil, "\(three.summary.notes)")
    #expect(three.messages == two.messages)
    #expect(three.summary.ledgers.count == 3)
    #expect(three.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
  }

  @Test(
    "rings of two interfaces that begin new files in one pause stay apart",
    arguments: [
      ("eth", "-20250101T000000Z-0000", ".pcap"), ("eth", "_00001_2025010100000", ".pcap"),
      ("node7/eth", ".pcap", ""),
    ], 0..<4)
  func ringsInOnePause(name: (String, String, String), seed: Int) throws {
    let spacing: Int64 = 400_000
    let run = RecordedRun(seed: UInt64(seed), nics: 2, messages: 60, spacing: spacing)
    var packets: [String: [TimedPacket]] = [:]
    for interface in UInt32(0)...1 {
      for file in 0..<Int64(3) {
        let range =
          RecordedRun.start + file * 20 * spacing..<RecordedRun.start
          + (file + 1) * 20 * spacing
        packets["\(name.0)\(interface)\(name.1)\(file)\(name.2)"] = run.seen {
          $0.source == interface + 1 && range.contains($0.time)
        }
      }
    }
    let found = try withScratchFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("node7"), withIntermediateDirectories: true)
      let paths = try packets.keys.sorted().map { key in
        let path = folder.appendingPathComponent(key)
        try Data(pcap(packets[key] ?? [])).write(to: path)
        return path.path
      }
      return try IngestedCapture(paths)
    }
    let sentence = try #require(found.note(about: "are 2 vantages"), "\(found.summary.notes)")
    for interface in 0...1 {
      let names = (0..<3).map {
        "\(name.0)\(interface)\(name.1)\($0)\(name.2)".split(separator: "/").last ?? ""
      }
      #expect(sentence.contains(") \(names.joined(separator: ", ")) in this order"), "\(sentence)")
    }
    #expect(found.messages.count == run.messageCount)
  }

  @Test("of several files those that are cut before their first packet are told, the others read")
  func cutFiles() throws {
    let run = RecordedRun(seed: 12, nics: 2, messages: 30)
    let whole = pcap(run.seen())
    func read(_ files: [(name: String, bytes: [UInt8])]) throws -> IngestedCapture {
      try withScratchFolder { folder in
        try IngestedCapture(
          files.map { file in
            let path = folder.appendingPathComponent(file.name)
            try Data(file.bytes).write(to: path)
            return path.path
          })
      }
    }
    let alone = try read([("b.pcap", whole)])
    let all = try read([
      ("a.pcap", []), ("b.pcap", whole), ("c.pcap", Array(whole[..<23])),
      ("d.pcap.partial", []), ("e.pcap.partial", Array(whole[..<24])),
    ])
    #expect(all.messages == alone.messages)
    #expect(all.summary.ledgers.allSatisfy { $0.isBalanced })
    let truncations = all.summary.ledgers.sorted { $0.source < $1.source }.map(\.truncation)
    #expect(
      truncations == [
        "the file is empty", nil, "the file ends inside its header: it has 23 bytes", nil,
      ])
    #expect(all.summary.sources.count == 4)
    #expect(all.note(about: "d.pcap.partial is empty: a recording was stopped") != nil)
    // Where there is nothing else it is an error, as for one file.
    for files in [[("a.pcap", [])], [("a.pcap", []), ("c.pcap", Array(whole[..<23]))]]
      as [[(String, [UInt8])]]
    {
      #expect(throws: IngestError.self) { try read(files) }
    }
  }

  @Test("interfaces are told apart by the first 256 bytes of their names, more is not kept")
  func longNames() throws {
    func file(_ name: [UInt8], sequence: UInt32) -> [UInt8] {
      var file = BlockWriter()
      file.section(isBig: false)
      file.interface(1, name: name)
      for index in 0..<2 as Range<UInt32> {
        file.enhanced(
          0, ticks: 1_700_000_000_000_000 + UInt64(sequence + index) * 1_000_000,
          roceFrame(.reliableSendOnly, sequence: sequence + index, bytes: 100))
      }
      return file.bytes
    }
    func vantageCount(difference place: Int) throws -> Int {
      var name = [UInt8](repeating: UInt8(ascii: "x"), count: 65_000)
      let first = file(name, sequence: 0)
      name[place] = UInt8(ascii: "y")
      let second = file(name, sequence: 10)
      return try withScratchFolder { folder in
        let paths = try [("a.pcapng", first), ("b.pcapng", second)].map { name, bytes in
          let path = folder.appendingPathComponent(name)
          try Data(bytes).write(to: path)
          return path.path
        }
        return try IngestedCapture(paths).note(about: "2 captures are segments of one") == nil
          ? 2 : 1
      }
    }
    #expect(try vantageCount(difference: 255) == 2)
    #expect(try vantageCount(difference: 256) == 1)
  }
}
