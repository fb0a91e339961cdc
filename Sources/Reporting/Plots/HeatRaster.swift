/// The pixels of a heat map: averaged to a size that a screen can show, then coloured.
package struct HeatRaster: Sendable {
  /// Rows and columns of the matrix in one pixel.
  package let block: Int
  package let rowCount: Int
  package let columnCount: Int
  /// Mean amount of each pixel, 0 where there is nothing.
  package let means: [Double]
  /// Spans the amounts that have a colour.
  package let axis: Axis
  package static let colourCount = 255

  package init(_ map: HeatMap) {
    let largestSide = max(map.rowCount, map.columnCount)
    let limit = max(1, map.maximumResolution)
    block = (largestSide + limit - 1) / limit
    rowCount = (map.rowCount + block - 1) / block
    columnCount = (map.columnCount + block - 1) / block
    means = Self.averaged(map, block: block, rows: rowCount, columns: columnCount)
    let amounts = means.filter { $0 > 0 }
    let largest = amounts.max() ?? 1
    let smallest = map.scale == .logarithmic ? amounts.min() ?? largest : 0
    axis = Axis(minimum: smallest, maximum: largest, scale: map.scale)
  }

  private static func averaged(_ map: HeatMap, block: Int, rows: Int, columns: Int) -> [Double] {
    var result = [Double](repeating: 0, count: rows * columns)
    for row in 0..<rows {
      let rowRange = row * block..<min((row + 1) * block, map.rowCount)
      for column in 0..<columns {
        let columnRange = column * block..<min((column + 1) * block, map.columnCount)
        var sum = 0.0
        for cellRow in rowRange {
          for cellColumn in columnRange {
            let amount = map.cells[cellRow * map.columnCount + cellColumn]
            if amount.isFinite, amount > 0 { sum += amount }
          }
        }
        result[row * columns + column] = sum / Double(rowRange.count * columnRange.count)
      }
    }
    return result
  }

  /// The colour number of an amount: 0 is nothing, 1 … 255 rise with the amount.
  package func colourIndex(of amount: Double) -> UInt8 {
    guard amount > 0, let place = axis.place(of: amount) else { return 0 }
    return UInt8(clamping: 1 + Int((place * Double(Self.colourCount - 1)).rounded()))
  }

  package static let palette = [Colour(0xFFFFFF)] + ColourMap.colours(colourCount)

  package var image: PalettePNG {
    PalettePNG(
      width: columnCount, height: rowCount, palette: Self.palette,
      pixels: means.map(colourIndex), isFirstTransparent: true)
  }

  /// One line with every colour, for the legend.
  package static var ramp: PalettePNG {
    PalettePNG(
      width: colourCount, height: 1, palette: palette,
      pixels: (1...colourCount).map { UInt8($0) })
  }
}
