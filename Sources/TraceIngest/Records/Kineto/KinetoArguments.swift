internal import TraceModel

/// What the arguments of a Kineto event say about communication.
///
/// Four generations of names occur: none at all (2023), "Process Group ID" (early 2024), "Process
/// Group Name" (mid 2024), and "Seq" with "Comms Id" (2025). Lists are texts that PyTorch cuts at 30
/// entries and ends with ", ..." (PyTorch, torch/csrc/profiler/util.cpp).
struct KinetoArguments {
  var collective: String?
  var call = CommsCall(kind: .allReduce)
  var group = CommsGroup(name: "")
  /// The rank of the recording process inside the group, or a root or peer.
  var rank: Int32?
  /// Global ranks of a message's ends: "Src Rank" of a receive, "Dst Rank" of a send.
  private var source: Int32 = -1
  private var destination: Int32 = -1
  var correlation: Int64?
  var device: Int32?
  /// Of a range named "nccl:…", which says less than a record.
  var isRange = false
  /// The members were made of a first rank, a stride and a count.
  private(set) var hasInferredMembers = false
  private var start: Int64 = -1
  private var stride: Int64 = -1
  /// Elements of the tensors in "Input Dims", for records that name no sizes.
  private var dimensionElements: Int64 = -1
  private var dimensionType: String?

  private static let keys = JSONWords([
    "Collective name", "dtype", "In msg nelems", "Out msg nelems", "In split size",
    "Out split size", "Process Group Name", "Process Group ID", "Process Group Description",
    "Process Group Ranks", "Group size", "Global rank start", "Global rank stride", "Src Rank",
    "Dst Rank", "Rank", "Seq", "correlation", "device", "Input Dims", "Input type",
  ])

  /// - Parameters:
  ///   - cursor: stands before the value of `args`.
  ///   - texts: what the texts of events before it meant.
  init(
    _ text: RawSpan, _ cursor: JSONCursor, _ texts: inout KinetoTexts
  ) throws(JSONDefect) {
    var cursor = cursor
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = try cursor.key(text, among: Self.keys)
      var value = cursor
      try cursor.skipValue(text)
      if key >= 0 { try take(key, text, &value, &texts) }
      hasMore = try cursor.anotherMember(text)
    }
    if group.members.isEmpty {
      group.members = CommsGroup.members(start: start, stride: stride, count: Int64(group.size))
      hasInferredMembers = !group.members.isEmpty
    }
    if collective == nil, call.inputElements < 0 {
      call.inputElements = dimensionElements
      call.elementBytes = dimensionType.flatMap { elementBytes(ofType: $0) } ?? 0
    }
  }

  /// Takes what a kernel lacks from the record around its launch: of the members of its group it has
  /// a list that may be cut, of its number, root or peer often nothing.
  mutating func fill(from record: KinetoArguments) {
    if group.name.isEmpty { group.name = record.group.name }
    guard group.name == record.group.name || record.group.name.isEmpty else { return }
    if group.members.isEmpty, group.size == 0 || group.size == record.group.members.count {
      group.members = record.group.members
    }
    if group.size == 0 { group.size = record.group.size }
    if group.description.isEmpty { group.description = record.group.description }
    if call.sequence == nil { call.sequence = record.call.sequence }
    if rank == nil { rank = record.rank }
    if source < 0 { source = record.source }
    if destination < 0 { destination = record.destination }
  }

  /// The global rank at the other end of a message, or −1.
  func globalPeer(of kind: CommsKind) -> Int32 {
    switch kind {
    case .send: destination
    case .receive: source
    default: -1
    }
  }

  private mutating func take(
    _ key: Int, _ text: RawSpan, _ value: inout JSONCursor, _ texts: inout KinetoTexts
  ) throws(JSONDefect) {
    switch key {
    case 0: collective = texts.name(text, try Self.words(text, &value))
    case 1: call.elementBytes = texts.elementBytes(text, try Self.words(text, &value))
    case 2: call.inputElements = try value.integer(text)
    case 3: call.outputElements = try value.integer(text)
    case 4: call.sentRows = try shares(text, &value)
    case 5: call.receivedRows = try shares(text, &value)
    case 6, 7: group.name = texts.name(text, try Self.words(text, &value))
    case 8: group.description = texts.name(text, try Self.words(text, &value))
    case 9:
      let members = texts.members(text, try Self.words(text, &value))
      if !members.isEmpty { group.members = members }
    case 10: group.size = Int32(clamping: max(0, try value.integer(text)))
    case 11: start = try value.integer(text)
    case 12: stride = try value.integer(text)
    case 13: source = Int32(exactly: try value.integer(text)) ?? -1
    case 14: destination = Int32(exactly: try value.integer(text)) ?? -1
    case 15: rank = Int32(exactly: try value.integer(text))
    case 16: call.sequence = try value.integer(text)
    case 17: correlation = try value.integer(text)
    case 18: device = Int32(exactly: try value.integer(text))
    case 19: dimensionElements = try Self.elements(text, value)
    case 20: dimensionType = try Self.firstType(text, value)
    default: break
    }
  }

  private mutating func shares(
    _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) -> [Int32]? {
    guard let list = IntegerListText(text, try Self.words(text, &value)) else { return nil }
    if list.isCut { call.isCut = true }
    return list.isCut ? nil : list.values
  }

  /// A text, or an integer as it is written: names of groups were numbers once, of any size.
  private static func words(
    _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) -> Range<Int> {
    let first = value.firstByte(text)
    if first == UInt8(ascii: "\"") { return try value.rawString(text) }
    let start = value.position
    try value.skipValue(text)
    return start..<value.position
  }

  /// Elements of all tensors in the first argument: [[6144], [], …] or [[[2, 3], [4]], …].
  private static func elements(_ text: RawSpan, _ value: JSONCursor) throws(JSONDefect) -> Int64 {
    var value = value
    guard value.firstByte(text) == UInt8(ascii: "["), var first = try value.elements(text).first,
      first.firstByte(text) == UInt8(ascii: "[")
    else { return -1 }
    var total: Int64 = -1
    var product: Int64 = 1
    for part in try first.elements(text) {
      var part = part
      if text.byte(at: part.position) == UInt8(ascii: "[") {
        var inner: Int64 = 1
        var sizes: [Int32] = []
        try part.appendIntegers(text, to: &sizes)
        for size in sizes { inner = grown(inner, by: Int64(size)) }
        total = min(max(0, total) + inner, CommsCall.elementLimit + 1)
      } else {
        product = grown(product, by: try part.integer(text))
        total = product
      }
    }
    return total
  }

  /// A product that stops growing above what is believed; negative sizes are not.
  private static func grown(_ product: Int64, by size: Int64) -> Int64 {
    let (next, overflows) = product.multipliedReportingOverflow(by: size)
    return overflows || next < 0
      ? CommsCall.elementLimit + 1
      : min(next, CommsCall.elementLimit + 1)
  }

  /// The first argument's type, as in ["float", "Scalar", …].
  private static func firstType(_ text: RawSpan, _ value: JSONCursor) throws(JSONDefect) -> String?
  {
    var value = value
    guard value.firstByte(text) == UInt8(ascii: "["), var first = try value.elements(text).first,
      text.byte(at: first.position) == UInt8(ascii: "\"")
    else { return nil }
    return text.string(in: try first.rawString(text))
  }
}
