/// A line chart with its places worked out for one width.
struct LineDrawing {
  let chart: LineChart
  let width: Double
  let height: Double
  let left, right, top, bottom: Double
  let xAxis, yAxis: Axis
  private let naming: Naming
  let legend: Legend

  /// Where the names of the curves stand.
  private enum Naming { case atEnds, besideCurves, inLegend }

  init(_ chart: LineChart, width: Double) {
    self.chart = chart
    self.width = width
    let isNarrow = width < 560
    let points = chart.series.flatMap(\.points)
    let largest = points.map(\.y).filter(\.isFinite).max() ?? 1
    let smallest = points.map(\.y).filter(\.isFinite).min() ?? 0
    yAxis = .fromZero(
      to: chart.yMaximum ?? largest, downTo: smallest, kind: chart.yKind, tickCount: 5)
    xAxis = .spanning(
      points.map(\.x), kind: chart.xKind, scale: chart.xScale, tickCount: isNarrow ? 7 : 12)
    let widestName = chart.series.map { PlotText.width($0.name, size: 13) }.max() ?? 0
    let plotHeight = isNarrow ? 210.0 : 290.0
    naming = Self.naming(
      chart, yAxis, nameShare: widestName / width, nearest: 17 / plotHeight)
    legend = Legend(names: naming == .inLegend ? chart.series.map(\.name) : [], width: width)
    let widestTick = yAxis.ticks.map { PlotText.width($0.label, size: 12) }.max() ?? 0
    left = widestTick + 10
    right = width - (naming == .atEnds ? widestName + 16 : 12)
    top = 30 + legend.height + (chart.marks.isEmpty ? 0 : 16)
    bottom = top + plotHeight
    height = bottom + 46
  }

  /// Names stand at the ends of the curves, or beside them where the ends meet; many or long
  /// names get a legend.
  private static func naming(
    _ chart: LineChart, _ yAxis: Axis, nameShare: Double, nearest: Double
  ) -> Naming {
    guard nameShare < 0.3, chart.series.count <= PlotStyle.seriesCount else { return .inLegend }
    let ends = chart.series.compactMap { series in
      series.points.last { $0.y.isFinite }.flatMap { yAxis.place(of: $0.y) }
    }.sorted()
    let meet = zip(ends, ends.dropFirst()).contains { $1 - $0 < nearest }
    return meet && chart.series.allSatisfy { $0.points.count <= 64 } ? .besideCurves : .atEnds
  }

  func x(_ value: Double) -> Double? {
    // Half a step of air keeps the first dot off the axis.
    xAxis.place(of: value).map { left + 12 + $0 * (right - left - 24) }
  }

  func y(_ value: Double) -> Double? {
    yAxis.place(of: value).map { bottom - $0 * (bottom - top) }
  }

  var drawing: Drawing {
    Drawing(
      width: width, height: height,
      shapes: axes() + legend.markup(x: 0, y: 0) + marks()
        + chart.series.indices.flatMap { curve($0) } + names())
  }

  private func axes() -> [Markup] {
    var result: [Markup] = []
    for tick in yAxis.ticks {
      guard let y = y(tick.value) else { continue }
      result.append(SVG.line(left, y, right, y, style: tick.value == 0 ? "axis" : "grid"))
      result.append(
        SVG.text(tick.label, x: left - 8, y: y + 4, anchor: .end, style: "small muted"))
    }
    // Where the scale crowds the ticks, the last one and those with room before it keep a label.
    var free = Double.infinity
    for tick in xAxis.ticks.reversed() {
      guard let x = x(tick.value) else { continue }
      result.append(SVG.line(x, bottom, x, bottom + 4, style: "axis"))
      let half = PlotText.width(tick.label, size: 12) / 2
      guard x + half + 6 <= free else { continue }
      free = x - half
      result.append(
        SVG.text(tick.label, x: x, y: bottom + 18, anchor: .middle, style: "small muted"))
    }
    let middle = (left + right) / 2
    result.append(
      SVG.text(chart.xLabel, x: middle, y: bottom + 38, anchor: .middle, style: "small muted"))
    result.append(SVG.text(chart.yLabel, x: 0, y: legend.height + 13, style: "small muted"))
    return result
  }

  private func marks() -> [Markup] {
    chart.marks.flatMap { mark -> [Markup] in
      guard let x = x(mark.x) else { return [] }
      let half = PlotText.width(mark.label, size: 12) / 2
      let center = min(max(x, left + half), max(left + half, right - half))
      return [
        SVG.line(x, top - 6, x, bottom, style: "mark"),
        SVG.text(mark.label, x: center, y: top - 11, anchor: .middle, style: "small strong"),
      ]
    }
  }

  private func curve(_ index: Int) -> [Markup] {
    let series = chart.series[index]
    let colour = index % PlotStyle.seriesCount
    let points = thinned(series.points)
    let places = points.map(place)
    let reference = series.isReference ? " reference" : ""
    var result = [SVG.path(places, style: "curve stroke\(colour)\(reference)")]
    guard points.count <= 32, !series.isReference else { return result }
    for (point, place) in zip(points, places) {
      guard let place else { continue }
      let tip =
        "\(series.name): \(HumanNumber.text(point.y, chart.yKind)) "
        + "at \(HumanNumber.text(point.x, chart.xKind))"
      result.append(
        SVG.circle(x: place.x, y: place.y, radius: 4, style: "dot fill\(colour)", tip: tip))
    }
    return result
  }

  private func place(of point: LineChart.Point) -> (x: Double, y: Double)? {
    guard let x = x(point.x), let y = y(point.y) else { return nil }
    return (x, y)
  }

  /// At most the least and the greatest point of each pixel column, which look the same.
  private func thinned(_ points: [LineChart.Point]) -> [LineChart.Point] {
    guard Double(points.count) > 2 * (right - left) else { return points }
    var result: [LineChart.Point] = []
    var start = 0
    while start < points.count {
      let column = x(points[start].x).map { $0.rounded(.down) }
      var end = start
      var (low, high) = (start, start)
      while end < points.count, x(points[end].x).map({ $0.rounded(.down) }) == column {
        if points[end].y < points[low].y { low = end }
        if points[end].y > points[high].y { high = end }
        end += 1
      }
      result.append(points[min(low, high)])
      if low != high { result.append(points[max(low, high)]) }
      start = end
    }
    return result
  }

  private func names() -> [Markup] {
    switch naming {
    case .inLegend: []
    case .atEnds: namesAtEnds()
    case .besideCurves: namesBesideCurves()
    }
  }

  private func name(_ series: Int, x: Double, y: Double) -> Markup {
    SVG.text(
      chart.series[series].name, x: x, y: y,
      style: "clear fill\(series % PlotStyle.seriesCount)")
  }

  private func namesBesideCurves() -> [Markup] {
    let search = CurveNames(
      curves: chart.series.map { $0.points.compactMap(place) },
      obstacles: chart.marks.compactMap { x($0.x) }.map { [($0, top), ($0, bottom)] },
      bounds: (left + 4, width - 2, top - 4, bottom))
    let widths = chart.series.map { PlotText.width($0.name, size: 13) }
    return search.boxes(widths: widths).enumerated().compactMap { index, box in
      box.map { name(index, x: $0.x, y: $0.baseline) }
    }
  }

  /// At the ends of the curves, moved apart where they would overlap.
  private func namesAtEnds() -> [Markup] {
    let lineHeight = 16.0
    var labels: [(series: Int, x: Double, y: Double)] = []
    for (index, series) in chart.series.enumerated() {
      guard let end = series.points.reversed().lazy.compactMap(place).first else { continue }
      labels.append((index, end.x, end.y))
    }
    labels.sort { ($0.y, $0.series) < ($1.y, $1.series) }
    for index in labels.indices.dropFirst() {
      labels[index].y = max(labels[index].y, labels[index - 1].y + lineHeight)
    }
    var floor = bottom
    for index in labels.indices.reversed() {
      labels[index].y = min(labels[index].y, floor)
      floor = labels[index].y - lineHeight
    }
    return labels.map { name($0.series, x: $0.x + 10, y: $0.y + 4.5) }
  }
}
