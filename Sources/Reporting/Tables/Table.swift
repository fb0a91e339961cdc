/// Rows of typed values that can be written for a terminal, a page, a spreadsheet or a program.
public struct Table: Sendable, Hashable {
  /// Where the text of a column stands.
  public enum Alignment: Sendable, Hashable { case left, right }

  /// One column.
  public struct Column: Sendable, Hashable {
    /// The key in CSV and JSON, with its unit: "completion_ns".
    public var key: String
    /// The words over the column; people see the unit in each value.
    public var header: String
    /// What its numbers count, nil for a column of text.
    public var kind: NumberKind?
    public var alignment: Alignment
    /// Left out where people read, kept in CSV and JSON.
    public var isForMachinesOnly: Bool

    /// A column of text, left-aligned.
    public static func text(
      _ key: String, _ header: String, isForMachinesOnly: Bool = false
    ) -> Column {
      Column(
        key: key, header: header, kind: nil, alignment: .left,
        isForMachinesOnly: isForMachinesOnly)
    }

    /// A column of numbers, right-aligned.
    public static func number(
      _ key: String, _ header: String, _ kind: NumberKind, isForMachinesOnly: Bool = false
    ) -> Column {
      Column(
        key: key, header: header, kind: kind, alignment: .right,
        isForMachinesOnly: isForMachinesOnly)
    }
  }

  /// What makes a row stand out.
  public enum Emphasis: Sendable, Hashable { case none, best, warning }

  /// One row: a cell for each column.
  public struct Row: Sendable, Hashable {
    public var cells: [Cell]
    public var emphasis: Emphasis
  }

  /// The line over the table; may be empty.
  public var title: String
  public let columns: [Column]
  public private(set) var rows: [Row] = []
  /// Sentences under the table: assumptions, what a word means.
  public var notes: [String] = []

  /// An empty table; keys must differ.
  public init(_ title: String, columns: [Column]) {
    precondition(Set(columns.map(\.key)).count == columns.count, "two columns share a key")
    self.title = title
    self.columns = columns
  }

  /// Adds a row with one cell for each column.
  public mutating func append(_ cells: [Cell], emphasis: Emphasis = .none) {
    precondition(cells.count == columns.count, "a row needs one cell for each column")
    rows.append(Row(cells: cells, emphasis: emphasis))
  }

  /// Parameters with their units: people see "25 ms", machines the exact value and its unit.
  ///
  /// `origin` says where a value comes from: default, file and line, flag.
  public static func parameters(
    _ title: String, _ entries: [(name: String, value: Cell, origin: String)]
  ) -> Table {
    var table = Table(
      title,
      columns: [
        .text("parameter", "Parameter"),
        Column(
          key: "value", header: "Value", kind: nil, alignment: .right, isForMachinesOnly: false),
        .text("unit", "Unit", isForMachinesOnly: true),
        .text("origin", "From"),
      ])
    for entry in entries {
      let unit: Cell =
        switch entry.value {
        case .integer(_, let kind), .number(_, let kind): .text(kind?.unitKey ?? "")
        default: .text("")
        }
      table.append([.text(entry.name), entry.value, unit, .text(entry.origin)])
    }
    return table
  }

  /// Indices of the columns that people see.
  package var visibleColumns: [Int] { columns.indices.filter { !columns[$0].isForMachinesOnly } }
}

/// The forms of `--format`.
public enum TableFormat: String, Sendable, CaseIterable {
  case table, json, csv, markdown
}

extension Table {
  /// The table in a form, ending with a line end.
  public func text(_ format: TableFormat, style: TerminalStyle = TerminalStyle()) -> String {
    switch format {
    case .table: terminalText(style)
    case .json: json.text(.indented) + "\n"
    case .csv: csv()
    case .markdown: markdown
    }
  }
}
