internal import TraceModel

/// One call of a communication library, as one rank recorded it.
struct CommsCall: Sendable {
  var kind: CommsKind
  /// Number of its process group among those of the assembly.
  var group: Int32 = -1
  /// Number of the call in its group, equal on all ranks; nil where the record has none.
  var sequence: Int64?
  var iteration = Operation.unknown
  /// Root or peer inside the group, for the kinds that have one.
  var root: Int32 = -1
  /// Global rank at the other end of a message where a record names that, else −1.
  var globalPeer: Int32 = -1
  var elementBytes: Int64 = 0
  /// Elements given to and taken from the call on this rank; negative when unknown.
  var inputElements: Int64 = -1
  var outputElements: Int64 = -1
  /// Shares of the other members of the group, in rows of `rowElements` elements; nil when unknown.
  var sentRows: [Int32]?
  var receivedRows: [Int32]?
  /// Its size need not divide by the members; else one that does not is no size of an even exchange.
  var spreadsRest = false
  /// Bytes to and from each member, where a record counts those, −1 where it lacks one; they stand
  /// before the shares.
  var sentBytes: [Int64]?
  var receivedBytes: [Int64]?
  /// The record holds lists that its writer cut.
  var isCut = false
  var context = CommsContext()
  /// Calls of the same file that it waits for, by their places there; nil where it waits for the one
  /// before it.
  var predecessors: [Int32]?
  /// Nanoseconds on the recording rank's clock.
  var start = Operation.unknownTime
  var end = Operation.unknownTime

  /// More elements than any tensor has: what a damaged record names.
  static let elementLimit: Int64 = 1 << 48
  /// Largest group whose all-to-all is written out pair by pair.
  static let pairGroupLimit = 4_096

  /// Bytes that go to each member of the group, or nil when the record does not say.
  func bytesSent(memberCount: Int) -> [Int64]? {
    if let sentBytes { return sentBytes.count == memberCount ? sentBytes : nil }
    if isEven, spreadsRest { return evenShares(memberCount: memberCount) }
    return bytes(rows: sentRows, elements: inputElements, memberCount: memberCount)
  }

  /// Bytes that come from each member of the group, or nil when the record does not say.
  func bytesReceived(memberCount: Int) -> [Int64]? {
    if let receivedBytes { return receivedBytes.count == memberCount ? receivedBytes : nil }
    return bytes(rows: receivedRows, elements: outputElements, memberCount: memberCount)
  }

  /// True when the record has shares, and they are empty lists: all members get as much.
  var isEven: Bool { sentRows?.isEmpty ?? false }

  /// Bytes given to or taken from the call, or nil when the record does not say.
  var inputBytes: Int64? { Self.product(inputElements, elementBytes) }
  var outputBytes: Int64? { Self.product(outputElements, elementBytes) }

  /// Shares count rows of the tensor's first dimension: a row is all elements over all rows.
  private func bytes(rows: [Int32]?, elements: Int64, memberCount: Int) -> [Int64]? {
    guard let rows, let all = Self.product(elements, elementBytes), memberCount > 0,
      memberCount <= Self.pairGroupLimit
    else { return nil }
    if rows.isEmpty {
      guard elements % Int64(memberCount) == 0 else { return nil }
      return [Int64](repeating: all / Int64(memberCount), count: memberCount)
    }
    guard rows.count == memberCount, rows.allSatisfy({ $0 >= 0 }) else { return nil }
    let total = rows.reduce(0) { $0 + Int64($1) }
    if total == 0 { return [Int64](repeating: 0, count: memberCount) }
    guard elements % total == 0 else { return nil }
    return rows.map { Int64($0) * (all / total) }
  }

  /// Equal shares of what is given to the call; what is left over goes to the first members.
  private func evenShares(memberCount: Int) -> [Int64]? {
    guard inputBytes != nil, (1...Self.pairGroupLimit).contains(memberCount) else { return nil }
    let (share, rest) = inputElements.quotientAndRemainder(dividingBy: Int64(memberCount))
    return (0..<memberCount).map { (share + ($0 < Int(rest) ? 1 : 0)) * elementBytes }
  }

  private static func product(_ elements: Int64, _ size: Int64) -> Int64? {
    guard (0...elementLimit).contains(elements), (1...64).contains(size) else { return nil }
    return elements * size
  }
}

/// What the program around a call says about it.
struct CommsContext: OptionSet, Sendable, Hashable {
  let rawValue: UInt8

  /// Inside a range or function with "dispatch" in its name.
  static let dispatch = CommsContext(rawValue: 1)
  /// Inside a range or function with "combine" in its name.
  static let combine = CommsContext(rawValue: 2)
  /// In the backward pass.
  static let backward = CommsContext(rawValue: 4)
  /// Where gradients are accumulated: data-parallel traffic.
  static let gradient = CommsContext(rawValue: 8)
  /// Inside the backward function of a checkpoint: it runs the forward pass once more.
  static let recomputation = CommsContext(rawValue: 16)

  /// What a range's or function's name says.
  ///
  /// `(B)` as in DualPipe's "dispatch(B)" is the backward pass too.
  init(nameBytes name: RawSpan) {
    var context = CommsContext()
    if name.contains("dispatch", ignoringCase: true) { context.insert(.dispatch) }
    if name.contains("combine", ignoringCase: true) { context.insert(.combine) }
    if name.contains("autograd::engine::", ignoringCase: false)
      || name.contains("Backward", ignoringCase: false)
      || name.contains("## backward", ignoringCase: false)
      || !context.isEmpty && name.contains("(B)", ignoringCase: false)
    {
      context.insert(.backward)
    }
    if context.contains(.backward), name.contains("Checkpoint", ignoringCase: false) {
      context.remove(.backward)
      context.insert(.recomputation)
    }
    if name.contains("AccumulateGrad", ignoringCase: false) { context.insert(.gradient) }
    self = context
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Adds what the next range or function around says.
  ///
  /// The innermost name decides between dispatch and combine. What a checkpoint computes once more is
  /// no backward pass, unless a backward function stands inside the checkpoint's own.
  mutating func add(outer: CommsContext) {
    var outer = outer
    if !isDisjoint(with: [.dispatch, .combine]) { outer.subtract([.dispatch, .combine]) }
    if contains(.recomputation) { outer.remove(.backward) }
    formUnion(outer)
  }

  /// Which of the four all-to-alls of an expert layer it is.
  var phase: Phase {
    switch (contains(.dispatch), contains(.combine), contains(.backward)) {
    case (true, false, false): .dispatchForward
    case (false, true, false): .combineForward
    case (false, true, true): .combineBackward
    case (true, false, true): .dispatchBackward
    default: .unspecified
    }
  }
}

extension RawSpan {
  /// True when the bytes hold a pattern of ASCII letters.
  func contains(_ pattern: StaticString, ignoringCase: Bool) -> Bool {
    let length = pattern.utf8CodeUnitCount
    guard byteCount >= length else { return false }
    let mask: UInt8 = ignoringCase ? 0x20 : 0
    let head = unsafe pattern.utf8Start[0] | mask
    for start in 0...(byteCount - length) where byte(at: start) | mask == head {
      var offset = 1
      while offset < length,
        unsafe byte(at: start + offset) | mask == pattern.utf8Start[offset] | mask
      {
        offset += 1
      }
      if offset == length { return true }
    }
    return false
  }
}
