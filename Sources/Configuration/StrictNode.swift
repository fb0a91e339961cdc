internal import Yams

/// A place in a YAML file that knows its file and line and refuses what it does not expect.
///
/// Every mapping is opened with the keys that it may hold, so a misspelt key is an error with the
/// nearest spelling, never a silently ignored setting.
struct StrictNode {
  let file: String
  /// Keys that lead here, "parallel.expert"; empty at the top.
  let path: String
  private let node: Node

  /// Parses one YAML document.
  init(yaml: String, file: String) throws(ConfigurationError) {
    self.file = file
    path = ""
    do {
      guard let root = try compose(yaml: yaml) else {
        throw ConfigurationError("the file is empty", at: file)
      }
      node = root
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw Self.invalid(error, file: file)
    }
  }

  /// The parser's reason; what it adds, a copy of the line, may be the whole file.
  private static func invalid(_ error: any Error, file: String) -> ConfigurationError {
    let words = String(describing: error)
    let shown = words.prefix(Self.quotedLength)
    return ConfigurationError(
      "not valid YAML: \(shown)\(shown.endIndex < words.endIndex ? "…" : "")", at: file)
  }

  /// Characters of a parser's message.
  private static let quotedLength = 400

  private init(file: String, path: String, node: Node) {
    self.file = file
    self.path = path
    self.node = node
  }

  /// "layout.yaml:12".
  var location: String { file + (node.mark.map { ":\($0.line)" } ?? "") }

  /// The values of a mapping by key; keys outside `allowed` and repeated keys are refused.
  func mapping(allowed: [String]) throws(ConfigurationError) -> [String: StrictNode] {
    guard let mapping = node.mapping else {
      throw ConfigurationError(
        "\(described) must be a mapping of keys", at: location,
        advice: "Keys: \(allowed.joined(separator: ", ")).")
    }
    var values: [String: StrictNode] = [:]
    for (keyNode, value) in mapping {
      let key = keyNode.string ?? ""
      let place = StrictNode(file: file, path: path.isEmpty ? key : "\(path).\(key)", node: keyNode)
      guard allowed.contains(key) else {
        throw ConfigurationError(
          "unknown key \"\(place.path)\"", at: place.location,
          advice: spellingAdvice(for: key, among: allowed)
            ?? "Keys: \(allowed.joined(separator: ", ")).")
      }
      guard values[key] == nil else {
        throw ConfigurationError("key \"\(place.path)\" stands twice", at: place.location)
      }
      values[key] = StrictNode(file: file, path: place.path, node: value)
    }
    return values
  }

  /// The items of a list.
  func list() throws(ConfigurationError) -> [StrictNode] {
    guard let sequence = node.sequence else {
      throw ConfigurationError("\(described) must be a list", at: location)
    }
    return sequence.enumerated().map { index, item in
      StrictNode(file: file, path: "\(path)[\(index)]", node: item)
    }
  }

  /// A whole number in a range.
  func integer(in range: ClosedRange<Int> = 1...1_000_000_000) throws(ConfigurationError) -> Int {
    guard let text = node.string, let value = Int(text.filter { $0 != "_" }) else {
      throw ConfigurationError("\(described) must be a whole number", at: location)
    }
    guard range.contains(value) else {
      throw ConfigurationError(
        "\(described) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)",
        at: location)
    }
    return value
  }

  /// Plain text.
  func text() throws(ConfigurationError) -> String {
    guard let text = node.string else {
      throw ConfigurationError("\(described) must be text", at: location)
    }
    return text
  }

  /// One of the words of an enumeration.
  func word<Word: RawRepresentable & CaseIterable>(
    _ type: Word.Type
  ) throws(ConfigurationError) -> Word where Word.RawValue == String {
    let text = try text()
    if let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue)
    throw ConfigurationError(
      "\(described) cannot be \"\(text)\"", at: location,
      advice: spellingAdvice(for: text, among: words)
        ?? "One of: \(words.joined(separator: ", ")).")
  }

  /// A number in a range.
  func number(in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
    guard let text = node.string, let value = Double(text), value.isFinite else {
      throw ConfigurationError("\(described) must be a number", at: location)
    }
    guard range.contains(value) else {
      throw ConfigurationError(
        "\(described) is \(text); it must be from \(range.lowerBound) to \(range.upperBound)",
        at: location)
    }
    return value
  }

  /// "true" or "false".
  func truth() throws(ConfigurationError) -> Bool {
    switch node.string {
    case "true": return true
    case "false": return false
    default: throw ConfigurationError("\(described) must be true or false", at: location)
    }
  }

  /// A rate with its unit, in bits per second and direction.
  func bitsPerSecond() throws(ConfigurationError) -> Double {
    try Quantity.bitsPerSecond(text(), at: location)
  }

  /// A duration with its unit, in nanoseconds.
  func nanoseconds() throws(ConfigurationError) -> Double {
    try Quantity.nanoseconds(text(), at: location)
  }

  private var described: String { path.isEmpty ? "the file" : "\"\(path)\"" }
}
