extension JSONValue {
  /// How a document is laid out; the bytes depend on nothing else.
  public enum Layout: Sendable {
    /// No white space, one line.
    case compact
    /// Two spaces of indentation; arrays of plain values stay on one line.
    case indented
  }

  /// The document as JSON text (RFC 8259), without a line end after it.
  public func text(_ layout: Layout = .indented) -> String {
    var writer = JSONWriter(isIndented: layout == .indented, isForMarkup: false)
    writer.write(self, depth: 0)
    return writer.text
  }

  /// JSON that can stand inside an HTML or XML script element: no `<`, `>` or `&`.
  package func textForMarkup() -> String {
    var writer = JSONWriter(isIndented: false, isForMarkup: true)
    writer.write(self, depth: 0)
    return writer.text
  }
}

private struct JSONWriter {
  let isIndented: Bool
  let isForMarkup: Bool
  var text = ""

  mutating func write(_ value: JSONValue, depth: Int) {
    switch value {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value): text += ExactNumber.text(value) ?? "null"
    case .string(let value): write(string: value)
    case .array(let values):
      let breaks = isIndented && values.contains { $0.isContainer }
      writeList(values, open: "[", close: "]", breaks: breaks, depth: depth) { writer, value in
        writer.write(value, depth: depth + 1)
      }
    case .object(let members):
      writeList(members, open: "{", close: "}", breaks: isIndented, depth: depth) {
        writer, member in
        writer.write(string: member.key)
        writer.text += writer.isIndented ? ": " : ":"
        writer.write(member.value, depth: depth + 1)
      }
    }
  }

  private mutating func writeList<Item>(
    _ items: [Item], open: String, close: String, breaks: Bool, depth: Int,
    writeItem: (inout JSONWriter, Item) -> Void
  ) {
    text += open
    for (index, item) in items.enumerated() {
      if index > 0 { text += breaks || !isIndented ? "," : ", " }
      if breaks { text += "\n" + String(repeating: "  ", count: depth + 1) }
      writeItem(&self, item)
    }
    if breaks, !items.isEmpty { text += "\n" + String(repeating: "  ", count: depth) }
    text += close
  }

  private mutating func write(string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "<", ">", "&":
        if isForMarkup { text += escape(scalar.value) } else { text.unicodeScalars.append(scalar) }
      default:
        if scalar.isControl || scalar.value == 0x2028 || scalar.value == 0x2029
          || (scalar.value & 0xFFFE) == 0xFFFE
        {
          for unit in String(scalar).utf16 { text += escape(UInt32(unit)) }
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }

  private func escape(_ unit: UInt32) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension JSONValue {
  fileprivate var isContainer: Bool {
    switch self {
    case .array, .object: true
    default: false
    }
  }
}
