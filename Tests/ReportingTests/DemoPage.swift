import Foundation
import Reporting
import TestSupport
import Testing

/// A page as the whole tool writes it, on invented numbers; also what a person looks at.
enum DemoPage {
  static func make(rankCount: Int = 64) -> ReportPage {
    var page = ReportPage(
      title: "Mixtral 8x7B, 16 servers × 8 GPUs",
      subtitle: "`mixtral-ep16.mixt`: 32 iterations, 32 layers, expert parallelism over 16 servers",
      verdict: [
        "Regional optical switching finishes an iteration 1.31× sooner per dollar than a 1:1 "
          + "fat-tree, with regions of 8 servers.",
        "The gain comes from the topology (best static circuits, 24 %), not from reconfiguring "
          + "(2.1 %, below the 5 % that would be worth a controller).",
        "Uncalibrated: the trace has no recorded times to check the replay against.",
      ])
    page.keyFigures = [
      .init("Region size", "8 servers", note: "97 % of expert bytes stay inside"),
      .init("Completion time", "1.79 s", note: "per iteration, 96 % of bound"),
      .init("Cost of the network", "$1.12 M", note: "1:1 fat-tree: $1.87 M"),
      .init("Reconfiguration value", "2.1 %", note: "not worth a controller"),
    ]
    page.sections = [
      fabrics, traffic(rankCount: rankCount), regions, exposed, fineprint,
    ]
    page.data = ["schema_version": 1, "fabrics": fabricTable.json]
    page.footer = [
      "Made by mixtrace 0.1.0 with `mixtrace report mixtral-ep16.mixt -o report.html --seed 1`.",
      "Every number on this page is also in its source, exact, as JSON.",
    ]
    return page
  }

  private static let results:
    [(name: String, seconds: Double, bound: Double, dollars: Double, switching: Cell)] = [
      ("Ideal crossbar", 1.6203e9, 1.6203e9, 2.41e6, .missing("no optics")),
      ("Fat-tree 1:1", 1.7415e9, 1.6203e9, 1.87e6, .missing("no optics")),
      ("Fat-tree 3:1", 3.1182e9, 3.0021e9, 1.02e6, .missing("no optics")),
      ("Rail-optimised", 1.8123e9, 1.6203e9, 1.38e6, .missing("no optics")),
      ("Static circulant", 2.2217e9, 1.7201e9, 0.981e6, .number(0, as: .nanoseconds)),
      ("MixNet, 25 ms", 1.7919e9, 1.7201e9, 1.12e6, .number(52.4e6, as: .nanoseconds)),
      (
        "MixNet, commodity NIC link-up", 41.5e9, 1.7201e9, 1.12e6,
        .number(39.8e9, as: .nanoseconds)
      ),
    ]

  static var fabricTable: Table {
    var table = Table(
      "Fabrics by completion time",
      columns: [
        .text("fabric", "Fabric"), .number("completion_ns", "Completion time", .nanoseconds),
        .number("of_bound", "Of bound", .share),
        .number("exposed_ns", "Exposed delay", .nanoseconds), .number("cost_usd", "Cost", .dollars),
        .number("speed_per_dollar", "Speed per dollar", .ratio),
        .text("circuits", "Sharing"),
      ])
    for (index, row) in results.enumerated() {
      table.append(
        [
          .text(row.name), .number(row.seconds), .number(row.bound / row.seconds), row.switching,
          .number(row.dollars), .number(1.7415e9 * 1.87e6 / row.seconds / row.dollars),
          .text(index < 4 ? "electrical only" : "split-optimal"),
        ], emphasis: index == 5 ? .best : index == 6 ? .warning : .none)
    }
    table.notes = [
      "Speed per dollar is relative to the 1:1 fat-tree. **Of bound**: the tightest proven lower "
        + "bound for each fabric."
    ]
    return table
  }

  private static var fabrics: ReportPage.Section {
    let rows = results.map { row in
      BarChart.Row(
        row.name, [row.seconds], bound: row.bound,
        note: HumanNumber.text(row.bound / row.seconds, .share) + " of bound",
        isEmphasised: row.name == "MixNet, 25 ms")
    }
    return .init(
      "Completion time by fabric",
      [
        .prose(
          "One iteration, all four all-to-all phases of 32 layers, compute from the declared model. "
            + "The tick is a proven lower bound: no schedule on that fabric can be faster."),
        .figure(
          .init(
            .bars(BarChart(title: "", kind: .nanoseconds, rows: rows)),
            caption: "Commodity link-up takes 5.67 s per reconfiguration; its bar is cut.")),
        .table(fabricTable),
      ])
  }

  private static func traffic(rankCount: Int) -> ReportPage.Section {
    var cells = [Double](repeating: 0, count: rankCount * rankCount)
    var state: UInt64 = 7
    for row in 0..<rankCount {
      for column in 0..<rankCount where row != column {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let noise = Double(state >> 40) / Double(1 << 24)
        let isNear = row / 8 == column / 8
        let usual: Double = isNear ? 90e6 : 6e6
        let heat: Double = column % 11 == 3 ? 2.2 : 1
        cells[row * rankCount + column] = usual * heat * (0.5 + noise)
      }
    }
    let ranks = HeatMap(
      title: "Bytes between ranks, one iteration", rowLabel: "source rank",
      columnLabel: "destination rank", rowCount: rankCount, columnCount: rankCount, cells: cells,
      kind: .bytes, scale: .logarithmic, groupSize: 8)
    var tokens = [Int64](repeating: 0, count: 64)
    for index in tokens.indices where index / 8 != index % 8 {
      tokens[index] = Int64(index * 37 % 23 + 1) * 4_100_000
    }
    let servers = HeatMap(
      title: "Bytes between servers, one iteration", rowLabel: "source server",
      columnLabel: "destination server", size: 8, cells: tokens, kind: .bytes)
    return .init(
      "Who sends to whom",
      [
        .prose("Expert traffic, dispatch and combine, summed over **all** layers."),
        .figures([.init(.heat(ranks), caption: "Lines part servers."), .init(.heat(servers))]),
      ])
  }

  private static var regions: ReportPage.Section {
    let sizes = [1.0, 2, 4, 8, 16, 32, 64]
    func curve(_ shares: [Double]) -> [LineChart.Point] {
      zip(sizes, shares).map { LineChart.Point($0, $1) }
    }
    let chart = LineChart(
      title: "", xLabel: "servers in a region", yLabel: "bytes that stay inside the region",
      xKind: .count, yKind: .share, xScale: .logarithmic, yMaximum: 1,
      series: [
        .init("expert", curve([0, 0.22, 0.61, 0.97, 0.98, 0.99, 1])),
        .init("pipeline", curve([0, 0.05, 0.12, 0.24, 0.55, 0.93, 1])),
        .init("data", curve([0, 0.02, 0.06, 0.11, 0.23, 0.48, 1])),
        .init("if uniform", curve(sizes.map { ($0 - 1) / 63 }), isReference: true),
      ], marks: [.init(x: 8, label: "chosen: 8")])
    return .init(
      "Locality against region size",
      [
        .figure(
          .init(.lines(chart), caption: "Servers in contiguous blocks, as the layout has them."))
      ]
    )
  }

  private static var exposed: ReportPage.Section {
    let chart = BarChart(
      title: "", kind: .nanoseconds,
      segments: ["compute", "communication", "exposed delay"],
      rows: [
        .init("Fat-tree 1:1", [1.1e9, 0.64e9, 0]), .init("MixNet, 25 ms", [1.1e9, 0.64e9, 52e6]),
        .init("MixNet, 100 ms", [1.1e9, 0.64e9, 310e6]),
        .init("Not replayed", [.nan, 0, 0], note: "no layout"),
      ])
    return .init(
      "Where the time goes",
      [
        .figure(.init(.bars(chart))),
        .warning("Trends over iterations: too few iterations (3) to tell."),
      ])
  }

  private static var fineprint: ReportPage.Section {
    let parameters = Table.parameters(
      "",
      [
        ("NIC rate", .integer(400_000_000_000, as: .bitsPerSecond), "fabric.yaml:3"),
        ("NICs per server", 8, "layout.yaml:4"), ("alpha, optical NICs per server", 6, "default"),
        ("reconfiguration delay", .integer(25_000_000, as: .nanoseconds), "--delay 25ms"),
        ("payload efficiency", .number(0.96, as: .share), "default"),
        ("NIC policy", "pinned", "default"), ("seed", 1, "--seed 1"),
      ])
    var ledger = Table(
      "",
      columns: [
        .text("source", "Input"), .number("read_count", "Read", .count),
        .number("used_count", "Used", .count), .number("skipped_count", "Skipped", .count),
        .number("malformed_count", "Malformed", .count), .text("reason", "Why"),
      ])
    ledger.append(
      ["router-rank0.jsonl.zst", 10_779, 10_773, 4, 2, "4 × warm-up iteration; 2 × cut line"])
    ledger.append(["capture.pcapng", 1_048_576, 1_048_576, 0, 0, .missing("")])
    return .init(
      "What this rests on",
      [
        .details(summary: "Effective parameters", [.table(parameters)]),
        .details(summary: "Ledger: what was read", [.table(ledger)]),
        .details(
          summary: "Provenance of columns",
          [
            .list(["`bytes`: declared (hidden size 4096, bf16)", "`iteration`: measured"]),
            .code(
              "mixtrace ingest router-*.jsonl.zst \\\n  --layout layout.yaml -o mixtral-ep16.mixt"),
          ]),
      ])
  }
}

@Suite struct DemoPageTests {
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["MIXTRACE_DEMO_PAGE"] != nil,
      "name a file in MIXTRACE_DEMO_PAGE to look at the page"))
  func writesThePageToLookAt() throws {
    let path = try #require(ProcessInfo.processInfo.environment["MIXTRACE_DEMO_PAGE"])
    try DemoPage.make().html.write(toFile: path, atomically: true, encoding: .utf8)
  }
}
