internal import HeapModule
internal import TraceModel

/// Runs a schedule on a network that takes no time, and so finds which transfers each one waits for.
///
/// Nodes start at the earliest time at which all that they require has ended; what starts at one time
/// goes by its place in the file. Sends meet receives as in MPI: the earliest posted receive whose
/// source and tag fit. Wherever nothing can go on (a receive that nobody sends to, a counter that is
/// never reached, dependencies in a ring) the lowest such node is let go, and counted. A transfer so
/// never waits for a later one.
///
/// - Complexity: O((nodes + dependencies) log nodes).
struct GOALRun {
  /// Calls that a node's compute or receipt would hand on to many: they become one operation.
  private static let handedOn = 8

  private let schedule: GOALSchedule
  private var graph: GOALGraph
  private var queue = Heap<TimedNode>()
  private var state: [State]
  private var waits: [Int32]
  private var readyTime: [Int64]
  /// By node: what it waited for, and what waits through it, as sets of operations.
  private var before: [Int32]
  private var after: [Int32]
  private var sets = GOALSets()
  private var messages: GOALMatching
  private var buffers: GOALMatching
  private var counters = GOALCounters()
  /// No node below it is held by anything but what it requires.
  private var lowestHeld = 0
  private var rings: RingWalk
  private var clock: Int64 = 0

  private(set) var result = GOALResult()

  private enum State: UInt8 {
    case waiting, held, done
    /// Its counter came to the value that it waited for.
    case triggered
    /// A receive that was let go before its message came.
    case released
    /// A buffer that was put to or got from.
    case met
  }

  static func run(_ schedule: GOALSchedule) -> GOALResult {
    var run = GOALRun(schedule)
    run.start()
    while run.advance() || run.letGo() {}
    run.countUnmatched()
    return run.result
  }

  private init(_ schedule: GOALSchedule) {
    self.schedule = schedule
    graph = GOALGraph(nodeCount: schedule.nodes.count, schedule.dependencies)
    let count = schedule.nodes.count
    state = [State](repeating: .waiting, count: count)
    waits = graph.predecessorCounts()
    readyTime = [Int64](repeating: 0, count: count)
    before = [Int32](repeating: GOALSets.empty, count: count)
    after = before
    messages = GOALMatching(nodes: schedule.nodes, comparesSizes: true)
    buffers = GOALMatching(nodes: schedule.nodes, comparesSizes: false)
    rings = RingWalk(nodeCount: count)
  }

  private mutating func start() {
    for node in waits.indices where waits[node] == 0 {
      queue.insert(TimedNode(time: 0, node: Int32(node)))
    }
  }

  /// Takes the next node; false when none can start.
  private mutating func advance() -> Bool {
    guard let next = queue.popMin() else { return false }
    clock = max(clock, next.time)
    begin(Int(next.node), at: next.time)
    return true
  }

  // MARK: One node

  /// A node whose predecessors have all ended.
  private mutating func begin(_ node: Int, at time: Int64) {
    if state[node] == .triggered { return act(node, at: time) }
    guard state[node] == .waiting else { return }
    before[node] = sets.union(
      graph.predecessors(of: node).map { edge in
        edge.isOnStart ? before[Int(edge.node)] : after[Int(edge.node)]
      })
    // Who may begin with it waits for all that it waited for.
    if sets[before[node]].count > Self.handedOn,
      graph.successors(of: node).contains(where: \.isOnStart)
    {
      before[node] = sets.insert([result.appendJoin(after: sets[before[node]])])
    }
    let kind = schedule.nodes[node].kind
    if kind.waitsForCounter, !counters.isReached(schedule.nodes[node]) {
      hold(node)
      counters.wait(node, schedule.nodes[node])
    } else if kind == .receive {
      receive(node, at: time)
    } else {
      act(node, at: time)
    }
    release(node, onStart: true, at: time)
  }

  /// What a node does when nothing holds it any more.
  private mutating func act(_ node: Int, at time: Int64) {
    let own = schedule.nodes[node]
    if own.kind.waitsForCounter {
      let counted = counters.operations(awaitedBy: own, joiningIn: &result)
      before[node] = sets.union([before[node], sets.insert(counted)])
    }
    switch own.kind {
    case .send:
      emit(node)
      end(node, at: time)
      arrive(node, at: time)
    case .put, .get, .triggeredPut, .triggeredGet:
      let operation = emit(node)
      end(node, at: time)
      access(node, operation, at: time)
    case .append, .triggeredAppend:
      pass(node, at: time)
      open(node, at: time)
    case .compute:
      result.computeNanoseconds = Self.sum(result.computeNanoseconds, own.size)
      pass(node, at: Self.sum(time, own.size))
    case .simulatedCompute:
      result.simulatedComputes += 1
      pass(node, at: time)
    case .test, .receive: pass(node, at: time)
    }
  }

  /// Times of a damaged schedule may be too long to be added.
  private static func sum(_ time: Int64, _ length: Int64) -> Int64 {
    let (sum, overflows) = time.addingReportingOverflow(length)
    return overflows ? .max : sum
  }

  /// Makes an operation of a node that moves bytes.
  @discardableResult
  private mutating func emit(_ node: Int) -> Int32 {
    let own = schedule.nodes[node]
    let operation = result.append(
      source: own.kind.takesFromPeer ? own.peer : own.rank,
      destination: own.kind.takesFromPeer ? own.rank : own.peer, bytes: own.size,
      after: sets[before[node]])
    after[node] = sets.insert([operation])
    return operation
  }

  /// Ends a node that moves nothing: who waits for it waits for what it waited for.
  private mutating func pass(_ node: Int, at time: Int64, and more: [Int32] = []) {
    var set = more.isEmpty ? before[node] : sets.union([before[node], sets.insert(more)])
    let count = sets[set].count
    if count > Self.handedOn || count > 2 && graph.successorCount(of: node) > 2 {
      set = sets.insert([result.appendJoin(after: sets[set])])
    }
    after[node] = set
    end(node, at: time)
  }

  private mutating func end(_ node: Int, at time: Int64) {
    state[node] = .done
    clock = max(clock, time)
    release(node, onStart: false, at: time)
  }

  private mutating func release(_ node: Int, onStart: Bool, at time: Int64) {
    for edge in graph.successors(of: node) where edge.isOnStart == onStart {
      let next = Int(edge.node)
      readyTime[next] = max(readyTime[next], time)
      // A node that was let go no longer waits.
      guard waits[next] > 0 else { continue }
      waits[next] -= 1
      if waits[next] == 0, state[next] == .waiting {
        queue.insert(TimedNode(time: readyTime[next], node: edge.node))
      }
    }
  }

  private mutating func hold(_ node: Int) {
    state[node] = .held
    lowestHeld = min(lowestHeld, node)
  }

  // MARK: Messages

  private mutating func receive(_ node: Int, at time: Int64) {
    let own = schedule.nodes[node]
    if let sender = messages.takeArrival(for: own) {
      return pass(node, at: time, and: Array(sets[after[Int(sender)]]))
    }
    hold(node)
    messages.post(Int32(node), own)
  }

  private mutating func arrive(_ node: Int, at time: Int64) {
    let own = schedule.nodes[node]
    while let receiver = messages.takePosted(for: own).map({ Int($0) }) {
      switch state[receiver] {
      case .held: return pass(receiver, at: time, and: Array(sets[after[node]]))
      case .released:
        result.circularReceives += 1
        state[receiver] = .done
        return
      // It took a message of another size.
      case .waiting, .triggered, .done, .met: continue
      }
    }
    messages.arrive(Int32(node), own)
  }

  // MARK: Buffers and counters

  /// A put or get meets the first open buffer that fits.
  private mutating func access(_ node: Int, _ operation: Int32, at time: Int64) {
    let own = schedule.nodes[node]
    count(on: own.counter, ofRank: own.rank, operation, at: time)
    guard let buffer = buffers.firstPosted(for: own).map({ Int($0) }) else {
      buffers.arrive(Int32(node), own)
      return
    }
    meet(buffer, node, operation, at: time)
  }

  private mutating func open(_ node: Int, at time: Int64) {
    let own = schedule.nodes[node]
    buffers.post(Int32(node), own)
    while let early = buffers.takeArrival(for: own) {
      guard let operation = sets[after[Int(early)]].first else { continue }
      meet(node, Int(early), operation, at: time)
      if own.isUsedOnce { break }
    }
  }

  private mutating func meet(_ buffer: Int, _ node: Int, _ operation: Int32, at time: Int64) {
    let own = schedule.nodes[buffer]
    if own.isUsedOnce { _ = buffers.takePosted(for: schedule.nodes[node]) }
    state[buffer] = .met
    guard !schedule.nodes[node].kind.takesFromPeer else { return }
    count(on: own.counter, ofRank: own.rank, operation, at: time)
  }

  private mutating func count(
    on counter: Int32, ofRank rank: Int32, _ operation: Int32, at time: Int64
  ) {
    guard counter >= 0 else { return }
    for node in counters.count(operation, on: counter, ofRank: rank) {
      guard state[Int(node)] == .held else { continue }
      // In its turn: a chain of them may be longer than any stack of calls.
      state[Int(node)] = .triggered
      queue.insert(TimedNode(time: time, node: node))
    }
  }

  // MARK: Where nothing goes on

  /// Lets the lowest held node go, or else the lowest that waits; false when all are done.
  private mutating func letGo() -> Bool {
    while lowestHeld < state.count, state[lowestHeld] != .held { lowestHeld += 1 }
    if lowestHeld < state.count {
      let node = lowestHeld
      if schedule.nodes[node].kind == .receive {
        letGo(receive: node)
      } else {
        result.unreachedCounters += 1
        act(node, at: clock)
      }
      return true
    }
    guard let node = rings.nodeInRing(of: graph, state, isWaiting: { $0 == .waiting }) else {
      return false
    }
    if result.ringDependencies == 0 { result.firstRing = schedule.location(of: node) }
    result.ringDependencies += Int64(waits[node])
    waits[node] = 0
    begin(node, at: clock)
    return true
  }

  /// A receive that leaves source or tag open takes a message of another size rather than none.
  private mutating func letGo(receive node: Int) {
    if let sender = messages.takeArrival(for: schedule.nodes[node], ofAnySize: true) {
      pass(node, at: clock, and: Array(sets[after[Int(sender)]]))
    } else {
      pass(node, at: clock)
      state[node] = .released
    }
  }

  private mutating func countUnmatched() {
    result.longestComputeNanoseconds = clock
    result.unmatchedSends = messages.arrivalCount + buffers.arrivalCount
    for node in schedule.nodes.indices {
      let kind = schedule.nodes[node].kind
      let isUnmatched =
        switch kind {
        case .receive: state[node] == .released
        case .append, .triggeredAppend: state[node] != .met
        default: false
        }
      guard isUnmatched else { continue }
      if result.unmatchedReceives == 0 { result.firstUnmatched = schedule.location(of: node) }
      result.unmatchedReceives += 1
    }
  }
}

/// What a schedule comes to: its transfers with what each waits for, and what did not fit.
struct GOALResult {
  private(set) var operations = OperationTable()
  private(set) var transfers = TransferTable()
  /// Operations without bytes, each of which stands for several that many others wait for.
  private(set) var joins = 0

  var unmatchedReceives: Int64 = 0
  var firstUnmatched = ""
  var unmatchedSends: Int64 = 0
  /// Receives whose message waits, by way of others, for themselves.
  var circularReceives = 0
  var unreachedCounters = 0
  var ringDependencies: Int64 = 0
  var firstRing = ""
  var computeNanoseconds: Int64 = 0
  /// Compute along the longest chain.
  var longestComputeNanoseconds: Int64 = 0
  var simulatedComputes = 0

  fileprivate mutating func append(
    source: Int32, destination: Int32, bytes: Int64, after: ArraySlice<Int32>
  ) -> Int32 {
    let id = addOperation(.sendReceive, after: after)
    if bytes > 0 {
      transfers.append(operation: id, source: source, destination: destination, bytes: bytes)
    }
    return id
  }

  mutating func appendJoin(after: ArraySlice<Int32>) -> Int32 {
    joins += 1
    return addOperation(.unknown, after: after)
  }

  private mutating func addOperation(_ kind: OperationKind, after: ArraySlice<Int32>) -> Int32 {
    let id = Int32(operations.count)
    operations.append(Operation(id: id, kind: kind, role: .other, grain: .rank))
    for predecessor in after {
      operations.dependencies.append(.init(operation: id, predecessor: predecessor))
    }
    return id
  }
}
