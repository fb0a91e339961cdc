import Foundation
import Reporting
import Testing

@Suite struct PlotTests {
  @Test func barsMatchTheirDrawing() {
    let chart = BarChart(
      title: "Time", kind: .nanoseconds,
      rows: [
        .init("A", [1e6], bound: 0.5e6, note: "50 % of bound", isEmphasised: true),
        .init("B", [2e6]),
      ])
    #expect(
      Plot.bars(chart).markup(width: 360, style: "plot").text == """
        <svg xmlns="http://www.w3.org/2000/svg" class="plot" width="360" height="140" \
        viewBox="0 0 360 140" role="img" aria-label="Time">\
        <line class="axis" x1="1" y1="22" x2="1" y2="116"/>\
        <text class="label small muted" x="1" y="132" text-anchor="start">0</text>\
        <line class="grid" x1="176.5" y1="22" x2="176.5" y2="116"/>\
        <text class="label small muted" x="176.5" y="132" text-anchor="middle">1 ms</text>\
        <line class="grid" x1="352" y1="22" x2="352" y2="116"/>\
        <text class="label small muted" x="343.4" y="132" text-anchor="middle">2 ms</text>\
        <line class="bound" x1="3" y1="0" x2="3" y2="14"/>\
        <text class="label small muted" x="13" y="12" text-anchor="start">proven lower bound</text>\
        <g><title>A: 1 ms; proven lower bound 500 µs</title>
        <text class="label clear strong" x="0" y="39" text-anchor="start">A</text>\
        <rect class="fill0" x="1" y="46" width="175.5" height="16"/>\
        <line class="halo" x1="88.75" y1="44" x2="88.75" y2="64"/>\
        <line class="bound" x1="88.75" y1="44" x2="88.75" y2="64"/>\
        <text class="label clear" x="359" y="39" text-anchor="end">\
        <tspan class="strong">1 ms</tspan>\
        <tspan class="small muted" dx="8">50 % of bound</tspan></text></g>
        <g><title>B: 2 ms</title>
        <text class="label clear" x="0" y="85" text-anchor="start">B</text>\
        <rect class="fill0 quiet" x="1" y="92" width="351" height="16"/>\
        <text class="label clear" x="359" y="85" text-anchor="end">\
        <tspan class="strong">2 ms</tspan></text></g>
        </svg>

        """)
  }

  @Test func oneBarFarBeyondTheOthersIsCut() {
    func chart(_ values: [Double]) -> BarChart {
      BarChart(title: "", kind: .nanoseconds, rows: values.map { .init("", [$0]) })
    }
    #expect(chart([1, 2, 3]).cutOff == nil)
    #expect(chart([1, 2]).cutOff == nil)
    #expect(chart([1, 2, 100]).cutOff == 2.24)
    #expect(chart([1, 2, .infinity]).cutOff == nil)
    #expect(chart([]).cutOff == nil)
  }

  @Test func axesEndAtRoundNumbers() {
    let time = Axis.fromZero(to: 1.87e6, kind: .nanoseconds, tickCount: 5)
    #expect(time.ticks.map(\.label) == ["0", "0.5 ms", "1.0 ms", "1.5 ms", "2.0 ms"])
    let share = Axis.fromZero(to: 1, kind: .share, tickCount: 5)
    #expect(share.ticks.map(\.label) == ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
    let nothing = Axis.fromZero(to: 0, kind: .bytes, tickCount: 5)
    #expect(nothing.maximum == 1)
    let signed = Axis.fromZero(to: 0.35, downTo: -0.12, kind: .plain, tickCount: 5)
    #expect(signed.ticks.map(\.label) == ["−0.2", "−0.1", "0", "0.1", "0.2", "0.3", "0.4"])
    let sizes = Axis.spanning([8, 1, 2, 4], kind: .count, scale: .logarithmic, tickCount: 8)
    #expect(sizes.ticks.map(\.label) == ["1", "2", "4", "8"])
    #expect(sizes.place(of: 1) == 0)
    #expect(sizes.place(of: 8) == 1)
    #expect(sizes.place(of: 0) == nil)
  }

  @Test func axesSurviveEveryNumber() {
    let values = [
      0, 1, -1, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e-300,
      1e300, .infinity, -.infinity, .nan,
    ]
    for kind in NumberKind.allCases {
      for low in values {
        #expect(!HumanNumber.text(low, kind).isEmpty)
        for high in values {
          let axis = Axis.fromZero(to: high, downTo: low, kind: kind, tickCount: 5)
          #expect((2...9).contains(axis.ticks.count), "\(low) … \(high)")
          for scale in [PlotScale.linear, .logarithmic] {
            let many = values + [low, high] + (0..<20).map { Double($0) * 1e299 }
            let axis = Axis.spanning(many, kind: kind, scale: scale, tickCount: 5)
            #expect(axis.ticks.count <= 12)
          }
        }
      }
    }
  }

  @Test func strangeNumbersStayOutOfDrawings() {
    let points = [0.0, .nan, 1, .infinity, -.infinity, 1e300, -5].map { LineChart.Point($0, $0) }
    let lines = LineChart(
      title: "", xLabel: "", yLabel: "", xKind: .count, yKind: .bytes,
      series: [.init("a", points), .init("b", [])])
    let bars = BarChart(
      title: "", kind: .bytes,
      rows: points.map { .init("", [$0.x, $0.y], bound: $0.y) })
    let heat = HeatMap(
      title: "", rowLabel: "", columnLabel: "", rowCount: 1, columnCount: 7,
      cells: points.map(\.x), kind: .bytes, scale: .logarithmic)
    for plot in [Plot.lines(lines), .bars(bars), .heat(heat)] {
      for width in [360.0, 920] {
        let text = plot.markup(width: width, style: "plot").text
        for attribute in text.matches(of: /\b(?:x|y|x1|x2|y1|y2|width|height|cx|cy|d)="([^"]*)"/) {
          #expect(!attribute.1.contains(/nan|inf|e\+/), "\(attribute.0)")
        }
      }
    }
  }

  @Test func longCurvesAreThinnedToTheScreen() {
    let points = (0..<20_000).map { LineChart.Point(Double($0), Double($0 * 7919 % 1_000)) }
    let chart = LineChart(
      title: "", xLabel: "", yLabel: "", xKind: .count, yKind: .count,
      series: [.init("a", points)])
    let text = Plot.lines(chart).markup(width: 920, style: "plot").text
    let corners = text.filter { $0 == "L" }.count
    #expect((500...1_900).contains(corners))
  }

  @Test func namesOfCurvesDoNotTouch() {
    var curves: [[CurveNames.Place]] = []
    for rise in [15.0, 20, 25, 30] {
      curves.append((0..<6).map { (x: Double($0) * 60, y: 200 - Double($0) * rise) })
    }
    let names = CurveNames(
      curves: curves, obstacles: [], bounds: (left: 0, right: 400, top: 0, bottom: 210))
    let boxes = names.boxes(widths: [50, 60, 40, 70]).compactMap { $0 }
    #expect(boxes.count == 4)
    for (index, box) in boxes.enumerated() {
      for other in boxes.dropFirst(index + 1) {
        let apart =
          abs(box.y - other.y) >= CurveNames.Box.height
          || box.x + box.width <= other.x || other.x + other.width <= box.x
        #expect(apart)
      }
    }
  }

  @Test func svgFileStandsAlone() {
    let chart = BarChart(title: "<&\">", kind: .bytes, rows: [.init("</text><script>", [1])])
    let file = Plot.bars(chart).svgFile()
    #expect(file.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "))
    #expect(file.contains("prefers-color-scheme:dark"))
    #expect(file.contains("aria-label=\"&lt;&amp;&quot;&gt;\""))
    #expect(!file.contains("<script>"))
  }
}

@Suite struct HeatMapTests {
  private func map(_ size: Int, _ cells: [Double], scale: PlotScale = .linear) -> HeatMap {
    HeatMap(
      title: "", rowLabel: "source", columnLabel: "destination", rowCount: size,
      columnCount: size, cells: cells, kind: .bytes, scale: scale)
  }

  @Test func coloursRiseWithAmounts() {
    let raster = HeatRaster(map(2, [0, 1, 2, 4]))
    #expect(raster.image.pixels == [0, 65, 128, 255])
    let logarithmic = HeatRaster(map(2, [0, 1, 10, 100], scale: .logarithmic))
    #expect(logarithmic.image.pixels == [0, 1, 128, 255])
    #expect(HeatRaster(map(2, [0, 0, 0, .nan])).image.pixels == [0, 0, 0, 0])
  }

  @Test func largeMatricesAreAveragedInBlocks() {
    var large = map(5, (0..<25).map(Double.init))
    large.maximumResolution = 3
    let raster = HeatRaster(large)
    #expect(raster.block == 2)
    #expect(raster.rowCount == 3)
    #expect(raster.means == [3, 5, 6.5, 13, 15, 16.5, 20.5, 22.5, 24])
    let text = Plot.heat(large).markup(width: 360, style: "plot").text
    #expect(text.contains("a pixel is the mean of 2 × 2 cells"))
  }

  @Test func smallMatricesShowTheirNumbersInOneUnit() {
    let text = Plot.heat(map(2, [0, 4.1e6, 94.3e6, 500e3])).markup(width: 360, style: "plot").text
    #expect(text.contains(">94.3</text>"))
    #expect(text.contains(">0.5</text>"))
    #expect(text.contains("numbers in MB"))
    #expect(text.contains("<title>0 → 1: 4.1 MB</title>"))
  }

  @Test func lightnessRisesInEqualSteps() {
    // Lightness of OKLab (Ottosson 2020), from linear sRGB.
    func lightness(_ colour: Colour) -> Double {
      let (red, green, blue) = (linear(colour.red), linear(colour.green), linear(colour.blue))
      let long = cbrt(0.412_221_47 * red + 0.536_332_54 * green + 0.051_445_99 * blue)
      let middle = cbrt(0.211_903_50 * red + 0.680_699_55 * green + 0.107_396_96 * blue)
      let short = cbrt(0.088_302_46 * red + 0.281_718_84 * green + 0.629_978_70 * blue)
      return 0.210_454_26 * long + 0.793_617_79 * middle - 0.004_072_05 * short
    }
    func linear(_ channel: UInt8) -> Double {
      let value = Double(channel) / 255
      return value <= 0.040_45 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    let values = ColourMap.colours(33).map(lightness)
    for (low, high) in zip(values, values.dropFirst()) {
      #expect((0.012...0.03).contains(high - low))
    }
  }
}

@Suite struct PaletteTests {
  @Test(arguments: [PlotStyle.light, PlotStyle.dark])
  func textAndShapesHaveContrast(palette: PlotStyle.Palette) {
    let page = Colour(palette.page)
    #expect(Colour(palette.ink).contrast(with: page) >= 12)
    for colour in palette.series + [palette.muted, palette.good, palette.warning] {
      #expect(Colour(colour).contrast(with: page) >= 4.5)
    }
    #expect(Colour(palette.muted).contrast(with: Colour(palette.panel)) >= 4.5)
    #expect(palette.series.count == PlotStyle.seriesCount)
  }

  @Test func numbersOnEveryColourOfTheRampAreReadable() {
    for colour in ColourMap.colours(255) {
      let ink = colour.isBright ? Colour(0x10161C) : Colour(0xFFFFFF)
      #expect(colour.contrast(with: ink) >= 4.2)
    }
  }
}
