internal import Dispatch

/// `transform(0) … transform(count − 1)` on all cores, results in index order.
///
/// The result never depends on the number of cores: each element is computed alone and stored at
/// its own index. Each call should last a millisecond or more.
public func parallelMap<Result: Sendable>(
  count: Int, _ transform: @Sendable (Int) -> Result
) -> [Result] {
  guard count > 1 else { return (0..<count).map(transform) }
  return unsafe [Result](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    nonisolated(unsafe) let storage = unsafe buffer
    DispatchQueue.concurrentPerform(iterations: count) { index in
      unsafe storage.initializeElement(at: index, to: transform(index))
    }
    initializedCount = count
  }
}
