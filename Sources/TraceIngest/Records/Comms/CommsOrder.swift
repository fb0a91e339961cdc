internal import HeapModule
internal import TraceModel

/// One order of all operations that keeps the order of every rank.
///
/// Kahn's algorithm over the ranks' own sequences; what no rank orders stands as it was numbered.
/// Where ranks contradict one another (they ran concurrent streams, or a record is damaged) one of
/// the operations that wait for each other goes first; the order of all others is kept.
struct CommsOrder {
  /// By rank, each operation once.
  private var sequences: [[Int32]] = []
  private var successors: [[Int32]]
  private var waits: [Int32]

  init(count: Int) {
    successors = [[Int32]](repeating: [], count: count)
    waits = [Int32](repeating: 0, count: count)
  }

  /// Operations in the order in which one rank recorded them; of repeated ones the first counts.
  mutating func add(rank sequence: [Int32]) {
    var seen: Set<Int32> = []
    let own = sequence.filter { seen.insert($0).inserted }
    for (operation, next) in zip(own, own.dropFirst()) {
      successors[Int(operation)].append(next)
      waits[Int(next)] += 1
    }
    sequences.append(own)
  }

  /// All operations, each after those before it on every rank, ties by lowest number.
  ///
  /// - Complexity: O(n log n) of the operations and their ranks.
  consuming func merged() -> [Int] {
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: waits.count)
    var ready = Heap<Int32>()
    for operation in waits.indices where waits[operation] == 0 { ready.insert(Int32(operation)) }
    var stuck: StuckRanks?
    while order.count < waits.count {
      var next = ready.popMin().map { Int($0) }
      if next == nil {
        if stuck == nil { stuck = StuckRanks(sequences, operationCount: waits.count) }
        next = stuck?.operationToFree(isDone)
      }
      // Never nil: what waits stands in the sequence of a rank.
      guard let next else { return order + isDone.indices.filter { !isDone[$0] } }
      guard !isDone[next] else { continue }
      isDone[next] = true
      order.append(next)
      for successor in successors[next] {
        waits[Int(successor)] -= 1
        if waits[Int(successor)] == 0, !isDone[Int(successor)] { ready.insert(successor) }
      }
    }
    return order
  }
}

/// What the ranks' operations wait for, to find those that wait for themselves.
private struct StuckRanks {
  private let graph: GOALGraph
  private var walk: RingWalk

  init(_ sequences: [[Int32]], operationCount: Int) {
    var dependencies: [GOALSchedule.Dependency] = []
    for sequence in sequences {
      for (operation, next) in zip(sequence, sequence.dropFirst()) {
        dependencies.append(.init(node: next, predecessor: operation, isOnStart: false))
      }
    }
    graph = GOALGraph(nodeCount: operationCount, dependencies)
    walk = RingWalk(nodeCount: operationCount)
  }

  /// An operation that waits for itself by way of others; nil when all are done.
  mutating func operationToFree(_ isDone: [Bool]) -> Int? {
    walk.nodeInRing(of: graph, isDone) { !$0 }
  }
}
