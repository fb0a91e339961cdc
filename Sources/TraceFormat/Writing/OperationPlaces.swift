internal import TraceModel

/// What the writer remembers of the operations: id → iteration and layer, 20 bytes or so each.
struct OperationPlaces {
  private var numbers = KeyTable()
  private(set) var iterations: [Int32] = []
  private(set) var layers: [Int32] = []
  private var ids: [Int32] = []

  /// Remembers an operation; false when its id is taken.
  mutating func add(_ operation: Operation) -> Bool {
    let number = numbers.number(of: UInt64(UInt32(bitPattern: operation.id)))
    guard number == ids.count else { return false }
    ids.append(operation.id)
    iterations.append(operation.iteration)
    layers.append(operation.layer)
    return true
  }

  /// Counts operations in the order in which they came; nil for an id that never came.
  func number(of id: Int32) -> Int32? {
    numbers.existingNumber(of: UInt64(UInt32(bitPattern: id))).map(Int32.init)
  }

  /// True when the first operation's rows stand before the second's: by iteration, layer, id.
  func precedes(_ first: Int32, _ second: Int32) -> Bool {
    let (first, second) = (Int(first), Int(second))
    return (iterations[first], layers[first], ids[first])
      < (iterations[second], layers[second], ids[second])
  }

  /// The rows in the order in which they are written, given the operation number of each.
  ///
  /// Rows of one operation keep their order. Linear in rows and in operations known.
  func order(_ numbers: [Int32]) -> [Int32] {
    if isOrdered(numbers) { return Array(0..<Int32(numbers.count)) }
    var starts = [Int32](repeating: 0, count: ids.count)
    for number in numbers { starts[Int(number)] += 1 }
    let present = starts.indices.filter { starts[$0] > 0 }.map(Int32.init)
    var next: Int32 = 0
    for number in present.sorted(by: precedes) {
      let count = starts[Int(number)]
      starts[Int(number)] = next
      next += count
    }
    var order = [Int32](repeating: 0, count: numbers.count)
    for (row, number) in numbers.enumerated() {
      order[Int(starts[Int(number)])] = Int32(row)
      starts[Int(number)] += 1
    }
    return order
  }

  private func isOrdered(_ numbers: [Int32]) -> Bool {
    for row in numbers.indices.dropFirst() {
      let (before, this) = (numbers[row - 1], numbers[row])
      if before != this, !precedes(before, this) { return false }
    }
    return true
  }
}
