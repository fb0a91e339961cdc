extension Table {
  /// The name of the field that says why other fields of a row are empty.
  public static let missingKey = "missing_because"

  /// Comma-separated values: RFC 4180's quoting, exact numbers, empty where a value is missing.
  ///
  /// Lines end with a line feed, which every reader takes and Unix tools expect; pass "\r\n" for
  /// the letter of the RFC. When some cell is missing with a reason, a last column
  /// `missing_because` holds "key: reason" pairs.
  public func csv(lineEnd: String = "\n") -> String {
    let hasReasons = rows.contains { $0.cells.contains { $0.reasonMissing != nil } }
    var header = columns.map(\.key)
    if hasReasons { header.append(Self.missingKey) }
    var result = CommaSeparatedLine.text(header) + lineEnd
    for row in rows {
      var fields = row.cells.map { $0.exact ?? "" }
      if hasReasons {
        fields.append(reasons(of: row).map { "\($0.key): \($0.reason)" }.joined(separator: "; "))
      }
      result += CommaSeparatedLine.text(fields) + lineEnd
    }
    return result
  }

  /// An array with one object for each row, keys in the order of the columns, exact numbers.
  ///
  /// A missing value is null; its reason stands in the row's `missing_because`.
  public var json: JSONValue {
    .array(
      rows.map { row in
        var members = zip(columns, row.cells).map { JSONValue.Member($0.key, $1.json) }
        let reasons = reasons(of: row)
        if !reasons.isEmpty {
          let notes = reasons.map { JSONValue.Member($0.key, .string($0.reason)) }
          members.append(JSONValue.Member(Self.missingKey, .object(notes)))
        }
        return .object(members)
      })
  }

  /// A pipe table as GitHub and pandoc read it, with human numbers.
  public var markdown: String {
    let shown = visibleColumns
    func line(_ fields: [String]) -> String { "| " + fields.joined(separator: " | ") + " |\n" }
    var result = title.isEmpty ? "" : "**" + Self.markdownText(title) + "**\n\n"
    result += line(shown.map { Self.markdownText(columns[$0].header) })
    result += line(shown.map { columns[$0].alignment == .right ? "---:" : ":---" })
    for row in rows {
      result += line(shown.map { Self.markdownText(row.cells[$0].human(columns[$0].kind)) })
    }
    for note in notes { result += "\n" + Self.markdownText(note) + "\n" }
    return result
  }

  private func reasons(of row: Row) -> [(key: String, reason: String)] {
    zip(columns, row.cells).compactMap { column, cell in
      cell.reasonMissing.map { (column.key, $0) }
    }
  }

  private static func markdownText(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "|", "\\", "`", "*", "_", "[", "]": result += "\\" + String(scalar)
      case "<": result += "&lt;"
      case "&": result += "&amp;"
      case "\n": result += " "
      default: result.unicodeScalars.append(scalar.isHarmful ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }
}
