import Foundation
import Reporting
import TestSupport
import Testing

/// Parses a page as XML, lists what it would fetch, and hands back its data and its words.
private let readPage = """
  import json, sys, xml.etree.ElementTree as tree
  text = open(sys.argv[1], encoding='utf-8', newline='').read()
  root = tree.fromstring(text)
  space = '{http://www.w3.org/1999/xhtml}'
  assert root.tag == space + 'html', root.tag
  for element in root.iter():
      for name, value in element.attrib.items():
          name = name.split('}')[-1]
          if name in ('src', 'href', 'data', 'action', 'poster', 'srcset', 'background'):
              assert value.startswith(('data:image/png;base64,', '#')), (element.tag, name, value)
          assert not name.startswith('on'), name
  assert text.replace('http://www.w3.org/1999/xhtml', '') \\
      .replace('http://www.w3.org/2000/svg', '').count('http:') == 0
  assert 'https:' not in text and 'url(' not in text and '@import' not in text
  scripts = root.findall('.//' + space + 'script')
  json.dump({'data': json.loads(scripts[0].text), 'scripts': len(scripts),
             'policy': [m.get('content') for m in root.iter(space + 'meta')
                        if m.get('http-equiv') == 'Content-Security-Policy'],
             'cells': [''.join(cell.itertext()) for cell in root.iter(space + 'td')]},
            sys.stdout, sort_keys=True)
  """

private struct PageReading: Decodable {
  var data: [String: String]
  var scripts: Int
  var policy: [String]
  var cells: [String]
}

@Suite struct ReportPageTests {
  private func read(_ page: ReportPage) throws -> Programs.Outcome {
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("page.html")
      try page.html.write(to: path, atomically: true, encoding: .utf8)
      return try Programs.run(["python3", "-c", readPage, path.path])
    }
  }

  @Test(.enabled(if: Python.isPresent, "python3 is absent"))
  func pageParsesAsXMLAndFetchesNothing() throws {
    let outcome = try read(DemoPage.make())
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\"scripts\": 2"))
    #expect(
      outcome.output.contains(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"))
  }

  @Test(.enabled(if: Python.isPresent, "python3 is absent"))
  func hostileLabelsStayText() throws {
    let hostile =
      "</script><script>alert(1)</script>]]>--><!-- \"'&amp; \u{0}\u{1B}\u{FFFE}\u{202E}"
    var page = ReportPage(title: hostile, subtitle: hostile, verdict: [hostile])
    page.keyFigures = [.init(hostile, hostile, note: hostile)]
    var table = Table(
      hostile, columns: [.text("a", hostile), .number("b", hostile, .bytes)])
    table.append([.text(hostile), .missing(hostile)], emphasis: .warning)
    table.notes = [hostile]
    let bars = BarChart(
      title: hostile, kind: .bytes, segments: [hostile, "b"], boundName: hostile,
      rows: [.init(hostile, [1, 2], bound: 1, note: hostile)])
    let lines = LineChart(
      title: hostile, xLabel: hostile, yLabel: hostile, xKind: .count, yKind: .share,
      series: [.init(hostile, [.init(1, 1), .init(2, 2)])], marks: [.init(x: 1, label: hostile)])
    var heat = HeatMap(
      title: hostile, rowLabel: hostile, columnLabel: hostile, size: 1, cells: [1], kind: .count)
    heat.rowNames = [hostile]
    page.sections = [
      .init(
        hostile,
        [
          .prose(hostile), .list([hostile]), .warning(hostile), .code(hostile), .table(table),
          .figures([.init(.bars(bars), caption: hostile), .init(.lines(lines))]),
          .details(summary: hostile, [.figure(.init(.heat(heat)))]),
        ])
    ]
    page.data = .object([.init(hostile, .string(hostile))])
    page.footer = [hostile]
    let outcome = try read(page)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let reading = try JSONDecoder().decode(PageReading.self, from: Data(outcome.output.utf8))
    #expect(reading.scripts == 2)
    #expect(reading.data == [hostile: hostile])
    let shown = String(
      String.UnicodeScalarView(hostile.unicodeScalars.map { $0.isHarmful ? "\u{FFFD}" : $0 }))
    #expect(reading.cells == [shown, shown])
  }

  @Test func sameValuesGiveTheSameBytes() {
    #expect(DemoPage.make().html == DemoPage.make().html)
  }

  @Test func cellsSortByExactValues() {
    var table = Table("", columns: [.text("a", "A"), .number("b_ns", "B", .nanoseconds)])
    table.append(["x", 1_786_123])
    table.append(["y", .missing("not measurable")])
    var page = ReportPage(title: "t", verdict: ["v"])
    page.sections = [.init("s", [.table(table)])]
    #expect(page.html.contains("<td class=\"number\" data-value=\"1786123\">1.79 ms</td>"))
    #expect(page.html.contains("<td class=\"number missing\">not measurable</td>"))
    #expect(page.html.contains("<table class=\"sortable\">"))
  }

  @Test func scriptIsSmall() throws {
    let html = DemoPage.make().html
    let script = try #require(html.components(separatedBy: "<script>").last)
    #expect(script.utf8.count <= 5_000)
  }

  @Test func proseMarksCodeAndStrongWords() {
    var page = ReportPage(title: "t", verdict: ["`a<b` and **c** but ** and `"])
    #expect(
      page.html.contains(
        "<p class=\"verdict\"><code>a&lt;b</code> and <strong>c</strong> but ** and `</p>"))
    page.verdict = []
    #expect(!page.html.contains("class=\"verdict\""))
  }

  @Test func largeMatrixMakesASmallPage() {
    #expect(DemoPage.make(rankCount: 512).html.utf8.count < 1_000_000)
  }
}
