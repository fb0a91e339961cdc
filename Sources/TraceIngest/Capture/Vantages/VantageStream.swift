internal import Dispatch
internal import TraceModel

/// The batches of one vantage in their order, made on a thread of its own or when they are asked for.
///
/// Which of the two makes no difference to what they hold.
final class VantageStream {
  /// Batches that may be ready before they are asked for.
  private static let depth = 6

  private let make: @Sendable () throws(IngestError) -> Vantage
  private let isThreaded: Bool
  private var vantage: Vantage?
  private var queue: BatchQueue?

  init(isThreaded: Bool, _ make: @escaping @Sendable () throws(IngestError) -> Vantage) {
    self.isThreaded = isThreaded
    self.make = make
  }

  deinit { queue?.abandon() }

  /// The next batch; nil behind the last.
  func next() throws(IngestError) -> Vantage.Batch? {
    guard isThreaded else {
      if vantage == nil { vantage = try make() }
      return try vantage?.nextBatch()
    }
    return try (queue ?? start()).take()
  }

  private func start() -> BatchQueue {
    let queue = BatchQueue(depth: Self.depth)
    let make = self.make
    DispatchQueue(label: "vantage", qos: .userInitiated).async {
      do throws(IngestError) {
        var vantage = try make()
        while !queue.isAbandoned, let batch = try vantage.nextBatch() { queue.put(.success(batch)) }
      } catch {
        queue.put(.failure(error))
      }
    }
    self.queue = queue
    return queue
  }
}

/// Batches on their way from the thread that makes them to the one that takes them.
private final class BatchQueue: Sendable {
  private struct State {
    var batches = SlidingArray<Result<Vantage.Batch, IngestError>>()
    var isAbandoned = false
  }

  private let state = Locked<State>(State())
  private let filled = DispatchSemaphore(value: 0)
  private let room: DispatchSemaphore

  init(depth: Int) { room = DispatchSemaphore(value: 0); for _ in 0..<depth { room.signal() } }

  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  func abandon() {
    state.withLock { $0.isAbandoned = true }
    room.signal()
  }

  func put(_ batch: Result<Vantage.Batch, IngestError>) {
    room.wait()
    state.withLock { $0.batches.append(batch) }
    filled.signal()
  }

  func take() throws(IngestError) -> Vantage.Batch? {
    filled.wait()
    let first = state.withLock { state in
      defer { state.batches.removeFirst(1) }
      return state.batches.first
    }
    room.signal()
    return try first?.get()
  }
}
