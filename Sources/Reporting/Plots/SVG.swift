/// The few shapes that plots are made of.
package enum SVG {
  package enum Anchor: String, Sendable { case start, middle, end }

  package static func text(
    _ text: String, x: Double, y: Double, anchor: Anchor = .start, style: String = ""
  ) -> Markup {
    .make(
      "text",
      [
        "class": style.isEmpty ? "label" : "label " + style, "x": coordinate(x),
        "y": coordinate(y), "text-anchor": anchor.rawValue,
      ], text: text)
  }

  package static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, style: String
  ) -> Markup {
    .make(
      "line",
      [
        "class": style, "x1": coordinate(x1), "y1": coordinate(y1), "x2": coordinate(x2),
        "y2": coordinate(y2),
      ])
  }

  /// A rectangle; `tip` is what the pointer shows.
  package static func rectangle(
    x: Double, y: Double, width: Double, height: Double, style: String, tip: String? = nil
  ) -> Markup {
    .make(
      "rect",
      [
        "class": style, "x": coordinate(x), "y": coordinate(y),
        "width": coordinate(max(0, width)), "height": coordinate(max(0, height)),
      ], tip.map { [.make("title", text: $0)] } ?? [])
  }

  package static func circle(
    x: Double, y: Double, radius: Double, style: String, tip: String? = nil
  ) -> Markup {
    .make(
      "circle",
      ["class": style, "cx": coordinate(x), "cy": coordinate(y), "r": coordinate(radius)],
      tip.map { [.make("title", text: $0)] } ?? [])
  }

  /// Lines through the points; nil starts a new piece.
  package static func path(_ points: [(x: Double, y: Double)?], style: String) -> Markup {
    var data = ""
    var isDrawing = false
    for point in points {
      guard let point else {
        isDrawing = false
        continue
      }
      data += (isDrawing ? "L" : "M") + coordinate(point.x) + " " + coordinate(point.y)
      isDrawing = true
    }
    return .make("path", ["class": style, "d": data])
  }

  package static func image(
    _ image: PalettePNG, x: Double, y: Double, width: Double, height: Double
  ) -> Markup {
    .make(
      "image",
      [
        "class": "pixels", "x": coordinate(x), "y": coordinate(y), "width": coordinate(width),
        "height": coordinate(height), "preserveAspectRatio": "none", "href": image.dataAddress,
      ])
  }

  /// The outermost element; `description` is what a screen reader says.
  package static func root(
    width: Double, height: Double, description: String, style: String, _ children: [Markup]
  ) -> Markup {
    .make(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "class": style, "width": coordinate(width),
        "height": coordinate(height), "viewBox": "0 0 \(coordinate(width)) \(coordinate(height))",
        "role": "img", "aria-label": description,
      ], children)
  }
}

/// A coordinate with at most two digits after the point.
package func coordinate(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e9 else { return "0" }
  let hundredths = Int((value * 100).rounded())
  let sign = hundredths < 0 ? "-" : ""
  let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
  if rest == 0 { return sign + String(whole) }
  let digits = rest < 10 ? "0\(rest)" : String(rest.isMultiple(of: 10) ? rest / 10 : rest)
  return sign + "\(whole).\(digits)"
}
