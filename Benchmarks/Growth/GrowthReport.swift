import Replay
import Reporting
import TraceModel

/// How the cost of a replay grows: a page with a plot against flows, servers and iterations.
///
/// Every point is the best of three runs on this machine; the plots show time per flow, so work that
/// grows as its flows do is a level line.
func growthReport() throws -> String {
  let clock = ContinuousClock()
  let begin = clock.now
  let questions = [
    try growthWithFlows(), try growthWithServers(), try growthWithIterations(),
  ]
  var page = ReportPage(
    title: "How the cost of a replay grows",
    subtitle: "Best of three runs each; bounds included where a whole workload is replayed",
    verdict: [
      "Time per flow at the largest size over that at the smallest: "
        + questions.flatMap(\.factors).joined(separator: ", ") + ".",
      "Exact: rates are worked out anew whenever a flow ends. Batched: flows that end within the step "
        + "leave together.",
    ])
  page.sections = questions.map { question in
    ReportPage.Section(
      question.heading,
      [
        .figure(ReportPage.Figure(.lines(question.chart), caption: question.caption)),
        .table(question.table),
      ])
  }
  page.footer = ["Measured in \(clock.now - begin)"]
  return page.html
}

/// Time per flow along one axis, a curve for each way to replay.
private struct Growth {
  var heading: String
  var caption: String
  var axis: String
  private var curves: [(name: String, points: [(size: Int, flows: Int, seconds: Double)])] = []

  init(_ heading: String, axis: String, caption: String) {
    self.heading = heading
    self.axis = axis
    self.caption = caption
  }

  /// Measures one way at several sizes.
  ///
  /// - Parameter prepare: the number of flows, and the work that is timed.
  mutating func add(
    _ name: String, sizes: [Int], prepare: (Int) throws -> (flows: Int, run: () throws -> Void)
  ) throws {
    var points: [(size: Int, flows: Int, seconds: Double)] = []
    for size in sizes {
      let (flows, run) = try prepare(size)
      points.append((size, flows, try secondsOfRuns(3, run)[0]))
    }
    curves.append((name, points))
  }

  /// "exact all-to-all 64 ×" for each curve.
  var factors: [String] {
    curves.map { curve in
      let perFlow = curve.points.map { $0.seconds / Double($0.flows) }
      let factor = (perFlow.last ?? 0) / (perFlow.first ?? 1)
      return "\(heading.lowercased()), \(curve.name) \((factor * 10).rounded() / 10) ×"
    }
  }

  var chart: LineChart {
    LineChart(
      title: "Time per flow", xLabel: axis, yLabel: "time per flow", xKind: .count,
      yKind: .nanoseconds, xScale: .logarithmic,
      series: curves.map { curve in
        LineChart.Series(
          curve.name,
          curve.points.map { LineChart.Point(Double($0.size), $0.seconds * 1e9 / Double($0.flows)) }
        )
      })
  }

  var table: Table {
    var table = Table(
      heading,
      columns: [
        .text("way", "Way"), .number("size", axis, .count), .number("flows", "Flows", .count),
        .number("time_ns", "Time", .nanoseconds),
        .number("time_per_flow_ns", "Per flow", .nanoseconds),
      ])
    for curve in curves {
      for point in curve.points {
        table.append([
          .text(curve.name), Cell(point.size), Cell(point.flows), .number(point.seconds * 1e9),
          .number(point.seconds * 1e9 / Double(point.flows)),
        ])
      }
    }
    return table
  }
}

private func growthWithFlows() throws -> Growth {
  var growth = Growth(
    "Flows of one all-to-all", axis: "ends",
    caption: "64 sizes, one link up and one down for each end: a single coupled component.")
  let ways: [(String, FluidBatching, [Int])] = [
    ("exact", .exact, [16, 32, 64, 128, 256]),
    ("batched, 2 %", FluidBatching(relativeStep: 0.02), [16, 32, 64, 128, 256, 512, 1024]),
  ]
  for (name, batching, sizes) in ways {
    try growth.add(name, sizes: sizes) { ends in
      let problem = unevenAllToAll(nodeCount: ends)
      return (ends * (ends - 1), { _ = try problem.solve(batching) })
    }
  }
  return growth
}

private func growthWithServers() throws -> Growth {
  var growth = Growth(
    "Servers of a cluster", axis: "servers",
    caption:
      "Four all-to-alls of one layer in groups of 8 servers, at server grain; on the 4:1 tree "
      + "groups are spread over all pods, which couples them.")
  let ways = [
    ("mixnet", "exact", 0.0), ("fat-tree", "exact", 0), ("fat-tree-4to1", "batched, 5 %", 0.05),
  ]
  for (fabric, mode, step) in ways {
    try growth.add("\(fabric), \(mode)", sizes: [64, 256, 1_024, 4_096]) { servers in
      let workload = distinctIteration(
        servers: servers, grain: .server, spacing: step > 0 ? servers / 8 : 1, layers: 1)
      let specification = iterationFabric(fabric, layout: workload.layout)
      let options = ReplayOptions(batching: FluidBatching(relativeStep: step))
      return (servers * 7 * 4, { _ = try replay(workload, on: specification, options: options) })
    }
  }
  return growth
}

private func growthWithIterations() throws -> Growth {
  var growth = Growth(
    "Layers and iterations", axis: "layers",
    caption:
      "128 servers at server grain; a layer adds four all-to-alls, as a further iteration does.")
  for fabric in ["mixnet", "fat-tree"] {
    try growth.add("\(fabric), exact", sizes: [1, 4, 16, 64, 256]) { layers in
      let workload = distinctIteration(
        servers: 128, grain: .server, spacing: 1, layers: Int32(layers))
      let specification = iterationFabric(fabric, layout: workload.layout)
      return (128 * 7 * 4 * layers, { _ = try replay(workload, on: specification) })
    }
  }
  return growth
}
