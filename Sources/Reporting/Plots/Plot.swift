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

  package func markup(width: Double, style: String) -> Markup {
    switch self {
    case .lines(let chart): chart.markup(width: width, style: style)
    case .bars(let chart): chart.markup(width: width, style: style)
    case .heat(let map): map.markup(width: width, style: style)
    }
  }

  /// A file of its own (SVG 1.1 with CSS), light or dark as the viewer prefers, ending with a line
  /// end.
  ///
  /// `width` is in pixels.
  public func svgFile(width: Double = 920) -> String {
    guard
      case .element(let name, let attributes, let children) = markup(width: width, style: "plot")
    else { return "" }
    let sheet = Markup.make("style", [:], [.verbatim(PlotStyle.colours + PlotStyle.rules)])
    let paper = Markup.make("rect", ["class": "paper", "width": "100%", "height": "100%"])
    let whole = Markup.element(
      name: name, attributes: attributes, children: [sheet, paper] + children)
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + whole.text
  }
}
