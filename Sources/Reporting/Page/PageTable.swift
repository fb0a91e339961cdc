/// A table of a page: human numbers to read, exact ones to sort by.
struct PageTable {
  let table: Table

  init(_ table: Table) { self.table = table }

  var markup: Markup {
    let shown = table.visibleColumns
    var children: [Markup] = []
    if !table.title.isEmpty { children.append(.make("caption", text: table.title)) }
    let headers = shown.map { index in
      let column = table.columns[index]
      return Markup.make(
        "th", ["scope": "col", "class": column.alignment == .right ? "number" : "words"],
        text: column.header)
    }
    children.append(.make("thead", [:], [.make("tr", [:], headers)]))
    let rows = table.rows.map { row in
      Markup.make("tr", ["class": name(of: row.emphasis)], shown.map { cell(row, $0) })
    }
    let empty = Markup.make(
      "tr", [:], [.make("td", ["class": "missing", "colspan": "\(shown.count)"], text: "no rows")])
    children.append(.make("tbody", [:], rows.isEmpty ? [empty] : rows))
    let scroller = Markup.make(
      "div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": table.title],
      [.make("table", table.rows.count > 1 ? ["class": "sortable"] : [:], children)])
    let notes = table.notes.map { Markup.make("p", ["class": "note"], Prose.markup($0)) }
    return .make("div", ["class": "table"], [scroller] + notes)
  }

  private func cell(_ row: Table.Row, _ index: Int) -> Markup {
    let column = table.columns[index]
    let cell = row.cells[index]
    let text = cell.human(column.kind)
    let side = column.alignment == .right ? "number" : "words"
    if case .missing = cell {
      let long = text.count > 16 ? " long" : ""
      return .make("td", ["class": side + " missing" + long], text: text)
    }
    guard cell.isNumeric, let exact = cell.exact else {
      let long = text.count > 24 ? " long" : ""
      return .make("td", ["class": side + long], text: text)
    }
    return .make("td", ["class": side, "data-value": exact], text: text)
  }

  private func name(of emphasis: Table.Emphasis) -> String {
    switch emphasis {
    case .none: "plain"
    case .best: "best"
    case .warning: "doubtful"
    }
  }
}
