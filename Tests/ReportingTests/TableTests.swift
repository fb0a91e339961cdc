import Foundation
import Reporting
import TestSupport
import Testing

@Suite struct TableTests {
  static var sample: Table {
    var table = Table(
      "Fabrics",
      columns: [
        .text("fabric", "Fabric"), .number("completion_ns", "Completion time", .nanoseconds),
        .number("exposed_ns", "Exposed delay", .nanoseconds), .number("bytes", "Bytes", .bytes),
        .text("note", "Note"),
        .text("seed", "Seed", isForMachinesOnly: true),
      ])
    table.append(
      [
        "Fat-tree 1:1", 1_786_123, .missing("no optics"), 104_857_600,
        "every server reaches every other at full rate", "1",
      ])
    table.append(
      ["MixNet, “é”", 1_250_000.5, 25_000_000, .missing(""), .text("a \"b\""), "1"],
      emphasis: .best)
    table.notes = ["Times are for one iteration."]
    return table
  }

  @Test func terminalTableAlignsNumbersToTheRight() {
    #expect(
      Self.sample.terminalText() == """
        Fabrics
        Fabric        Completion time  Exposed delay   Bytes  Note
        ────────────  ───────────────  ─────────────  ──────  ─────────────────────────────────────────────
        Fat-tree 1:1          1.79 ms      no optics  105 MB  every server reaches every other at full rate
        MixNet, “é”           1.25 ms          25 ms       –  a "b"
        Times are for one iteration.

        """)
  }

  @Test(arguments: [
    ["a", "", "c"], [""], ["with, comma", "\"quoted\"", "plain"], ["\"\u{301}", ","], ["\"\"", ""],
  ])
  func fieldsOfALineAreThoseThatWereWritten(fields: [String]) {
    #expect(CommaSeparatedLine.fields(CommaSeparatedLine.text(fields)) == fields)
  }

  @Test func narrowTerminalWrapsHeadersAndTheLastText() {
    #expect(
      Self.sample.terminalText(TerminalStyle(width: 64)) == """
        Fabrics
                      Completion    Exposed
        Fabric              time      delay   Bytes  Note
        ────────────  ──────────  ─────────  ──────  ───────────────────
        Fat-tree 1:1     1.79 ms  no optics  105 MB  every server
                                                     reaches every other
                                                     at full rate
        MixNet, “é”      1.25 ms      25 ms       –  a "b"
        Times are for one iteration.

        """)
  }

  @Test func veryNarrowTerminalGetsOneBlockForEachRow() {
    let text = Self.sample.terminalText(TerminalStyle(width: 30))
    #expect(
      text.hasPrefix(
        """
        Fabrics
        Fabric           Fat-tree 1:1
        Completion time  1.79 ms
        Exposed delay    no optics
        Bytes            105 MB
        Note             every server
                         reaches every
                         other at full
                         rate

        Fabric           MixNet, “é”
        """), "\(text)")
  }

  @Test func everyWidthKeepsEveryCellAndItsLimit() {
    for width in 24...120 {
      let text = Self.sample.terminalText(TerminalStyle(width: width))
      let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      for cell in ["1.79 ms", "1.25 ms", "105 MB", "25 ms"] { #expect(words.contains(cell)) }
      for line in text.split(separator: "\n") { #expect(line.displayWidth <= width, "\(line)") }
    }
  }

  @Test func coloursOnlyWhenAsked() {
    #expect(!Self.sample.terminalText().contains("\u{1B}"))
    let painted = Self.sample.terminalText(TerminalStyle(hasColours: true))
    #expect(painted.contains("\u{1B}[1;32m1.25 ms\u{1B}[0m"))
    #expect(painted.contains("\u{1B}[2mno optics\u{1B}[0m"))
  }

  @Test func labelsCannotSteerTheTerminal() {
    var table = Table("\u{1B}]0;owned\u{07}", columns: [.text("a", "A")])
    table.append(["\u{1B}[2J\nnext\u{202E}"])
    let text = table.terminalText()
    #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.isHarmful })
    #expect(text.split(separator: "\n").count == 4)
  }

  @Test func csvIsExactAndQuoted() {
    #expect(
      Self.sample.csv() == """
        fabric,completion_ns,exposed_ns,bytes,note,seed,missing_because
        Fat-tree 1:1,1786123,,104857600,every server reaches every other at full rate,1,exposed_ns: no optics
        "MixNet, “é”",1250000.5,25000000,,"a ""b""\",1,

        """)
  }

  @Test(.enabled(if: Python.isPresent, "python3 is absent"))
  func csvReadsBackInAnotherProgram() throws {
    var table = Table("", columns: [.text("a", "A"), .text("b", "B")])
    let hostile = ["x,y", "\"", "\"\u{301}\"", "line\nbreak", "line\r\nbreak", "", " spaced "]
    for text in hostile { table.append([.text(text), "end"]) }
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("t.csv")
      try table.csv().write(to: path, atomically: true, encoding: .utf8)
      let script = """
        import csv, json, sys
        rows = list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8')))
        print(json.dumps([r[0] for r in rows[1:]]))
        """
      let outcome = try Programs.run(["python3", "-c", script, path.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let expected = JSONValue.array(hostile.map { .string($0) })
      let read = try Programs.run(
        [
          "python3", "-c",
          "import json,sys; print(json.loads(sys.argv[1]) == json.loads(sys.argv[2]))",
          outcome.output, expected.text(.compact),
        ])
      #expect(read.output == "True\n")
    }
  }

  @Test func jsonKeepsOrderAndReasons() {
    #expect(
      Self.sample.json.text(.compact) == """
        [{"fabric":"Fat-tree 1:1","completion_ns":1786123,"exposed_ns":null,"bytes":104857600,\
        "note":"every server reaches every other at full rate","seed":"1",\
        "missing_because":{"exposed_ns":"no optics"}},\
        {"fabric":"MixNet, “é”","completion_ns":1250000.5,"exposed_ns":25000000,"bytes":null,\
        "note":"a \\"b\\"","seed":"1"}]
        """)
  }

  @Test func markdownEscapesItsOwnMarks() {
    var table = Table(
      "A|B", columns: [.text("name", "Name"), .number("share", "Share", .share)])
    table.append(["a|b <i>*", 0.5])
    #expect(
      table.markdown == """
        **A\\|B**

        | Name | Share |
        | :--- | ---: |
        | a\\|b &lt;i>\\* | 50 % |

        """)
  }

  @Test func parametersCarryTheirUnits() {
    let table = Table.parameters(
      "Parameters",
      [
        ("delay", .integer(25_000_000, as: .nanoseconds), "default"),
        ("policy", "pinned", "--nic-policy"),
      ])
    #expect(
      table.csv()
        == "parameter,value,unit,origin\ndelay,25000000,ns,default\npolicy,pinned,,--nic-policy\n")
    #expect(table.terminalText().contains("delay       25 ms  default"))
  }

  @Test func emptyTablesSaySo() {
    let table = Table("Nothing", columns: [.text("a", "A")])
    #expect(table.text(.table) == "Nothing\n  (no rows)\n")
    #expect(table.text(.csv) == "a\n")
    #expect(table.text(.json) == "[]\n")
  }

  @Test func wideCharactersTakeTwoColumns() {
    #expect("日本".displayWidth == 4)
    #expect("e\u{301}é".displayWidth == 2)
    #expect("abcdefgh ij".wrapped(to: 4) == ["abcd", "efgh", "ij"])
    #expect("".wrapped(to: 4) == [""])
  }
}

@Suite struct JSONValueTests {
  @Test func writesDocumentsInOrder() {
    let document: JSONValue = [
      "z": 1, "a": [1.5, true, nil], "rows": [["k": "v"], [:]], "none": .number(.nan),
      "all": .number(.infinity), "text": "tab\t quote\" \u{1} \u{2028} back\\",
    ]
    #expect(
      document.text() == """
        {
          "z": 1,
          "a": [1.5, true, null],
          "rows": [
            {
              "k": "v"
            },
            {}
          ],
          "none": null,
          "all": null,
          "text": "tab\\t quote\\" \\u0001 \\u2028 back\\\\"
        }
        """)
    #expect(document["a"] == [1.5, true, nil])
    #expect(JSONValue(UInt64.max) == .number(0x1p64))
  }
}
