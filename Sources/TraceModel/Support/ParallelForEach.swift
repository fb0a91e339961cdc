internal import Dispatch

/// Calls `consume` with `produce(index)` for every index in order, each as soon as it and all before
/// it are there; `produce` runs on all cores.
///
/// No core waits for a slow element: what is found after it is kept until its turn. `consume` runs on
/// the calling thread. When it throws, elements that have not begun are left out, and the others have
/// ended before the error is passed on. Each call of `produce` should last a millisecond or more.
package func parallelForEachInOrder<Result: Sendable>(
  of indices: Range<Int>, _ produce: @escaping @Sendable (Int) -> Result,
  _ consume: (Int, Result) throws -> Void
) rethrows {
  let queue = ResultQueue<Result>()
  let ended = DispatchGroup()
  DispatchQueue.global().async(group: ended) {
    DispatchQueue.concurrentPerform(iterations: indices.count) { offset in
      if queue.isAbandoned { return }
      let index = indices.lowerBound + offset
      queue.put(produce(index), at: index)
    }
  }
  defer {
    queue.abandon()
    ended.wait()
  }
  for index in indices { try consume(index, queue.take(index)) }
}

/// Results that were found before their turn.
private final class ResultQueue<Result: Sendable>: Sendable {
  private let state = Locked<State>(State())
  private let arrived = DispatchSemaphore(value: 0)

  private struct State {
    var waiting: [Int: Result] = [:]
    var isAbandoned = false
  }

  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  func abandon() { state.withLock { $0.isAbandoned = true } }

  func put(_ result: Result, at index: Int) {
    state.withLock { $0.waiting[index] = result }
    arrived.signal()
  }

  /// Waits for one result; only one thread takes.
  func take(_ index: Int) -> Result {
    while true {
      if let result = state.withLock({ $0.waiting.removeValue(forKey: index) }) { return result }
      arrived.wait()
    }
  }
}
