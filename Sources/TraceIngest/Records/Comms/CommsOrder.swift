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
  /// - Complexity: O(n log n) of the operations and their ranks; each contradiction costs as much as
  ///   looking a few times at what all ranks wait for.
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

/// The ranks' next operations when all of them wait for one another.
private struct StuckRanks {
  private let sequences: [[Int32]]
  /// By operation: the ranks that took part.
  private var ranks: [[Int32]]
  /// By rank: the place of its next operation.
  private var heads: [Int]

  init(_ sequences: [[Int32]], operationCount: Int) {
    self.sequences = sequences
    heads = [Int](repeating: 0, count: sequences.count)
    ranks = [[Int32]](repeating: [], count: operationCount)
    for (rank, sequence) in sequences.enumerated() {
      for operation in sequence { ranks[Int(operation)].append(Int32(rank)) }
    }
  }

  /// The lowest of some operations that all wait for each other and for nothing else.
  ///
  /// Nil when all are done.
  mutating func operationToFree(_ isDone: [Bool]) -> Int? {
    for rank in heads.indices {
      while let operation = head(of: rank), isDone[operation] { heads[rank] += 1 }
    }
    guard var start = heads.indices.compactMap({ head(of: $0) }).first else { return nil }
    // An operation that is waited for and does not wait in turn is nearer to the contradiction.
    while true {
      let waitedFor = operationsWaitedFor(by: start)
      let nearer = waitedFor.first { !operationsWaitedFor(by: $0).contains(start) }
      guard let nearer else { return waitedFor.min() }
      start = nearer
    }
  }

  private func head(of rank: Int) -> Int? {
    heads[rank] < sequences[rank].count ? Int(sequences[rank][heads[rank]]) : nil
  }

  /// The ranks' next operations for which one of them waits, directly or not.
  private func operationsWaitedFor(by operation: Int) -> [Int] {
    var found: [Int] = []
    var isFound: Set<Int> = []
    var open = [operation]
    while let next = open.popLast() {
      for rank in ranks[next] {
        guard let other = head(of: Int(rank)), other != next, isFound.insert(other).inserted else {
          continue
        }
        found.append(other)
        open.append(other)
      }
    }
    return found
  }
}
