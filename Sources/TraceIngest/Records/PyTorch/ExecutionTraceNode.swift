internal import TraceModel

/// A `record_param_comms` node of an execution trace, in any of the three generations of the format.
///
/// Its inputs are, in this order and not all in all generations: tensor or tensors, sequence number
/// (or the pair of it and "is point to point"), process group (a pointer; a name; or name and
/// description), rank, collective's name, list of input shares, list of output shares, first rank,
/// stride and size of the group (PyTorch, ParamCommsUtils.hpp and execution_trace_observer.cpp).
/// From 1.1 on the attributes say the same once more. Shares count rows of the first dimension.
struct ExecutionTraceNode {
  /// Keys of a node that are looked at, by their numbers below.
  static let keys = ["name", "id", "parent", "ctrl_deps", "inputs", "outputs", "attrs"]
  static let (name, id, parent, controlParent) = (0, 1, 2, 3)
  static let (inputs, outputs, attributes) = (4, 5, 6)

  var collective = ""
  var call = CommsCall(kind: .allReduce)
  var group = CommsGroup(name: "")
  /// The rank in the record: that of the recording process in its group, or a root or peer.
  var rank: Int32?
  var device: Int32?

  private init() {}

  /// - Parameter places: where the values of the node's keys stand.
  static func read(
    _ text: RawSpan, _ places: JSONRecord
  ) throws(JSONDefect) -> ExecutionTraceNode {
    var node = ExecutionTraceNode()
    var outputTensors: [Tensor] = []
    if var cursor = places.cursor(at: outputs), let values = try values(text, &cursor) {
      for value in values { outputTensors += try tensors(text, value) }
    }
    if var cursor = places.cursor(at: inputs), let values = try values(text, &cursor) {
      try node.readInputs(values, outputs: outputTensors, text)
    }
    if let cursor = places.cursor(at: attributes) { try node.readAttributes(text, cursor) }
    return node
  }

  /// The list of values, which later generations put into an object beside shapes and types.
  private static func values(
    _ text: RawSpan, _ cursor: inout JSONCursor
  ) throws(JSONDefect) -> [JSONCursor]? {
    guard cursor.beginsObject(text) else { return try cursor.elements(text) }
    var found: [JSONCursor]?
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = try cursor.memberName(text)
      if text.string(in: key) == "values" {
        found = try cursor.elements(text)
      } else {
        try cursor.skipValue(text)
      }
      hasMore = try cursor.anotherMember(text)
    }
    return found
  }

  // MARK: Inputs

  private mutating func readInputs(
    _ values: [JSONCursor], outputs: [Tensor], _ text: RawSpan
  ) throws(JSONDefect) {
    // The collective's name is the last text among them: a group's name may stand before it.
    var place = values.count - 1
    while place >= 0, text.byte(at: values[place].position) != UInt8(ascii: "\"") { place -= 1 }
    guard place >= 0 else { return }
    var cursor = values[place]
    collective = text.string(in: try cursor.rawString(text))
    if place >= 1 {
      rank = try Self.integer(text, values[place - 1]).flatMap { Int32(exactly: $0) }
    }
    if place >= 2 { try readGroup(text, values[place - 2]) }
    if place >= 3 { call.sequence = try Self.integer(text, values[place - 3]) }
    let lists = values.dropFirst(place + 1).prefix(2).map { $0 }
    if lists.count == 2 {
      call.sentRows = try Self.shares(text, lists[0])
      call.receivedRows = try Self.shares(text, lists[1])
    }
    if values.count >= place + 6 {
      var numbers: [Int64] = []
      for value in values[(place + 3)..<(place + 6)] {
        numbers.append(try Self.integer(text, value) ?? -1)
      }
      group.members = CommsGroup.members(start: numbers[0], stride: numbers[1], count: numbers[2])
      group.size = Int32(clamping: max(0, numbers[2]))
    }
    if place >= 4 { take(try Self.tensors(text, values[place - 4]), outputs: outputs) }
  }

  /// Sizes of the payload; several tensors in an all-to-all are one for each member.
  private mutating func take(_ inputs: [Tensor], outputs: [Tensor]) {
    device = inputs.lazy.compactMap(\.device).first
    if let first = inputs.first ?? outputs.first { call.elementBytes = first.elementBytes }
    if !inputs.isEmpty { call.inputElements = Self.elements(of: inputs) }
    if !outputs.isEmpty { call.outputElements = Self.elements(of: outputs) }
    guard case .kind(.allToAll) = CommsKind.named(collective) else { return }
    if inputs.count > 1, call.sentRows?.isEmpty ?? true {
      call.sentRows = inputs.map { Int32(clamping: $0.elements) }
    }
    if outputs.count > 1, call.receivedRows?.isEmpty ?? true {
      call.receivedRows = outputs.map { Int32(clamping: $0.elements) }
    }
  }

  private mutating func readGroup(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) {
    var cursor = place
    switch text.byte(at: place.position) {
    case UInt8(ascii: "["):
      var words: [String] = []
      for element in try cursor.elements(text) {
        var word = element
        words.append(text.string(in: try word.rawString(text)))
      }
      group.name = words.first ?? ""
      group.description = words.dropFirst().first ?? ""
    case UInt8(ascii: "\""): group.name = text.string(in: try cursor.rawString(text))
    default:
      // A pointer: exact as written, whatever its size.
      try cursor.skipValue(text)
      group.name = "@" + text.string(in: place.position..<cursor.position)
    }
  }

  /// An integer, or the first of a pair; nil for anything else.
  private static func integer(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) -> Int64? {
    var cursor = place
    switch text.byte(at: place.position) {
    case UInt8(ascii: "["):
      guard let first = try cursor.elements(text).first else { return nil }
      return text.byte(at: first.position) == UInt8(ascii: "[") ? nil : try integer(text, first)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try cursor.integer(text)
    default: return nil
    }
  }

  private static func shares(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) -> [Int32]? {
    guard text.byte(at: place.position) == UInt8(ascii: "[") else { return nil }
    var cursor = place
    return try cursor.integers(text)
  }

  // MARK: Tensors

  private struct Tensor {
    var elements: Int64
    var elementBytes: Int64
    var device: Int32?
  }

  /// Clamped: one more than what is believed stays that.
  private static func elements(of tensors: [Tensor]) -> Int64 {
    tensors.reduce(0) {
      min($0 + min($1.elements, CommsCall.elementLimit + 1), CommsCall.elementLimit + 1)
    }
  }

  /// A tensor is [id, storage, offset, elements, bytes of one, device]; lists of them occur.
  private static func tensors(
    _ text: RawSpan, _ place: JSONCursor, depth: Int = 0
  ) throws(JSONDefect) -> [Tensor] {
    guard depth < 3, text.byte(at: place.position) == UInt8(ascii: "[") else { return [] }
    var cursor = place
    let parts = try cursor.elements(text)
    guard let first = parts.first else { return [] }
    if text.byte(at: first.position) == UInt8(ascii: "[") {
      var all: [Tensor] = []
      for part in parts { all += try tensors(text, part, depth: depth + 1) }
      return all
    }
    guard parts.count >= 5, let elements = try integer(text, parts[3]),
      let size = try integer(text, parts[4]), elements >= 0, size > 0, size <= 64
    else { return [] }
    return [Tensor(elements: elements, elementBytes: size, device: try device(text, parts))]
  }

  /// The number in "cuda:5".
  private static func device(_ text: RawSpan, _ parts: [JSONCursor]) throws(JSONDefect) -> Int32? {
    guard parts.count >= 6, text.byte(at: parts[5].position) == UInt8(ascii: "\"") else {
      return nil
    }
    var cursor = parts[5]
    return text.string(in: try cursor.rawString(text)).split(separator: ":").dropFirst().first
      .flatMap { Int32(String($0)) }
  }

  // MARK: Attributes

  /// Attributes fill what the inputs left open.
  private mutating func readAttributes(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) {
    var cursor = place
    var start: Int64 = -1
    var stride: Int64 = -1
    for element in try cursor.elements(text) {
      var attribute = element
      var key = ""
      var value: JSONCursor?
      var hasMore = try attribute.beginObject(text)
      while hasMore {
        let name = text.string(in: try attribute.memberName(text))
        _ = attribute.firstByte(text)
        if name == "name" {
          key = text.string(in: try attribute.rawString(text))
        } else {
          if name == "value" { value = attribute }
          try attribute.skipValue(text)
        }
        hasMore = try attribute.anotherMember(text)
      }
      guard let value else { continue }
      switch key {
      case "global_rank_start": start = try Self.integer(text, value) ?? -1
      case "global_rank_stride": stride = try Self.integer(text, value) ?? -1
      default: try readAttribute(key, value, text)
      }
    }
    if group.members.isEmpty {
      group.members = CommsGroup.members(start: start, stride: stride, count: Int64(group.size))
    }
  }

  private mutating func readAttribute(
    _ key: String, _ value: JSONCursor, _ text: RawSpan
  ) throws(JSONDefect) {
    switch key {
    case "collective_name": if collective.isEmpty { collective = try Self.words(text, value) }
    case "dtype":
      if call.elementBytes == 0 {
        call.elementBytes = elementBytes(ofType: try Self.words(text, value)) ?? 0
      }
    case "in_msg_nelems":
      if call.inputElements < 0 { call.inputElements = try Self.integer(text, value) ?? -1 }
    case "out_msg_nelems":
      if call.outputElements < 0 { call.outputElements = try Self.integer(text, value) ?? -1 }
    case "in_split_size":
      if call.sentRows == nil { call.sentRows = try shares(ofText: value, text) }
    case "out_split_size":
      if call.receivedRows == nil { call.receivedRows = try shares(ofText: value, text) }
    case "pg_name": if group.name.isEmpty { group.name = try Self.words(text, value) }
    case "pg_desc": if group.description.isEmpty { group.description = try Self.words(text, value) }
    case "pg_size":
      if group.size == 0 { group.size = Int32(clamping: try Self.integer(text, value) ?? 0) }
    default: break
    }
  }

  private mutating func shares(
    ofText value: JSONCursor, _ text: RawSpan
  ) throws(JSONDefect) -> [Int32]? {
    var cursor = value
    guard let list = IntegerListText(text, try cursor.rawString(text)) else { return nil }
    if list.isCut { call.isCut = true }
    return list.isCut ? nil : list.values
  }

  private static func words(_ text: RawSpan, _ place: JSONCursor) throws(JSONDefect) -> String {
    var cursor = place
    return text.string(in: try cursor.rawString(text))
  }
}
