internal import TraceModel

/// Reads the binary form of a schedule, which txt2bin writes and the simulators run.
///
/// Little endian, nothing aligned: the number 4223 (8 bytes), ranks (4), processors and interfaces
/// (1 each), and for each rank where its block begins and ends, counted from byte 8 (8 each). A block
/// has its numbers of nodes and of nodes without predecessors (4 each), the latter's places (4 each),
/// the nodes, and the places of the nodes that wait for them (4 each). A node is 39 bytes in
/// LogGOPSim; LogGOPSim2 added 17 and later 48 to it (spcl/LogGOPSim, spcl/LogGOPSim2, Parser.hpp,
/// `serialize_mmap`); the file does not say which, and its sizes decide.
struct GOALBinary {
  static let magic: UInt64 = 4223
  private static let headerBytes = 14

  private let stream: MemberStream
  private var schedule: GOALSchedule
  private var form: GOALNodeForm?

  /// True when a file's first bytes are the header of a binary schedule.
  static func recognises(start: [UInt8]) -> Bool {
    let bytes = unsafe start.span.bytes
    guard bytes.byteCount >= headerBytes + 16, bytes.eightBytes(at: 0) == magic else {
      return false
    }
    let ranks = Int(ByteOrder.little.uint32(bytes, at: 8))
    return ranks > 0 && bytes.eightBytes(at: headerBytes) == UInt64(firstBlock(rankCount: ranks))
  }

  /// Where the first rank's block begins, as the table of ranks counts.
  private static func firstBlock(rankCount: Int) -> Int { headerBytes - 8 + 16 * rankCount }

  static func read(_ stream: MemberStream, report: (Int64) -> Void) throws -> GOALSchedule {
    var reader = GOALBinary(stream: stream)
    try reader.read(report: report)
    return reader.schedule
  }

  private init(stream: MemberStream) {
    self.stream = stream
    schedule = GOALSchedule(ledger: Ledger(unit: "nodes and dependencies", source: stream.name))
  }

  // MARK: File

  private mutating func read(report: (Int64) -> Void) throws {
    guard let header = bytes(Self.headerBytes) else {
      schedule.ledger.truncation = "the file ends inside its header"
      return
    }
    let ranks = Int(header.withBytes { ByteOrder.little.uint32($0, at: 8) })
    guard ranks <= Parallelism.rankLimit else {
      throw IngestError(
        "claims \(ranks) ranks", at: "\(stream.name), byte 8",
        advice: "At most \(Parallelism.rankLimit) are read; the file is probably damaged.")
    }
    schedule.rankCount = Int32(ranks)
    guard let table = bytes(16 * ranks) else {
      schedule.ledger.truncation = "the file ends inside its table of ranks"
      return
    }
    for rank in 0..<ranks {
      let (start, end) = table.withBytes {
        ($0.eightBytes(at: 16 * rank), $0.eightBytes(at: 16 * rank + 8))
      }
      guard readBlock(of: Int32(rank), start: start, end: end) else { return }
      report(schedule.ledger.read)
    }
  }

  /// The next bytes of the file; nil when fewer are left.
  ///
  /// Memory grows with what is there, not with what is claimed.
  private func bytes(_ count: Int) -> [UInt8]? {
    var found: [UInt8] = []
    while found.count < count {
      guard stream.fill(atLeast: 1) else { return nil }
      let taken = min(stream.available, count - found.count)
      stream.withBytes { bytes in
        for offset in 0..<taken { found.append(bytes.byte(at: offset)) }
      }
      stream.consume(taken)
    }
    return found
  }

  private mutating func stop(_ words: String) -> Bool {
    schedule.ledger.truncation = stream.damage ?? "\(stream.location): \(words)"
    return false
  }

  // MARK: Blocks

  /// - Returns: false when nothing behind it can be read.
  private mutating func readBlock(of rank: Int32, start: UInt64, end: UInt64) -> Bool {
    guard let start = Int64(exactly: start), let end = Int64(exactly: end), end - 8 >= start,
      start >= stream.position - 8
    else { return stop("the table of ranks has a block of rank \(rank) that no file can have") }
    while stream.position - 8 < start {
      guard stream.fill(atLeast: 1) else { return stop("the file ends before rank \(rank)") }
      stream.consume(min(stream.available, Int(clamping: start - stream.position + 8)))
    }
    guard let block = bytes(Int(clamping: end - start)) else {
      return stop("the file ends inside the block of rank \(rank)")
    }
    guard let places = block.withBytes({ GOALBlock($0, form: form) }) else {
      return stop("the block of rank \(rank) does not have the size of its nodes")
    }
    // A rank without nodes fits every form.
    if places.nodeCount > 0 { form = places.form }
    block.withBytes { bytes in append(bytes, places, rank: rank) }
    return true
  }

  private mutating func append(_ bytes: RawSpan, _ block: GOALBlock, rank: Int32) {
    let first = schedule.nodes.count
    // A node that cannot be used leaves its place to those that count by it.
    var numbers = [Int32](repeating: -1, count: block.nodeCount)
    for place in 0..<block.nodeCount {
      schedule.ledger.read += 1
      let location = "rank \(rank), node \(place + 1)"
      guard var node = block.form.node(bytes, at: block.start(of: place)) else {
        schedule.ledger.reject(GOALDefect.unknownKind.words, first: location)
        continue
      }
      node.rank = rank
      if let defect = schedule.defect(of: node) {
        schedule.ledger.reject(defect.words, first: location)
        continue
      }
      numbers[place] = Int32(schedule.nodes.count)
      schedule.nodes.append(node)
      schedule.ledger.used += 1
    }
    guard schedule.nodes.count > first else { return }
    for place in 0..<block.nodeCount { appendDependencies(on: place, bytes, block, numbers) }
  }

  private mutating func appendDependencies(
    on place: Int, _ bytes: RawSpan, _ block: GOALBlock, _ numbers: [Int32]
  ) {
    let lists = block.form.lists(bytes, at: block.start(of: place))
    for list in [lists.onEnd, lists.onStart] {
      for index in 0..<list.count {
        schedule.ledger.read += 1
        let waiting = Int(ByteOrder.little.uint32(bytes, at: block.entry(list.first + index)))
        guard waiting < numbers.count, numbers[waiting] >= 0, numbers[place] >= 0,
          schedule.dependencies.count < GOALSchedule.countLimit
        else {
          schedule.ledger.reject(
            GOALDefect.unknownLabel.words, first: "a dependency on node \(place + 1)")
          continue
        }
        schedule.ledger.used += 1
        schedule.dependencies.append(
          .init(
            node: numbers[waiting], predecessor: numbers[place],
            isOnStart: list.isOnStart))
      }
    }
  }
}

/// What one writer's nodes look like.
struct GOALNodeForm: Sendable, Hashable {
  /// LogGOPSim; LogGOPSim2 with counters; the same with handlers.
  static let all = [39, 56, 104].map { GOALNodeForm(byteCount: $0) }

  let byteCount: Int

  struct List {
    var first: Int
    var count: Int
    var isOnStart: Bool
  }

  /// Entries behind the nodes: who waits for the node's end, and who for its start.
  func lists(_ bytes: RawSpan, at offset: Int) -> (onEnd: List, onStart: List) {
    (
      list(bytes, at: offset + 23, isOnStart: false), list(bytes, at: offset + 31, isOnStart: true)
    )
  }

  private func list(_ bytes: RawSpan, at offset: Int, isOnStart: Bool) -> List {
    List(
      first: Int(ByteOrder.little.uint32(bytes, at: offset + 4)),
      count: Int(ByteOrder.little.uint32(bytes, at: offset)), isOnStart: isOnStart)
  }

  /// The node at a place; nil when its kind is not known.
  func node(_ bytes: RawSpan, at offset: Int) -> GOALNode? {
    guard let kind = GOALKind(rawValue: bytes.byte(at: offset + 4)),
      byteCount > 39 || kind.rawValue <= GOALKind.compute.rawValue
    else { return nil }
    var node = GOALNode(kind: kind)
    node.size = Int64(clamping: bytes.eightBytes(at: offset + 9))
    if kind.hasPeer {
      let peer = ByteOrder.little.uint32(bytes, at: offset + 5)
      node.peer = peer == .max ? GOALNode.any : Int32(clamping: peer)
      node.tag = ByteOrder.little.uint32(bytes, at: offset + 17)
    }
    guard byteCount > 39, kind.rawValue > GOALKind.compute.rawValue else { return node }
    if kind.hasPeer {
      let own = ByteOrder.little.uint32(bytes, at: offset + 52)
      node.counter = own == .max ? -1 : Int32(clamping: own)
    }
    if kind.waitsForCounter {
      node.awaitedCounter = Int32(clamping: ByteOrder.little.uint32(bytes, at: offset + 40))
      node.threshold = Int64(clamping: bytes.eightBytes(at: offset + 44))
    }
    if kind == .append || kind == .triggeredAppend {
      node.isUsedOnce = bytes.byte(at: offset + 39) & 1 != 0
    }
    if kind == .test { node.size = 0 }
    return node
  }
}

/// Where nodes and entries of one rank's block stand.
private struct GOALBlock {
  let form: GOALNodeForm
  let nodeCount: Int
  private let firstNode: Int
  private let firstEntry: Int

  /// - Parameter form: that of the blocks before, or nil to find it.
  init?(_ bytes: RawSpan, form: GOALNodeForm?) {
    guard bytes.byteCount >= 8 else { return nil }
    let nodes = Int(ByteOrder.little.uint32(bytes, at: 0))
    let roots = Int(ByteOrder.little.uint32(bytes, at: 4))
    let first = 8 + 4 * roots
    let fits = GOALNodeForm.all.first { candidate in
      (form == nil || form == candidate)
        && Self.fits(candidate, nodes: nodes, first: first, in: bytes)
    }
    guard let fits else { return nil }
    self.form = fits
    nodeCount = nodes
    firstNode = first
    firstEntry = first + nodes * fits.byteCount
  }

  func start(of node: Int) -> Int { firstNode + node * form.byteCount }

  /// The byte of an entry behind the nodes.
  func entry(_ index: Int) -> Int { firstEntry + 4 * index }

  /// True when the nodes' entries follow one another and fill the block.
  private static func fits(
    _ form: GOALNodeForm, nodes: Int, first: Int, in bytes: RawSpan
  ) -> Bool {
    let entries = bytes.byteCount - first - nodes * form.byteCount
    guard entries >= 0, entries % 4 == 0 else { return false }
    var next = 0
    for node in 0..<nodes {
      let lists = form.lists(bytes, at: first + node * form.byteCount)
      for list in [lists.onEnd, lists.onStart] {
        if list.count > 0, list.first != next { return false }
        next += list.count
        if next > entries / 4 { return false }
      }
    }
    return next == entries / 4
  }
}

extension [UInt8] {
  /// Lends the bytes as a span.
  func withBytes<Value>(_ body: (RawSpan) -> Value) -> Value { unsafe body(span.bytes) }
}
