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
  private var start: Int64 = -1
  private var stride: Int64 = -1
  /// Elements of the tensors in "Input Dims", for records that name no sizes.
  private var dimensionElements: Int64 = -1
  private var dimensionType: String?

  /// - Parameter cursor: stands before the value of `args`.
  init(_ text: RawSpan, _ cursor: JSONCursor) throws(JSONDefect) {
    var cursor = cursor
    var hasMore = try cursor.beginObject(text)
    while hasMore {
      let key = text.string(in: try cursor.memberName(text))
      var value = cursor
      try cursor.skipValue(text)
      try take(key, text, &value)
      hasMore = try cursor.anotherMember(text)
    }
    if group.members.isEmpty {
      group.members = CommsGroup.members(start: start, stride: stride, count: Int64(group.size))
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
    _ key: String, _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) {
    switch key {
    case "Collective name": collective = try Self.words(text, &value)
    case "dtype": call.elementBytes = elementBytes(ofType: try Self.words(text, &value)) ?? 0
    case "In msg nelems": call.inputElements = try value.integer(text)
    case "Out msg nelems": call.outputElements = try value.integer(text)
    case "In split size": call.sentRows = try shares(text, &value)
    case "Out split size": call.receivedRows = try shares(text, &value)
    case "Process Group Name", "Process Group ID": group.name = try Self.words(text, &value)
    case "Process Group Description": group.description = try Self.words(text, &value)
    case "Process Group Ranks": try takeMembers(try Self.words(text, &value))
    case "Group size": group.size = Int32(clamping: max(0, try value.integer(text)))
    case "Global rank start": start = try value.integer(text)
    case "Global rank stride": stride = try value.integer(text)
    case "Src Rank": source = Int32(exactly: try value.integer(text)) ?? -1
    case "Dst Rank": destination = Int32(exactly: try value.integer(text)) ?? -1
    case "Rank": rank = Int32(exactly: try value.integer(text))
    case "Seq": call.sequence = try value.integer(text)
    case "correlation": correlation = try value.integer(text)
    case "device": device = Int32(exactly: try value.integer(text))
    case "Input Dims": dimensionElements = try Self.elements(text, value)
    case "Input type": dimensionType = try Self.firstType(text, value)
    default: break
    }
  }

  private mutating func shares(
    _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) -> [Int32]? {
    guard let list = IntegerListText(try Self.words(text, &value)) else { return nil }
    if list.isCut { call.isCut = true }
    return list.isCut ? nil : list.values
  }

  private mutating func takeMembers(_ words: String) throws(JSONDefect) {
    guard let list = IntegerListText(words), !list.isCut,
      list.values.allSatisfy({ $0 >= 0 && Int($0) < Parallelism.rankLimit }),
      Set(list.values).count == list.values.count
    else { return }
    group.members = list.values
  }

  /// A text, or an integer as it is written: names of groups were numbers once, of any size.
  private static func words(
    _ text: RawSpan, _ value: inout JSONCursor
  ) throws(JSONDefect) -> String {
    let first = value.firstByte(text)
    if first == UInt8(ascii: "\"") { return text.string(in: try value.rawString(text)) }
    let start = value.position
    try value.skipValue(text)
    return text.string(in: start..<value.position)
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
