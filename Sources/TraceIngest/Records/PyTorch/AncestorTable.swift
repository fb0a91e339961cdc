internal import TraceModel

/// What the nodes of one execution trace hang from: functions and ranges around each node.
///
/// A file writes children before their parents, so all nodes are kept: some 30 bytes for each, of
/// 500 and more that it takes in the file. Freed with the file.
struct AncestorTable {
  /// Nothing that a program does is nested deeper; a ring of parents ends here too.
  private static let depthLimit = 1_000

  private var numberOfNode = KeyTable()
  private var parent: [Int64] = []
  private var context: [CommsContext] = []
  private var iteration: [Int32] = []

  mutating func add(
    node: Int64, parent: Int64, context: CommsContext, iteration: Int32 = Operation.unknown
  ) {
    let number = numberOfNode.number(of: UInt64(bitPattern: node))
    // The first of two nodes with one id counts.
    guard number == self.parent.count else { return }
    self.parent.append(parent)
    self.context.append(context)
    self.iteration.append(iteration)
  }

  /// What stands around a node, and the profiler's step that it belongs to.
  func surroundings(of node: Int64) -> (context: CommsContext, iteration: Int32) {
    var found = CommsContext()
    var step = Operation.unknown
    var next = node
    for _ in 0..<Self.depthLimit {
      guard let number = numberOfNode.existingNumber(of: UInt64(bitPattern: next)) else { break }
      found.add(outer: context[number])
      if step == Operation.unknown { step = iteration[number] }
      if parent[number] == next { break }
      next = parent[number]
    }
    return (found, step)
  }
}

/// The number of a range that PyTorch's profiler opens around each step ("ProfilerStep#12").
func profilerStep(named name: RawSpan) -> Int32? {
  let prefix: StaticString = "ProfilerStep#"
  let length = prefix.utf8CodeUnitCount
  guard name.byteCount > length, name.byteCount <= length + 9 else { return nil }
  for offset in 0..<length {
    let expected = unsafe prefix.utf8Start[offset]
    guard name.byte(at: offset) == expected else { return nil }
  }
  var step: Int32 = 0
  for offset in length..<name.byteCount {
    let digit = name.byte(at: offset) &- UInt8(ascii: "0")
    guard digit < 10 else { return nil }
    step = step * 10 + Int32(digit)
  }
  return step
}
