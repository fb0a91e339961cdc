/// What is wrong with a JSON text, at the first place where it is wrong.
package enum JSONDefect: Int, Error, Sendable, CaseIterable {
  case unexpectedByte
  case unterminated
  case controlByteInString
  case badEscape
  case badNumber
  case notAnInteger
  case integerTooLarge
  case notANumber
  case notAString
  case notAnObject
  case notAnArray
  case tooDeep
  case trailingBytes

  /// The defect in words, to stand in a ledger.
  package var words: String {
    switch self {
    case .unexpectedByte: "not JSON: a byte that cannot stand where it does"
    case .unterminated: "not JSON: the line ends inside a value"
    case .controlByteInString: "not JSON: a control byte inside a string"
    case .badEscape: "not JSON: an unknown escape inside a string"
    case .badNumber: "not JSON: a badly written number"
    case .notAnInteger: "a value that must be an integer is not one"
    case .integerTooLarge: "an integer of more than 64 bits"
    case .notANumber: "a value that must be a number is not one"
    case .notAString: "a value that must be a string is not one"
    case .notAnObject: "not a JSON object"
    case .notAnArray: "a value that must be a list is not one"
    case .tooDeep: "nested deeper than \(JSONCursor.depthLimit) levels"
    case .trailingBytes: "more bytes after the end of the JSON value"
    }
  }
}
