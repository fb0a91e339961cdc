/// A picture of numbers.
public enum Plot: Sendable, Hashable {
  case lines(LineChart)
  case bars(BarChart)
  case heat(HeatMap)

  /// Widths in pixels for which a page holds a drawing each; text keeps its size in both.
  package static let wideWidth = 920.0
  package static let narrowWidth = 360.0

  /// What the picture shows, in words.
  public var title: String {
    switch self {
    case .lines(let chart): chart.title
    case .bars(let chart): chart.title
    case .heat(let map): map.title
    }
  }

  func drawing(width: Double) -> Drawing {
    switch self {
    case .lines(let chart): LineDrawing(chart, width: width).drawing
    case .bars(let chart): BarDrawing(chart, width: width).drawing
    case .heat(let map): HeatDrawing(map, width: width).drawing
    }
  }

  package func markup(width: Double, style: String) -> Markup {
    let drawing = drawing(width: width)
    return SVG.root(
      width: drawing.width, height: drawing.height, description: title, style: style,
      drawing.shapes)
  }

  /// A file of its own (SVG 1.1 with CSS), light or dark as the viewer prefers, ending with a line
  /// end.
  ///
  /// `width` is in pixels.
  public func svgFile(width: Double = 920) -> String {
    let margin = 16.0
    let titleHeight = title.isEmpty ? 0 : 28.0
    let drawing = drawing(width: max(width - 2 * margin, 240))
    let sheet = Markup.make("style", [:], [.verbatim(PlotStyle.colours + PlotStyle.rules)])
    let paper = Markup.make("rect", ["class": "paper", "width": "100%", "height": "100%"])
    let heading = SVG.text(title, x: margin, y: margin + 14, style: "heading strong")
    let shift = "translate(\(coordinate(margin)) \(coordinate(margin + titleHeight)))"
    let whole = SVG.root(
      width: drawing.width + 2 * margin, height: drawing.height + 2 * margin + titleHeight,
      description: title, style: "plot",
      [sheet, paper] + (title.isEmpty ? [] : [heading])
        + [.make("g", ["transform": shift], drawing.shapes)])
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + whole.text
  }
}

/// Shapes and the size that they need.
struct Drawing {
  var width: Double
  var height: Double
  var shapes: [Markup]
}
