/// A heat map with its places worked out for one width.
struct HeatDrawing {
  let map: HeatMap
  let raster: HeatRaster
  let width: Double
  private(set) var height: Double
  let left, top, mapWidth, mapHeight: Double
  /// The amounts in one unit for all, nil where there is no room for them.
  private var amountsInUnit: [String]?
  private let unit: UnitStep
  /// What is said under the legend, a line each.
  private var remarks: [String]

  init(_ map: HeatMap, width: Double) {
    self.map = map
    raster = HeatRaster(map)
    let names = map.rowNames.isEmpty ? [String(map.rowCount - 1)] : map.rowNames
    let widestName = names.map { PlotText.width($0, size: 12) }.max() ?? 0
    left = min(widestName, 110) + 12
    let largestSide = Double(max(map.rowCount, map.columnCount))
    let side = min(width - left - 2, 470)
    mapWidth = side * Double(map.columnCount) / largestSide
    mapHeight = max(side * Double(map.rowCount) / largestSide, 12)
    top = 40
    self.width = left + max(mapWidth, min(side, 260)) + 2
    unit = HumanNumber.step(for: raster.axis.maximum, of: map.kind.steps)
    remarks = []
    if raster.block > 1 {
      remarks.append("a pixel is the mean of \(raster.block) × \(raster.block) cells")
    }
    if map.scale == .logarithmic { remarks.append("logarithmic colours") }
    height = top + mapHeight + 50 + 16 * Double(remarks.count)
    guard raster.block == 1, map.rowCount <= 16, map.columnCount <= 16 else { return }
    let texts = map.cells.map { HumanNumber.text($0 / unit.scale, .plain) }
    let widest = texts.map { PlotText.width($0, size: 11) }.max() ?? 0
    guard widest + 4 <= cellWidth, cellHeight >= 16 else { return }
    amountsInUnit = texts
    guard !unitName.isEmpty else { return }
    remarks.append("numbers in \(unitName)")
    height += 16
  }

  /// " MB", "$ M" without spaces around.
  private var unitName: String {
    (unit.prefix + unit.suffix).split(separator: " ").joined(separator: " ")
  }

  private var cellWidth: Double { mapWidth / Double(map.columnCount) }
  private var cellHeight: Double { mapHeight / Double(map.rowCount) }

  var drawing: Drawing {
    let right = left + mapWidth
    let frame = [
      SVG.text("\(map.rowLabel) ↓", x: 0, y: 12, style: "small muted"),
      SVG.text("\(map.columnLabel) →", x: right, y: 12, anchor: .end, style: "small muted"),
      SVG.rectangle(x: left, y: top, width: mapWidth, height: mapHeight, style: "empty"),
      SVG.image(raster.image, x: left, y: top, width: mapWidth, height: mapHeight),
    ]
    return Drawing(
      width: width, height: height,
      shapes: frame + divisions() + axes() + amounts() + legend())
  }

  private func divisions() -> [Markup] {
    guard let group = map.groupSize, group > 0, Double(group) * min(cellWidth, cellHeight) >= 14
    else { return [] }
    let columns = stride(from: group, to: map.columnCount, by: group).map { column in
      let x = left + Double(column) * cellWidth
      return SVG.line(x, top, x, top + mapHeight, style: "divide")
    }
    let rows = stride(from: group, to: map.rowCount, by: group).map { row in
      let y = top + Double(row) * cellHeight
      return SVG.line(left, y, left + mapWidth, y, style: "divide")
    }
    return columns + rows
  }

  private func axes() -> [Markup] {
    let columnNames = names(map.columnNames, count: map.columnCount)
    let rowNames = names(map.rowNames, count: map.rowCount)
    let widest = columnNames.map { PlotText.width($0, size: 12) }.max() ?? 0
    let columnStep = labelStep(count: map.columnCount, spacing: cellWidth, needed: widest + 8)
    let rowStep = labelStep(count: map.rowCount, spacing: cellHeight, needed: 15)
    var result: [Markup] = []
    for column in stride(from: 0, to: map.columnCount, by: columnStep) {
      let x = left + (Double(column) + 0.5) * cellWidth
      result.append(
        SVG.text(columnNames[column], x: x, y: top - 7, anchor: .middle, style: "small muted"))
    }
    for row in stride(from: 0, to: map.rowCount, by: rowStep) {
      let y = top + (Double(row) + 0.5) * cellHeight + 4
      let name = PlotText.fitted(rowNames[row], size: 12, limit: left - 8)
      result.append(SVG.text(name, x: left - 8, y: y, anchor: .end, style: "small muted"))
    }
    return result
  }

  private func names(_ given: [String], count: Int) -> [String] {
    given.count == count ? given : (0..<count).map(String.init)
  }

  /// Every how many names there is room for one: 1, 2, 4, 8 … as groups of ranks come.
  private func labelStep(count: Int, spacing: Double, needed: Double) -> Int {
    var step = 1
    while Double(step) * spacing < needed, step < count { step *= 2 }
    return step
  }

  /// The numbers themselves where they fit, and what the pointer shows.
  private func amounts() -> [Markup] {
    guard raster.block == 1, map.rowCount <= 16, map.columnCount <= 16 else { return [] }
    let texts = map.cells.map { HumanNumber.text($0, map.kind) }
    let rowNames = names(map.rowNames, count: map.rowCount)
    let columnNames = names(map.columnNames, count: map.columnCount)
    var result: [Markup] = []
    for (index, text) in texts.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: map.columnCount)
      let x = left + Double(column) * cellWidth
      let y = top + Double(row) * cellHeight
      let colour = raster.colourIndex(of: map.cells[index])
      if colour > 0, let written = amountsInUnit?[index] {
        let ink = HeatRaster.palette[Int(colour)].isBright ? "on-light" : "on-dark"
        result.append(
          SVG.text(
            written, x: x + cellWidth / 2, y: y + cellHeight / 2 + 4, anchor: .middle,
            style: "tiny \(ink)"))
      }
      result.append(
        SVG.rectangle(
          x: x, y: y, width: cellWidth, height: cellHeight, style: "sense",
          tip: "\(rowNames[row]) → \(columnNames[column]): \(text)"))
    }
    return result
  }

  private func legend() -> [Markup] {
    let y = top + mapHeight + 16
    let hasNothing = raster.means.contains { $0 <= 0 }
    let swatch = hasNothing ? 62.0 : 0
    let rampLeft = left + swatch
    let rampWidth = max(120, width - rampLeft - 2)
    var result = [
      SVG.image(HeatRaster.ramp, x: rampLeft, y: y, width: rampWidth, height: 10)
    ]
    if hasNothing {
      result.append(SVG.rectangle(x: left, y: y, width: 10, height: 10, style: "empty"))
      result.append(SVG.text("none", x: left + 16, y: y + 10, style: "small muted"))
    }
    let (low, high) = (raster.axis.minimum, raster.axis.maximum)
    let middle = map.scale == .logarithmic ? (low * high).squareRoot() : (low + high) / 2
    let ends: [(Double, Double, SVG.Anchor)] = [
      (low, rampLeft, .start), (middle, rampLeft + rampWidth / 2, .middle),
      (high, rampLeft + rampWidth, .end),
    ]
    for (value, x, anchor) in ends {
      result.append(
        SVG.text(
          HumanNumber.text(value, map.kind), x: x, y: y + 25, anchor: anchor, style: "small muted"))
    }
    for (line, remark) in remarks.enumerated() {
      result.append(
        SVG.text(remark, x: left, y: y + 43 + Double(line) * 16, style: "small muted"))
    }
    return result
  }
}
