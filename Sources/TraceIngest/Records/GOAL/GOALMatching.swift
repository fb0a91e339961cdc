internal import HeapModule
internal import TraceModel

/// Brings messages to the receives, or accesses to the buffers, that wait for them.
///
/// Both sides wait in queues by (source, destination, tag), where a receive may leave source and tag
/// open. A message that comes too early stands in the queue of each kind of receive that it fits. Open
/// receives take messages of their own size: schedules made from MPI traces leave source and tag open
/// where only the size tells a program's messages from those of its collectives.
///
/// - Complexity: O(1) amortised for each message and receive.
struct GOALMatching {
  /// Messages that no receive has taken.
  private(set) var arrivalCount: Int64 = 0

  /// False for buffers, which take what is smaller.
  private let comparesSizes: Bool
  /// True when a receive may leave source or tag open.
  private let hasOpenReceives: Bool
  private var pairs = KeyTable()
  private var keys = KeyTable()
  private var sizes = KeyTable()
  private var queues = KeyTable()
  private var posted = WaitingNodes()
  private var arrived = WaitingNodes()
  /// By node: the message was taken.
  private var isTaken: [Bool]

  init(nodes: [GOALNode], comparesSizes: Bool) {
    isTaken = [Bool](repeating: false, count: nodes.count)
    self.comparesSizes = comparesSizes
    hasOpenReceives = nodes.contains {
      $0.kind.hasPeer && !$0.kind.isTransfer
        && ($0.peer == GOALNode.any || $0.tag == GOALNode.anyTag)
    }
  }

  /// The queue of a source, a tag and a size, each open or not.
  private mutating func queue(
    source: Int32, destination: Int32, tag: UInt32, size: Int64?
  ) -> Int {
    let pair = pairs.number(
      of: UInt64(UInt32(bitPattern: source)) << 32 | UInt64(UInt32(bitPattern: destination)))
    let key = keys.number(of: UInt64(pair) << 32 | UInt64(tag))
    let place = size.map { sizes.number(of: UInt64(bitPattern: $0)) + 1 } ?? 0
    return queues.number(of: UInt64(key) << 32 | UInt64(place))
  }

  /// The queue in which a receive waits; `ofAnySize` for one that no message of its size came for.
  private mutating func queue(of receive: GOALNode, ofAnySize: Bool = false) -> Int {
    let isOpen = receive.peer == GOALNode.any || receive.tag == GOALNode.anyTag
    return queue(
      source: receive.peer, destination: receive.rank, tag: receive.tag,
      size: isOpen && comparesSizes && !ofAnySize ? receive.size : nil)
  }

  /// The queues in which a receive for a message can stand.
  private mutating func queues(for message: GOALNode, size: Int64?) -> [Int] {
    var found = [
      queue(source: message.rank, destination: message.peer, tag: message.tag, size: nil)
    ]
    guard hasOpenReceives else { return found }
    for (source, tag) in [
      (message.rank, GOALNode.anyTag), (GOALNode.any, message.tag), (GOALNode.any, GOALNode.anyTag),
    ] {
      found.append(queue(source: source, destination: message.peer, tag: tag, size: size))
    }
    return found
  }

  mutating func post(_ node: Int32, _ receive: GOALNode) {
    posted.append(node, to: queue(of: receive))
  }

  mutating func arrive(_ node: Int32, _ message: GOALNode) {
    arrivalCount += 1
    var places = queues(for: message, size: nil)
    if comparesSizes { places += queues(for: message, size: message.size) }
    for queue in Set(places).sorted() { arrived.append(node, to: queue) }
  }

  /// The earliest message that a receive fits; it is gone then.
  mutating func takeArrival(for receive: GOALNode, ofAnySize: Bool = false) -> Int32? {
    let queue = queue(of: receive, ofAnySize: ofAnySize)
    while let node = arrived.first(of: queue) {
      arrived.removeFirst(of: queue)
      guard !isTaken[Int(node)] else { continue }
      isTaken[Int(node)] = true
      arrivalCount -= 1
      return node
    }
    return nil
  }

  /// The earliest posted receive that fits a message.
  mutating func firstPosted(for message: GOALNode) -> Int32? {
    earliest(for: message)?.node
  }

  /// The earliest posted receive that fits a message; it is gone then.
  mutating func takePosted(for message: GOALNode) -> Int32? {
    guard let found = earliest(for: message) else { return nil }
    posted.removeFirst(of: found.queue)
    return found.node
  }

  private mutating func earliest(for message: GOALNode) -> (node: Int32, queue: Int)? {
    var found: (queue: Int, entry: Int)?
    for queue in queues(for: message, size: comparesSizes ? message.size : nil) {
      guard let entry = posted.firstEntry(of: queue) else { continue }
      if found.map({ entry < $0.entry }) ?? true { found = (queue, entry) }
    }
    return found.flatMap { found in posted.first(of: found.queue).map { ($0, found.queue) } }
  }
}

/// Queues of nodes by number, as linked lists in shared columns.
private struct WaitingNodes {
  private var heads: [Int32] = []
  private var tails: [Int32] = []
  private var nodes: [Int32] = []
  private var nexts: [Int32] = []

  mutating func append(_ node: Int32, to queue: Int) {
    while heads.count <= queue {
      heads.append(-1)
      tails.append(-1)
    }
    let entry = Int32(nodes.count)
    nodes.append(node)
    nexts.append(-1)
    if tails[queue] < 0 {
      heads[queue] = entry
    } else {
      nexts[Int(tails[queue])] = entry
    }
    tails[queue] = entry
  }

  func first(of queue: Int) -> Int32? { firstEntry(of: queue).map { nodes[$0] } }

  /// Entries are numbered as they came.
  func firstEntry(of queue: Int) -> Int? {
    guard queue < heads.count, heads[queue] >= 0 else { return nil }
    return Int(heads[queue])
  }

  mutating func removeFirst(of queue: Int) {
    heads[queue] = nexts[Int(heads[queue])]
    if heads[queue] < 0 { tails[queue] = -1 }
  }
}

/// The counters of all ranks: which operations counted on them, and who waits for a value.
struct GOALCounters {
  private var numbers = KeyTable()
  private var operations: [[Int32]] = []
  /// By counter: operations that stand for its first N, 2N, … counts.
  private var joins: [[Int32]] = []
  /// Counts that one more of these stands for: a waiter for a high value has no list of all.
  private static let countsInJoin = 8
  /// The least value that is waited for first.
  private var waiting: [Heap<TimedNode>] = []

  private mutating func number(of counter: Int32, ofRank rank: Int32) -> Int {
    let number = numbers.number(
      of: UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(bitPattern: counter)))
    if number == operations.count {
      operations.append([])
      joins.append([])
      waiting.append(Heap())
    }
    return number
  }

  mutating func isReached(_ node: GOALNode) -> Bool {
    Int64(operations[number(of: node.awaitedCounter, ofRank: node.rank)].count) >= node.threshold
  }

  mutating func wait(_ number: Int, _ node: GOALNode) {
    waiting[self.number(of: node.awaitedCounter, ofRank: node.rank)].insert(
      TimedNode(time: node.threshold, node: Int32(number)))
  }

  /// Those by which the counter came to the value that a node waits for, ascending; of many the first
  /// are one operation.
  mutating func operations(
    awaitedBy node: GOALNode, joiningIn result: inout GOALResult
  ) -> [Int32] {
    let place = number(of: node.awaitedCounter, ofRank: node.rank)
    let count = min(operations[place].count, Int(clamping: max(0, node.threshold)))
    // The last counts are told one by one: up to as many as two joins hold.
    let joined = max(0, count / Self.countsInJoin - 1)
    while joins[place].count < joined {
      let first = joins[place].count * Self.countsInJoin
      let own = operations[place][first..<first + Self.countsInJoin]
      let joined = Set(own).union(joins[place].suffix(1)).sorted()
      joins[place].append(result.appendJoin(after: joined[...]))
    }
    var found = Set(operations[place][joined * Self.countsInJoin..<count])
    if joined > 0 { found.insert(joins[place][joined - 1]) }
    return found.sorted()
  }

  /// Counts, and gives the nodes that need wait no longer.
  mutating func count(_ operation: Int32, on counter: Int32, ofRank rank: Int32) -> [Int32] {
    let place = number(of: counter, ofRank: rank)
    operations[place].append(operation)
    let value = Int64(operations[place].count)
    var ready: [Int32] = []
    while let next = waiting[place].min, next.time <= value {
      ready.append(next.node)
      waiting[place].removeMin()
    }
    return ready
  }
}
