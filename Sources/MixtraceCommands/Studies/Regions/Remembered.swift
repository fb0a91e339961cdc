internal import TraceModel

/// Values that are worked out once for each key, whichever thread asks first.
final class Remembered<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let known = Locked<[Key: Answer]>([:])

  /// What the first who asks for it finds while others wait.
  private final class Answer: Sendable {
    let value = Locked<Value?>(nil)
  }

  func value(for key: Key, _ find: () -> Value) -> Value {
    let answer = known.withLock { known in
      if let answer = known[key] { return answer }
      let answer = Answer()
      known[key] = answer
      return answer
    }
    return answer.value.withLock { value in
      if let value { return value }
      let found = find()
      value = found
      return found
    }
  }
}
