/// A matrix of amounts as colours: how much goes from each row to each column.
public struct HeatMap: Sendable, Hashable {
  public var title: String
  /// What rows and columns are: "source server", "destination server".
  public var rowLabel: String
  public var columnLabel: String
  public let rowCount: Int
  public let columnCount: Int
  /// `rowCount * columnCount` amounts, row by row; 0 and NaN are drawn as "nothing".
  public let cells: [Double]
  public var kind: NumberKind
  public var scale: PlotScale
  /// Rows and columns between two dividing lines (a server's ranks, a region), nil without lines.
  public var groupSize: Int?
  /// Names of rows and columns; without them they are numbered from 0.
  public var rowNames: [String] = []
  public var columnNames: [String] = []
  /// Rows or columns beyond which neighbours are averaged into one pixel.
  public var maximumResolution = 512

  /// A matrix of at least one row and column.
  public init(
    title: String, rowLabel: String, columnLabel: String, rowCount: Int, columnCount: Int,
    cells: [Double], kind: NumberKind, scale: PlotScale = .linear, groupSize: Int? = nil
  ) {
    precondition(rowCount > 0 && columnCount > 0 && cells.count == rowCount * columnCount)
    self.title = title
    self.rowLabel = rowLabel
    self.columnLabel = columnLabel
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.cells = cells
    self.kind = kind
    self.scale = scale
    self.groupSize = groupSize
  }

  /// A square matrix of whole amounts, row by row.
  public init(
    title: String, rowLabel: String, columnLabel: String, size: Int, cells: [Int64],
    kind: NumberKind, scale: PlotScale = .linear, groupSize: Int? = nil
  ) {
    self.init(
      title: title, rowLabel: rowLabel, columnLabel: columnLabel, rowCount: size,
      columnCount: size, cells: cells.map(Double.init), kind: kind, scale: scale,
      groupSize: groupSize)
  }

  /// A PNG file with one pixel for each cell (or block of cells); empty cells are
  /// transparent.
  public var pngFile: [UInt8] { HeatRaster(self).image.bytes }
}
