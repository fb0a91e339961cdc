internal import TraceModel

/// One order of all operations that keeps the order of every rank.
///
/// Kahn's algorithm over the ranks' own sequences; what no rank orders stands as it was numbered.
/// Where ranks contradict one another (they ran concurrent streams, or a record is damaged) the
/// lowest number goes first.
struct CommsOrder {
  private var successors: [[Int32]]
  private var waits: [Int32]

  init(count: Int) {
    successors = [[Int32]](repeating: [], count: count)
    waits = [Int32](repeating: 0, count: count)
  }

  /// Operations in the order in which one rank recorded them; of repeated ones the first counts.
  mutating func add(rank sequence: [Int32]) {
    var seen: Set<Int32> = []
    var last: Int32?
    for operation in sequence where seen.insert(operation).inserted {
      if let last {
        successors[Int(last)].append(operation)
        waits[Int(operation)] += 1
      }
      last = operation
    }
  }

  /// All operations, each after those before it on every rank, ties by lowest number.
  ///
  /// - Complexity: O(n log n) of the operations and their ranks.
  consuming func merged() -> [Int] {
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: waits.count)
    var ready = LowestFirst()
    for operation in waits.indices where waits[operation] == 0 { ready.insert(Int32(operation)) }
    var lowest = 0
    while order.count < waits.count {
      var next = ready.removeLowest().map { Int($0) }
      if next == nil {
        while isDone[lowest] { lowest += 1 }
        next = lowest
      }
      guard let next, !isDone[next] else { continue }
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

/// Numbers of which the lowest is taken first: a binary heap.
private struct LowestFirst {
  private var heap: [Int32] = []

  mutating func insert(_ number: Int32) {
    var place = heap.count
    heap.append(number)
    while place > 0, heap[(place - 1) / 2] > heap[place] {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func removeLowest() -> Int32? {
    guard let lowest = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return lowest }
    heap[0] = last
    var place = 0
    while true {
      var child = 2 * place + 1
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard child < heap.count, heap[child] < heap[place] else { return lowest }
      heap.swapAt(place, child)
      place = child
    }
  }
}
