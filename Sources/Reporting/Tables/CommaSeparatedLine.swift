/// One line of comma-separated values, as `Table.csv` writes it: RFC 4180's quoting.
package enum CommaSeparatedLine {
  /// The line of some fields, without its end.
  package static func text(_ fields: [String]) -> String {
    // A line that is one empty field would read as no line at all.
    if fields == [""] { return "\"\"" }
    return fields.map(quoted).joined(separator: ",")
  }

  /// The fields of a line that holds no line end, without their quotes.
  package static func fields(_ line: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    var characters = Substring(line).unicodeScalars
    while let scalar = characters.popFirst() {
      switch scalar {
      case "\"" where isQuoted && characters.first == "\"":
        characters.removeFirst()
        fields[fields.count - 1].append("\"")
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].unicodeScalars.append(scalar)
      }
    }
    return fields
  }

  private static func quoted(_ field: String) -> String {
    // By scalar: "\r\n" is one Character and would be overlooked.
    let needsQuotes = field.unicodeScalars.contains {
      $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r"
    }
    guard needsQuotes else { return field }
    // By scalar here too: a quote with an accent on it is still a quote.
    var quoted = "\""
    for scalar in field.unicodeScalars {
      if scalar == "\"" { quoted += "\"" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
  }
}
