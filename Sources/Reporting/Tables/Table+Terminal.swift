extension Table {
  /// The table in fixed columns, numbers to the right, ending with a line end.
  ///
  /// Where the terminal is too narrow, first the headers wrap, then the last column of text, then
  /// the other columns of text; a terminal narrower still gets one block of lines for each row.
  /// Nothing is cut off.
  public func terminalText(_ style: TerminalStyle = TerminalStyle()) -> String {
    var result = ""
    if !title.isEmpty { result += style.paint(title.visible, .bold) + "\n" }
    let grid = TerminalGrid(self)
    if rows.isEmpty {
      result += style.paint("  (no rows)", .dim) + "\n"
    } else if let widths = grid.widths(fitting: style.width) {
      result += grid.lines(widths: widths, style: style)
    } else {
      result += grid.blocks(style: style)
      if !notes.isEmpty { result += "\n" }
    }
    for note in notes {
      for line in note.visible.wrapped(to: max(20, style.width ?? 100)) {
        result += style.paint(line, .dim) + "\n"
      }
    }
    return result
  }
}

/// The visible cells of a table as text, and the widths they want.
private struct TerminalGrid {
  let columns: [Table.Column]
  let cells: [[String]]
  let rows: [Table.Row]
  let shown: [Int]
  private static let gap = 2
  private static let narrowestText = 14

  init(_ table: Table) {
    shown = table.visibleColumns
    columns = shown.map { table.columns[$0] }
    rows = table.rows
    cells = table.rows.map { [shown] row in
      shown.map { row.cells[$0].human(table.columns[$0].kind).visible }
    }
  }

  /// A width for each column, nil when even the narrowest table does not fit.
  func widths(fitting limit: Int?) -> [Int]? {
    let content = columns.indices.map { column in
      cells.map { $0[column].displayWidth }.max() ?? 0
    }
    var widths = columns.indices.map { max(content[$0], columns[$0].header.displayWidth) }
    guard let limit else { return widths }
    func excess() -> Int { widths.reduce(0, +) + Self.gap * (widths.count - 1) - limit }
    if excess() <= 0 { return widths }
    for column in columns.indices {
      widths[column] = max(content[column], longestWord(columns[column].header))
    }
    // Words are broken only where nothing else helps.
    for keepsWords in [true, false] {
      for column in columns.indices.reversed() where excess() > 0 && columns[column].kind == nil {
        let words = keepsWords ? cells.map { longestWord($0[column]) }.max() ?? 0 : 0
        let narrowest = max(
          min(Self.narrowestText, widths[column]), longestWord(columns[column].header), words)
        widths[column] = max(narrowest, widths[column] - excess())
      }
    }
    return excess() <= 0 ? widths : nil
  }

  func lines(widths: [Int], style: TerminalStyle) -> String {
    var result = ""
    let headers = columns.indices.map {
      columns[$0].header.visible.wrapped(to: max(1, widths[$0]))
    }
    let height = headers.map(\.count).max() ?? 1
    let bottomAligned = headers.map { Array(repeating: "", count: height - $0.count) + $0 }
    result += block(bottomAligned, widths: widths) { _, text in style.paint(text, .bold) }
    let rule = widths.map { String(repeating: "─", count: $0) }
      .joined(separator: String(repeating: " ", count: Self.gap))
    result += style.paint(rule, .dim) + "\n"
    for (row, texts) in zip(rows, cells) {
      let wrapped = columns.indices.map { texts[$0].wrapped(to: max(1, widths[$0])) }
      result += block(wrapped, widths: widths) { column, text in
        style.paint(text, ink(of: row, column))
      }
    }
    return result
  }

  /// One row of wrapped cells as lines, without spaces at their ends.
  private func block(
    _ wrapped: [[String]], widths: [Int], paint: (Int, String) -> String
  ) -> String {
    var result = ""
    for line in 0..<(wrapped.map(\.count).max() ?? 0) {
      var text = ""
      var pending = 0
      for column in columns.indices {
        let cell = line < wrapped[column].count ? wrapped[column][line] : ""
        let padding = widths[column] - cell.displayWidth
        let isRight = columns[column].alignment == .right
        if column > 0 { pending += Self.gap }
        if isRight { pending += padding }
        if !cell.isEmpty {
          text += String(repeating: " ", count: pending) + paint(column, cell)
          pending = 0
        }
        if !isRight { pending += padding }
      }
      result += text + "\n"
    }
    return result
  }

  /// One line for each cell, for terminals too narrow for columns.
  func blocks(style: TerminalStyle) -> String {
    let labelWidth = columns.map(\.header.displayWidth).max() ?? 0
    let width = max(20, style.width ?? 80)
    let indent = min(labelWidth + Self.gap, width * 2 / 3)
    var result = ""
    for (index, (row, texts)) in zip(rows, cells).enumerated() {
      if index > 0 { result += "\n" }
      for column in columns.indices {
        let label = columns[column].header.visible
        let lines = texts[column].wrapped(to: max(8, width - indent))
        let isOverlong = label.displayWidth + Self.gap > indent
        let margin = String(repeating: " ", count: indent)
        result += style.paint(label, .dim)
        result += isOverlong ? "\n" + margin : String(margin.dropFirst(label.displayWidth))
        result += lines.map { style.paint($0, ink(of: row, column)) }.joined(
          separator: "\n" + margin)
        result += "\n"
      }
    }
    return result
  }

  private func ink(of row: Table.Row, _ column: Int) -> TerminalStyle.Ink? {
    if case .missing = row.cells[shown[column]] { return .dim }
    switch row.emphasis {
    case .none: return nil
    case .best: return .best
    case .warning: return .warning
    }
  }

  private func longestWord(_ text: String) -> Int {
    text.split(separator: " ").map(\.displayWidth).max() ?? 0
  }
}
