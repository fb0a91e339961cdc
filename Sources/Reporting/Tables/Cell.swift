/// One value of a table, exact; how it looks is decided when it is written.
public enum Cell: Sendable, Hashable {
  case text(String)
  /// A whole number; `as` overrides the column's kind, for columns whose rows differ in unit.
  case integer(Int64, as: NumberKind? = nil)
  /// A number in the base unit of its kind.
  case number(Double, as: NumberKind? = nil)
  case flag(Bool)
  /// No value, and why in a few words: "not measurable". An empty reason is shown as "–".
  case missing(String)

  /// A whole number; one beyond Int64 becomes the nearest Double.
  public init(_ value: some BinaryInteger, as kind: NumberKind? = nil) {
    self = Int64(exactly: value).map { .integer($0, as: kind) } ?? .number(Double(value), as: kind)
  }

  /// A number, or why there is none.
  public init(_ value: Double?, as kind: NumberKind? = nil, orMissing reason: String) {
    self = value.map { .number($0, as: kind) } ?? .missing(reason)
  }

  /// What people read.
  public func human(_ columnKind: NumberKind?) -> String {
    switch self {
    case .text(let text): text
    case .integer(let value, let kind): HumanNumber.text(value, kind ?? columnKind ?? .count)
    case .number(let value, let kind): HumanNumber.text(value, kind ?? columnKind ?? .plain)
    case .flag(let value): value ? "yes" : "no"
    case .missing(let reason): reason.isEmpty ? "–" : reason
    }
  }

  /// What machines read; nil where there is no value.
  public var exact: String? {
    switch self {
    case .text(let text): text
    case .integer(let value, _): String(value)
    case .number(let value, _): ExactNumber.text(value)
    case .flag(let value): value ? "true" : "false"
    case .missing: nil
    }
  }

  /// The value in a JSON document.
  public var json: JSONValue {
    switch self {
    case .text(let text): .string(text)
    case .integer(let value, _): .integer(value)
    case .number(let value, _): .number(value)
    case .flag(let value): .bool(value)
    case .missing: .null
    }
  }

  /// Why there is no value, nil where there is one or no reason was given.
  public var reasonMissing: String? {
    guard case .missing(let reason) = self, !reason.isEmpty else { return nil }
    return reason
  }

  package var isNumeric: Bool {
    switch self {
    case .integer, .number: true
    default: false
    }
  }
}

extension Cell: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
}
