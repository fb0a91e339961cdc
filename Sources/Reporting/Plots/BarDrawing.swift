/// A bar chart with its places worked out for one width.
struct BarDrawing {
  let chart: BarChart
  let width: Double
  let isNarrow: Bool
  /// Narrow, with labels too long to share a line with their values.
  let isStacked: Bool
  let left, right, top: Double
  let rowHeight: Double
  let axis: Axis
  let cutOff: Double?
  let legend: Legend
  let barHeight = 16.0

  init(_ chart: BarChart, width: Double) {
    self.chart = chart
    self.width = width
    isNarrow = width < 560
    cutOff = chart.cutOff
    legend = Legend(names: chart.segments.count > 1 ? chart.segments : [], width: width)
    let widestLabel = chart.rows.map { PlotText.width($0.label, size: 13) }.max() ?? 0
    let widestValue = chart.rows.map { Self.valueWidth($0, chart.kind) }.max() ?? 0
    isStacked =
      isNarrow
      && chart.rows.contains {
        PlotText.width($0.label, size: 13) + Self.valueWidth($0, chart.kind) + 14 > width
      }
    left = isNarrow ? 1 : min(widestLabel + 14, width * 0.34)
    right = isNarrow ? width - 8 : max(left + 120, width - widestValue - 14)
    rowHeight = isStacked ? 64 : isNarrow ? 46 : 30
    let hasBounds = chart.rows.contains { $0.bound != nil }
    top = legend.height + (hasBounds ? 22 : 4)
    let longest =
      chart.rows.map { max($0.drawnValues.reduce(0, +), $0.bound ?? 0) }
      .filter(\.isFinite).max() ?? 1
    axis = .fromZero(to: cutOff ?? longest, kind: chart.kind, tickCount: isNarrow ? 3 : 5)
  }

  private static func valueWidth(_ row: BarChart.Row, _ kind: NumberKind) -> Double {
    let value = PlotText.width(HumanNumber.text(row.total, kind), size: 13) * 1.06
    return value + (row.note.isEmpty ? 0 : 10 + PlotText.width(row.note, size: 12))
  }

  private var bottom: Double { top + Double(chart.rows.count) * rowHeight }

  private func x(_ value: Double) -> Double {
    left + min(1, max(0, axis.place(of: value) ?? 0)) * (right - left)
  }

  var drawing: Drawing {
    let rows = chart.rows.indices.flatMap { row($0) }
    return Drawing(
      width: width, height: bottom + 26,
      shapes: grid() + legend.markup(x: 0, y: 0) + boundKey() + rows)
  }

  private func grid() -> [Markup] {
    axis.ticks.flatMap { tick -> [Markup] in
      let x = x(tick.value)
      let half = PlotText.width(tick.label, size: 12) / 2
      return [
        SVG.line(x, top, x, bottom + 2, style: tick.value == 0 ? "axis" : "grid"),
        SVG.text(
          tick.label, x: min(x, width - half - 1), y: bottom + 18,
          anchor: tick.value == 0 && isNarrow ? .start : .middle, style: "small muted"),
      ]
    }
  }

  private func boundKey() -> [Markup] {
    guard chart.rows.contains(where: { $0.bound != nil }) else { return [] }
    let y = legend.height
    return [
      SVG.line(left + 2, y, left + 2, y + 14, style: "bound"),
      SVG.text(chart.boundName, x: left + 12, y: y + 12, style: "small muted"),
    ]
  }

  private func row(_ index: Int) -> [Markup] {
    let row = chart.rows[index]
    let rowTop = top + Double(index) * rowHeight
    let barTop = rowTop + (isStacked ? 42 : isNarrow ? 24 : 7)
    let strong = row.isEmphasised ? "clear strong" : "clear"
    let valueWidth = Self.valueWidth(row, chart.kind)
    let labelLimit = isStacked ? width : isNarrow ? width - valueWidth - 12 : left - 12
    let label = PlotText.fitted(row.label, size: row.isEmphasised ? 13.8 : 13, limit: labelLimit)
    var parts: [Markup] = [
      .make("title", text: tip(row)),
      isNarrow
        ? SVG.text(label, x: 0, y: rowTop + 17, style: strong)
        : SVG.text(label, x: left - 12, y: barTop + 12.5, anchor: .end, style: strong),
    ]
    let end = bars(row, top: barTop, into: &parts)
    if let bound = row.bound, bound.isFinite, bound <= axis.maximum {
      // A halo keeps the tick visible on every colour.
      let overhang = isNarrow ? 2.0 : 4
      for style in ["halo", "bound"] {
        parts.append(
          SVG.line(
            x(bound), barTop - overhang, x(bound), barTop + barHeight + overhang, style: style))
      }
    }
    let valueX = isNarrow ? width - 1 : max(end, row.bound.map { x($0) } ?? 0) + 9
    let valueY = isStacked ? rowTop + 35 : isNarrow ? rowTop + 17 : barTop + 12.5
    parts.append(value(row, x: isStacked ? 0 : valueX, y: valueY))
    return [.make("g", [:], parts)]
  }

  /// Draws the parts of a bar and returns where it ends.
  private func bars(_ row: BarChart.Row, top: Double, into parts: inout [Markup]) -> Double {
    var sum = 0.0
    let isQuiet =
      chart.segments.count == 1 && !row.isEmphasised
      && chart.rows.contains { $0.isEmphasised }
    for (segment, value) in row.drawnValues.enumerated() where value > 0 {
      let start = x(sum)
      sum += value
      let style = "fill\(segment % PlotStyle.seriesCount)" + (isQuiet ? " quiet" : "")
      // Never less than a hair: what is there should be seen.
      let length = max(x(sum) - start, 0.75)
      parts.append(
        SVG.rectangle(x: start, y: top, width: length, height: barHeight, style: style))
    }
    let end = x(sum)
    if sum > axis.maximum {
      for offset in [-26.0, -20] {
        parts.append(
          SVG.path(
            [(end + offset - 3, top + barHeight + 3), (end + offset + 3, top - 3)], style: "break"))
      }
    }
    return end
  }

  private func value(_ row: BarChart.Row, x: Double, y: Double) -> Markup {
    var spans: [Markup] = [
      .make("tspan", ["class": "strong"], text: HumanNumber.text(row.total, chart.kind))
    ]
    if !row.note.isEmpty {
      spans.append(.make("tspan", ["class": "small muted", "dx": "8"], text: row.note))
    }
    return .make(
      "text",
      [
        "class": "label clear", "x": coordinate(x), "y": coordinate(y),
        "text-anchor": isNarrow && !isStacked ? "end" : "start",
      ], spans)
  }

  private func tip(_ row: BarChart.Row) -> String {
    var text = "\(row.label): \(HumanNumber.text(row.total, chart.kind))"
    if chart.segments.count > 1 {
      let parts = zip(chart.segments, row.values)
        .map { "\($0) \(HumanNumber.text($1, chart.kind))" }
      text += " (" + parts.joined(separator: ", ") + ")"
    }
    if let bound = row.bound {
      text += "; \(chart.boundName) \(HumanNumber.text(bound, chart.kind))"
    }
    return text
  }
}
