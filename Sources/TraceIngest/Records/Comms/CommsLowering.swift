internal import TraceModel

/// Bytes between ranks that one operation's records stand for.
struct CommsLowering {
  /// Pairs whose two ends say different numbers; the sender is believed.
  private(set) var disagreements = 0
  /// The first of them, in words.
  private(set) var firstDisagreement: String?
  /// Collectives whose ranks recorded different sizes; the lowest rank is believed.
  private(set) var differingSizes = 0
  /// All-to-alls without shares that were taken as even.
  private(set) var evenAllToAlls = 0
  /// Collectives that were lowered to rings, chains or stars.
  private(set) var loweredCollectives = 0
  /// Operations of which no byte is known.
  private(set) var withoutBytes = 0

  /// Calls `body(source, destination, bytes)` for each pair with bytes, in no order that matters.
  ///
  /// - Parameters:
  ///   - calls: one for each member that recorded its part; nil for the others.
  ///   - members: global ranks by place in the group.
  mutating func forEachPair(
    of kind: CommsKind, calls: [CommsCall?], members: [Int32],
    _ body: (Int32, Int32, Int64) -> Void
  ) {
    var isKnown = false
    let add = { (source: Int, destination: Int, bytes: Int64) in
      isKnown = true
      if bytes > 0 { body(members[source], members[destination], bytes) }
    }
    switch kind {
    case .allToAll: allToAll(calls, members, add)
    case .allReduce:
      ring(calls, add) { call, count in
        call.inputBytes.map { RingLowering.allReduceBytes($0, count: count) }
      }
    case .allGather:
      ring(calls, add) { call, count in
        (call.outputBytes ?? call.inputBytes.flatMap { Self.product($0, count) })
          .map { Self.allButOneShare(of: $0, count: count) }
      }
    case .reduceScatter:
      ring(calls, add) { call, count in
        call.inputBytes.map { Self.allButOneShare(of: $0, count: count) }
      }
    case .broadcast: chain(calls, isTowardsRoot: false, add)
    case .reduce: chain(calls, isTowardsRoot: true, add)
    case .gather: star(calls, isTowardsRoot: true, add)
    case .scatter: star(calls, isTowardsRoot: false, add)
    case .send, .receive: message(calls, members, add)
    }
    if !isKnown { withoutBytes += 1 }
  }

  private typealias Add = (_ source: Int, _ destination: Int, _ bytes: Int64) -> Void

  private mutating func allToAll(_ calls: [CommsCall?], _ members: [Int32], _ add: Add) {
    let count = calls.count
    // Above this no record gives shares, and pairs are too many to look at.
    guard count <= CommsCall.pairGroupLimit else { return }
    let sent = calls.map { $0?.bytesSent(memberCount: count) }
    let received = calls.map { $0?.bytesReceived(memberCount: count) }
    // An even exchange of one member is an even exchange of all: PyTorch asks for it.
    let even = calls.lazy.compactMap { $0 }.first { $0.isEven }?.bytesSent(memberCount: count)
    if even != nil { evenAllToAlls += 1 }
    let receivers = received.indices.filter { received[$0] != nil }
    for source in 0..<count {
      // What neither side recorded is not looked at.
      let isWhole = sent[source] != nil || even != nil
      for destination in isWhole ? Array(0..<count) : receivers {
        let own = sent[source].flatMap { Self.known($0[destination]) }
        let other = received[destination].flatMap { Self.known($0[source]) }
        if let own, let other, own != other {
          disagree(own, other, calls[source], members[source], members[destination])
        }
        if let bytes = own ?? other ?? even?[destination] { add(source, destination, bytes) }
      }
    }
  }

  private mutating func disagree(
    _ sent: Int64, _ received: Int64, _ call: CommsCall?, _ source: Int32, _ destination: Int32
  ) {
    disagreements += 1
    guard firstDisagreement == nil else { return }
    let number = call?.sequence.map { " in call \($0)" } ?? ""
    firstDisagreement =
      "rank \(source) says that it sends \(sent) bytes to rank \(destination)\(number), which says "
      + "that it receives \(received)"
  }

  /// A share that its record holds; negative numbers stand for shares that it lacks.
  private static func known(_ share: Int64) -> Int64? { share < 0 ? nil : share }

  /// Every member sends to the next one what one of the records says.
  private mutating func ring(
    _ calls: [CommsCall?], _ add: Add, bytes: (CommsCall, Int) -> Int64?
  ) {
    let count = calls.count
    let sizes = calls.compactMap { $0.flatMap { bytes($0, count) } }
    guard let known = sizes.first else { return }
    if !sizes.allSatisfy({ $0 == known }) { differingSizes += 1 }
    loweredCollectives += 1
    for place in 0..<count where count > 1 { add(place, (place + 1) % count, known) }
    if count == 1 { add(0, 0, 0) }
  }

  /// Nil when no number holds it.
  private static func product(_ bytes: Int64, _ count: Int) -> Int64? {
    let (product, overflows) = bytes.multipliedReportingOverflow(by: Int64(count))
    return overflows ? nil : product
  }

  /// (N − 1)/N of some bytes, rounded up, without overflow.
  static func allButOneShare(of bytes: Int64, count: Int) -> Int64 {
    let ranks = Int64(max(1, count))
    let (whole, rest) = bytes.quotientAndRemainder(dividingBy: ranks)
    return (ranks - 1) * whole + ((ranks - 1) * rest + ranks - 1) / ranks
  }

  /// All bytes from each member to the next, beginning or ending at the root.
  private mutating func chain(_ calls: [CommsCall?], isTowardsRoot: Bool, _ add: Add) {
    let count = calls.count
    guard let call = calls.lazy.compactMap({ $0 }).first, let bytes = call.inputBytes else {
      return
    }
    loweredCollectives += 1
    let root = (0..<count).contains(Int(call.root)) ? Int(call.root) : 0
    if count == 1 { add(0, 0, 0) }
    for hop in 0..<max(0, count - 1) {
      let first = isTowardsRoot ? root + 1 + hop : root + hop
      add(first % count, (first + 1) % count, bytes)
    }
  }

  /// Between the root and each other member.
  private mutating func star(_ calls: [CommsCall?], isTowardsRoot: Bool, _ add: Add) {
    let known = calls.lazy.compactMap { $0 }
    guard let call = known.first else { return }
    let root = (0..<calls.count).contains(Int(call.root)) ? Int(call.root) : 0
    // What the root holds is the sum of all; the share of any other is the number wanted.
    let shares = calls.enumerated().filter { $0.offset != root }.compactMap { $0.element }
      .compactMap { isTowardsRoot ? $0.inputBytes : $0.outputBytes }
    guard let bytes = shares.first else { return }
    loweredCollectives += 1
    for place in calls.indices where place != root {
      add(isTowardsRoot ? place : root, isTowardsRoot ? root : place, bytes)
    }
  }

  /// One message; `calls` are those of the sender and of the receiver.
  private mutating func message(_ calls: [CommsCall?], _ members: [Int32], _ add: Add) {
    guard calls.count == 2 else { return }
    let (sent, received) = (calls[0]?.inputBytes, calls[1]?.outputBytes ?? calls[1]?.inputBytes)
    if let sent, let received, sent != received {
      disagree(sent, received, calls[0], members[0], members[1])
    }
    if let bytes = sent ?? received { add(0, 1, bytes) }
  }
}
