import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct JSONDocumentTests {
  private struct Contents: Equatable {
    var identifiers: [Int64] = []
    var members: [String] = []
    var others = 0
    var malformed = 0
    var damage: String?
  }

  /// Everything in a document; `id` of each record, −1 where it has none.
  private func contents(of bytes: [UInt8], list: String? = "nodes") throws -> Contents {
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("d.json")
      try Data(bytes).write(to: url)
      let stream = try MemberStream(path: url.path, chunkBytes: 1)
      _ = stream.nextMember()
      var document = JSONDocument(stream, list: list, recordKeys: ["id", "name"])
      var contents = Contents()
      document.read { text, record, event in
        switch event {
        case .record:
          let id = (try? record.integer(0, text)) ?? nil
          contents.identifiers.append(id ?? -1)
        case .otherElement: contents.others += 1
        case .member(let name, let value):
          var cursor = value
          let isGood = (try? cursor.skipValue(text)) != nil
          contents.members.append(isGood ? name : "?")
        case .malformed: contents.malformed += 1
        }
      }
      contents.damage = document.damage
      return contents
    }
  }

  private func contents(of text: String) throws -> Contents { try contents(of: Array(text.utf8)) }

  @Test func recordsAndMembersAreFoundInAnyOrder() throws {
    let found = try contents(
      of: "\u{FEFF} {\"a\": 1, \"nodes\": [ {\"id\": 3}, 7, {\"x\": [{}]}], \"b\": {\"id\": 9} } \n"
    )
    #expect(found == Contents(identifiers: [3, -1], members: ["a", "b"], others: 1))
    #expect(try contents(of: "[{\"id\": 1}, {\"id\": 2}]").identifiers == [1, 2])
    #expect(try contents(of: "{\"nodes\": []}") == Contents())
  }

  @Test(arguments: [
    ("", "byte 0, line 1: the file ends too soon"),
    ("{\"nodes\": [{\"id\": 1}\n, {\"id\"", "byte 28, line 2: the file ends too soon"),
    ("{\"nodes\": [{\"id\": 1}\n{\"id\": 2}]}", "byte 21, line 2: not JSON: a byte that cannot"),
    ("{\"nodes\": [{\"id\": 1},\n{\"id\": 02}]}", "line 2: not JSON: a badly written number"),
    ("{\"nodes\": [{\"id\": 1}]} x", "byte 23, line 1: more bytes after the end"),
    ("hello", "byte 0, line 1: not a JSON object"),
  ])
  func damageIsNamedWithByteAndLine(text: String, expected: String) throws {
    let found = try contents(of: text)
    #expect(found.damage?.contains(expected) == true, "\(found)")
    #expect(found.identifiers.count <= 1)
  }

  @Test func recordsAcrossWindowsAreReadOnce() throws {
    var random = RandomStream(seed: 11)
    var text = "{\"before\": [1, 2], \"nodes\": ["
    var expected: [Int64] = []
    for index in 0..<40 {
      let size = Int(random.next() % 60_000)
      let filler = String(repeating: index % 3 == 0 ? "\\n" : "é ", count: size / 2)
      text += (index == 0 ? "" : ",\n") + "{\"name\": \"\(filler)\", \"id\": \(index * 7)}"
      expected.append(Int64(index * 7))
    }
    text += "], \"after\": 12345678}"
    let bytes = Array(text.utf8)
    #expect(bytes.count > 4 * (128 << 10))
    #expect(
      try contents(of: bytes) == Contents(identifiers: expected, members: ["before", "after"]))
    for _ in 0..<12 {
      let cut = Int(random.next() % UInt64(bytes.count))
      let found = try contents(of: Array(bytes.prefix(cut)))
      #expect(found.damage?.contains("ends too soon") == true)
      #expect(found.identifiers == Array(expected.prefix(found.identifiers.count)))
    }
  }

  @Test func aSequenceGoesOnBehindWhatIsNoObject() throws {
    let text = "noise\n{\"id\": 1}\n{\"id\": 2, \"x\n{\"id\": 3}{\"id\":\n4}\n\n{\"id\": 5}\n {\"id"
    let found = try contents(of: Array(text.utf8), list: nil)
    #expect(found.identifiers == [1, 3, 4, 5])
    #expect(found.malformed == 2)
    #expect(found.damage?.contains("line 8: the file ends too soon") == true)
    var random = RandomStream(seed: 3)
    var lines: [String] = []
    for index in 0..<60 {
      let filler = String(repeating: "x", count: Int(random.next() % 20_000))
      lines.append("{\"name\": \"\(filler)\", \"id\": \(index)}")
    }
    let whole = try contents(of: Array(lines.joined(separator: "\n").utf8), list: nil)
    #expect(whole == Contents(identifiers: (0..<60).map { $0 }))
  }

  @Test func aRecordOfAHundredMegabytesMeetsTheLimit() throws {
    let head = Array("{\"nodes\": [{\"id\": 1},\n{\"name\": \"".utf8)
    let found = try contents(of: head + [UInt8](repeating: 0x61, count: 100 << 20))
    #expect(found.identifiers == [1])
    #expect(found.damage?.contains("line 1: a record is longer than the limit of 16 MiB") == true)
  }

  @Test func depthIsLimitedInsideRecordsToo() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(
      try contents(of: "{\"nodes\": [{\"a\": " + deep).damage?.contains("deeper than") == true)
  }
}
