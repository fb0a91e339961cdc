/// A tree of HTML or SVG, written so that an HTML and an XML parser read the same.
package indirect enum Markup: Sendable, Hashable {
  case element(name: String, attributes: [Attribute], children: [Markup])
  case text(String)
  /// Style sheets and scripts of our own, which hold no `<` and no `&`.
  case verbatim(String)

  package struct Attribute: Sendable, Hashable {
    package var name: String
    package var value: String
  }

  /// An element; attributes keep their order.
  package static func make(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = []
  ) -> Markup {
    .element(
      name: name, attributes: attributes.map { Attribute(name: $0.key, value: $0.value) },
      children: children)
  }

  /// An element that holds only text.
  package static func make(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String
  ) -> Markup {
    make(name, attributes, [.text(text)])
  }

  /// The tree as text.
  package var text: String {
    var result = ""
    write(to: &result)
    return result
  }

  private func write(to result: inout String) {
    switch self {
    case .text(let text): Self.escape(text, into: &result)
    case .verbatim(let text): result += text
    case .element(let name, let attributes, let children):
      result += "<" + name
      for attribute in attributes {
        result += " " + attribute.name + "=\""
        Self.escape(attribute.value, into: &result)
        result += "\""
      }
      // An HTML parser takes `<div/>` for an opening tag; only these may close themselves.
      if children.isEmpty, Self.selfClosing.contains(name) {
        result += "/>"
        return
      }
      result += ">"
      for child in children { child.write(to: &result) }
      result += "</" + name + ">"
      if Self.endsLine.contains(name) { result += "\n" }
    }
  }

  private static func escape(_ text: String, into result: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n": result += "\n"
      default: result.unicodeScalars.append(scalar.isHarmful ? "\u{FFFD}" : scalar)
      }
    }
  }

  private static let selfClosing: Set<String> = [
    "meta", "br", "img", "hr", "col", "path", "rect", "line", "circle", "image", "polyline",
  ]
  private static let endsLine: Set<String> = [
    "section", "p", "tr", "thead", "tbody", "table", "figure", "g", "svg", "details", "title",
    "style", "script", "head", "header", "footer", "div", "h2", "h1", "li", "ul", "nav", "body",
  ]
}
