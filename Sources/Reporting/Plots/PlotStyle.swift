/// The colours and type that plots and pages share.
package enum PlotStyle {
  /// Series colours, by lightness and hue apart for every kind of colour vision.
  package static let seriesCount = 6
  package static let light = Palette(
    page: 0xFFFFFF, panel: 0xF6F7F8, ink: 0x1A2026, muted: 0x59636D, hairline: 0xD5DADF,
    grid: 0xE9ECEF, good: 0x1B7A46, warning: 0x9A5B00,
    series: [0x2462A8, 0xC2541A, 0x14806B, 0x8D4A94, 0x8A6D00, 0x5B6570])
  package static let dark = Palette(
    page: 0x14181C, panel: 0x1C2126, ink: 0xE8ECEF, muted: 0xA0AAB4, hairline: 0x39414A,
    grid: 0x272E35, good: 0x66C98F, warning: 0xE5A850,
    series: [0x74ABEF, 0xF0945A, 0x4FC4A8, 0xD39BDB, 0xD9B640, 0xAAB4BE])

  package struct Palette: Sendable {
    package let page, panel, ink, muted, hairline, grid, good, warning: UInt32
    package let series: [UInt32]

    fileprivate var properties: String {
      func property(_ name: String, _ colour: UInt32) -> String {
        let digits = String(colour, radix: 16)
        return "--\(name):#" + String(repeating: "0", count: 6 - digits.count) + digits + ";"
      }
      var result =
        property("page", page) + property("panel", panel) + property("ink", ink)
        + property("muted", muted) + property("hairline", hairline) + property("grid", grid)
        + property("good", good) + property("warning", warning)
      for (index, colour) in series.enumerated() { result += property("series\(index)", colour) }
      return result
    }
  }

  /// Custom properties, light unless the reader prefers dark; paper is always light.
  package static let colours = """
    :root{color-scheme:light dark;\(light.properties)}
    @media screen and (prefers-color-scheme:dark){:root{\(dark.properties)}}

    """

  package static let fonts =
    "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\","
    + "\"Liberation Sans\",Arial,sans-serif"

  /// Rules for the shapes inside plots.
  package static let rules: String = {
    var result = """
      .plot{display:block;max-width:100%;height:auto}
      .plot .label{font:13px \(fonts);font-variant-numeric:tabular-nums;fill:var(--ink)}
      .plot .small{font-size:12px}
      .plot .heading{font-size:15px}
      .plot .tiny{font-size:11px}
      .plot .clear{stroke:var(--page);stroke-width:4;paint-order:stroke;stroke-linejoin:round}
      .plot .muted{fill:var(--muted)}
      .plot .strong{font-weight:600}
      .plot .on-dark{fill:#fff}
      .plot .on-light{fill:#10161c}
      .plot .paper{fill:var(--page)}
      .plot .grid{stroke:var(--grid);stroke-width:1}
      .plot .axis{stroke:var(--hairline);stroke-width:1}
      .plot .mark{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3}
      .plot .bound{stroke:var(--ink);stroke-width:2.5}
      .plot .halo{stroke:var(--page);stroke-width:6}
      .plot .break{stroke:var(--page);stroke-width:3;fill:none}
      .plot .empty{fill:var(--panel);stroke:var(--hairline)}
      .plot .divide{stroke:#fff;stroke-width:1;opacity:.55}
      .plot .pixels{image-rendering:pixelated}
      .plot .sense{fill:transparent}
      .plot .quiet{opacity:.72}
      .plot .dot{stroke:var(--page);stroke-width:1.5}
      .plot .curve{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
      .plot .reference{stroke-width:1.5;stroke-dasharray:6 4}

      """
    for index in 0..<seriesCount {
      result += ".plot .fill\(index){fill:var(--series\(index))}"
      result += ".plot .stroke\(index){stroke:var(--series\(index))}\n"
    }
    return result
  }()
}
