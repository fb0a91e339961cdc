internal import ChakraSchema
internal import TraceModel

/// What a node of a Chakra trace is to a trace of communication.
enum ChakraNode {
  /// The process group of a collective that names none.
  static let allRanks = "group 0"

  case call(CommsCall, group: CommsGroup)
  case compute(microseconds: Int64)
  case skipped(String)
  case rejected(String)

  /// Longest time that is believed: 35 years of microseconds.
  private static let timeLimit: UInt64 = 1 << 50

  init(_ node: SchemaNode) {
    switch node.type {
    case .compNode, .memLoadNode, .memStoreNode:
      self = .compute(microseconds: Int64(min(node.durationMicros, Self.timeLimit)))
    case .commCollNode: self = Self.collective(node)
    case .commSendNode: self = Self.message(node, kind: .send, peer: "comm_dst")
    case .commRecvNode: self = Self.message(node, kind: .receive, peer: "comm_src")
    case .metadataNode: self = .skipped("a metadata node")
    case .invalidNode, .UNRECOGNIZED: self = .rejected("a node of a type that is not known")
    }
  }

  /// `CollectiveCommType` of the schema.
  private static func kind(ofType type: Int64) -> CommsKind? {
    switch type {
    case 0: .allReduce
    case 1: .reduce
    case 2: .allGather
    case 3: .gather
    case 4: .scatter
    case 5: .broadcast
    case 6: .allToAll
    case 7, 8: .reduceScatter
    default: nil
    }
  }

  private static func collective(_ node: SchemaNode) -> ChakraNode {
    let attributes = ChakraAttributes(node.attr)
    guard let type = attributes.integer("comm_type") else {
      return attributes.integer("comm_size") == nil
        ? .skipped("a collective's call on the processor: its kernel is a node of its own")
        : .rejected("a collective without its type")
    }
    if type == 9 { return .skipped("a barrier: moves no payload") }
    guard let kind = kind(ofType: type) else {
      return .rejected("a collective of a type that is not known")
    }
    guard let bytes = attributes.integer("comm_size"), (0...CommsCall.elementLimit).contains(bytes)
    else { return .rejected("a collective without its size, or with one that none has") }
    var call = call(node, kind: kind, bytes: bytes)
    if kind == .allToAll { (call.sentRows, call.spreadsRest) = ([], true) }
    if let root = attributes.integer("comm_root") ?? attributes.integer("root_rank") {
      call.root = Int32(clamping: root)
    }
    return .call(call, group: CommsGroup(name: attributes.group ?? allRanks))
  }

  private static func message(
    _ node: SchemaNode, kind: CommsKind, peer name: String
  ) -> ChakraNode {
    let attributes = ChakraAttributes(node.attr)
    guard let bytes = attributes.integer("comm_size"), (0...CommsCall.elementLimit).contains(bytes)
    else { return .rejected("a message without its size, or with one that none has") }
    guard let peer = attributes.integer(name), (0..<Int64(Parallelism.rankLimit)).contains(peer)
    else { return .rejected("a message without the rank at its other end") }
    var call = call(node, kind: kind, bytes: bytes)
    call.globalPeer = Int32(peer)
    return .call(call, group: CommsGroup(name: allRanks))
  }

  private static func call(_ node: SchemaNode, kind: CommsKind, bytes: Int64) -> CommsCall {
    var call = CommsCall(kind: kind)
    call.elementBytes = 1
    call.inputElements = bytes
    let name = Array(node.name.utf8)
    call.context = CommsContext(nameBytes: unsafe name.span.bytes)
    // Writers without a clock leave both at 0, or the start alone.
    if node.startTimeMicros > 0, node.startTimeMicros <= timeLimit, node.durationMicros <= timeLimit
    {
      call.start = Int64(node.startTimeMicros) * 1_000
      call.end = call.start + Int64(node.durationMicros) * 1_000
    }
    return call
  }
}

/// The attributes of a node, whatever type their writer gave their values.
struct ChakraAttributes {
  private let attributes: [SchemaAttribute]

  init(_ attributes: [SchemaAttribute]) { self.attributes = attributes }

  /// The name of the process group; nil when there is none.
  var group: String? {
    guard let value = value("pg_name") else { return nil }
    switch value {
    case .stringVal(let name): return name.isEmpty ? nil : name
    case .bytesVal(let bytes):
      let name = String(decoding: bytes, as: UTF8.self)
      return name.isEmpty ? nil : name
    default: return Self.integer(value).map { "\($0)" }
    }
  }

  /// A whole number in any of the types of values, a list of one included; nil for anything else.
  func integer(_ name: String) -> Int64? { value(name).flatMap(Self.integer) }

  private func value(_ name: String) -> SchemaAttribute.OneOf_Value? {
    attributes.first { $0.name == name }?.value
  }

  private static func integer(_ value: SchemaAttribute.OneOf_Value) -> Int64? {
    switch value {
    case .doubleVal(let number): Int64(exactly: number)
    case .floatVal(let number): Int64(exactly: number)
    case .int32Val(let number), .sint32Val(let number), .sfixed32Val(let number): Int64(number)
    case .int64Val(let number), .sint64Val(let number), .sfixed64Val(let number): number
    case .uint32Val(let number), .fixed32Val(let number): Int64(number)
    case .uint64Val(let number), .fixed64Val(let number): Int64(exactly: number)
    case .boolVal(let isTrue): isTrue ? 1 : 0
    case .stringVal(let text): Int64(text)
    case .bytesVal(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
    case .doubleList(let list): only(list.values).flatMap { Int64(exactly: $0) }
    case .floatList(let list): only(list.values).flatMap { Int64(exactly: $0) }
    case .int32List(let list), .int64List(let list), .uint32List(let list), .uint64List(let list),
      .boolList(let list):
      only(list.values)
    case .sint32List(let list), .sint64List(let list): only(list.values)
    case .fixed32List(let list): only(list.values).map { Int64(UInt32(bitPattern: $0)) }
    case .sfixed32List(let list): only(list.values).map { Int64($0) }
    case .fixed64List(let list):
      only(list.values).flatMap { Int64(exactly: UInt64(bitPattern: $0)) }
    case .sfixed64List(let list): only(list.values)
    case .stringList(let list), .bytesList(let list):
      only(list.values).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
    }
  }

  private static func only<Value>(_ values: [Value]) -> Value? {
    values.count == 1 ? values.first : nil
  }
}
