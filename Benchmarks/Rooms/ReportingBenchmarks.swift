import Reporting
import TraceModel

let reportingBenchmarks = [
  Benchmark(name: "reporting/page", unit: "pages", workCount: 1) {
    let page = samplePage()
    return { page.html.utf8.count }
  }
]

/// A page with the parts that every report has: heat map, curve, bars and a long table.
private func samplePage() -> ReportPage {
  var random = RandomStream(seed: 5)
  let cells = (0..<256 * 256).map { _ in Double(random.below(1 << 24)) }
  let heat = HeatMap(
    title: "Bytes", rowLabel: "source server", columnLabel: "destination server", rowCount: 256,
    columnCount: 256, cells: cells, kind: .bytes)
  let bars = BarChart(
    title: "Completion time", kind: .nanoseconds,
    rows: (0..<8).map { .init("fabric \($0)", [Double(random.below(1 << 30))], bound: 1e6) })
  var table = Table(
    "Phases", columns: [.text("phase", "Phase"), .number("time_ns", "Time", .nanoseconds)])
  for row in 0..<500 { table.append([.text("phase \(row)"), .number(random.unit() * 1e9)]) }
  var page = ReportPage(title: "Benchmark", verdict: ["Regions of 8 servers."])
  page.sections = [
    .init("Traffic", [.figure(.init(.heat(heat))), .figure(.init(.bars(bars)))]),
    .init("Phases", [.table(table)]),
  ]
  return page
}
