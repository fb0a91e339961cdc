/// What is known about the terminal that a table is written to.
public struct TerminalStyle: Sendable, Hashable {
  /// Columns, nil where there is no terminal: then nothing is wrapped.
  public var width: Int?
  /// Whether to use colours; the caller has asked NO_COLOR and isatty.
  public var hasColours: Bool

  public init(width: Int? = nil, hasColours: Bool = false) {
    self.width = width
    self.hasColours = hasColours
  }

  enum Ink: String {
    case bold = "1"
    case dim = "2"
    case best = "1;32"
    case warning = "33"
  }

  func paint(_ text: String, _ ink: Ink?) -> String {
    guard hasColours, let ink, !text.isEmpty else { return text }
    return "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m"
  }
}
