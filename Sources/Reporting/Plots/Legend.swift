/// Names with their colours in lines as wide as the plot.
package struct Legend: Sendable {
  private var entries: [(name: String, colour: Int, x: Double, line: Int)] = []
  private let lineHeight = 20.0
  /// Pixels that the legend takes, 0 without names.
  package private(set) var height = 0.0

  package init(names: [String], width: Double) {
    var x = 0.0
    var line = 0
    for (index, name) in names.enumerated() {
      let shown = PlotText.fitted(name, size: 12, limit: width - 24)
      let wide = PlotText.width(shown, size: 12) + 34
      if x > 0, x + wide - 16 > width {
        x = 0
        line += 1
      }
      entries.append((shown, index % PlotStyle.seriesCount, x, line))
      x += wide
    }
    height = entries.isEmpty ? 0 : Double(line + 1) * lineHeight + 6
  }

  package func markup(x: Double, y: Double) -> [Markup] {
    entries.flatMap { entry -> [Markup] in
      let top = y + Double(entry.line) * lineHeight
      return [
        SVG.rectangle(
          x: x + entry.x, y: top + 3, width: 11, height: 11, style: "fill\(entry.colour)"),
        SVG.text(entry.name, x: x + entry.x + 18, y: top + 13, style: "small"),
      ]
    }
  }
}
