/// A rectangular table of assignments.
struct TokenMatrix {
  var rowCount = 0
  var columnCount = 0
  /// Row-major.
  var cells: [Int64] = []

  /// Reads one line; nil with the words of what is wrong.
  static func read(_ line: RawSpan) throws(JSONDefect) -> (TokenMatrix, defect: String?) {
    var matrix = TokenMatrix()
    var cursor = JSONCursor()
    var defect: String?
    var hasMoreRows = try cursor.beginArray(line)
    while hasMoreRows {
      let before = matrix.cells.count
      var hasMore = try cursor.beginArray(line)
      while hasMore {
        let cell = try cursor.integer(line)
        if cell < 0 || cell > Int64(UInt32.max) * 1024 {
          defect = defect ?? "row \(matrix.rowCount) holds \(cell), which is no count of tokens"
        }
        matrix.cells.append(cell)
        hasMore = try cursor.anotherElement(line)
      }
      let width = matrix.cells.count - before
      if matrix.rowCount == 0 { matrix.columnCount = width }
      if width != matrix.columnCount {
        defect =
          defect
          ?? "row \(matrix.rowCount) has \(width) cells, the first row has \(matrix.columnCount)"
      }
      matrix.rowCount += 1
      hasMoreRows = try cursor.anotherElement(line)
    }
    try cursor.end(line)
    return (matrix, defect)
  }
}
