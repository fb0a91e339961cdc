/// A receiver for every sender such that every chosen cell is at least `threshold`, or nil.
///
/// Augmenting paths in the order of senders, receivers in ascending order (Kuhn), so that the
/// answer is unique; O(n³) at worst, far less on dense cells.
package func perfectMatching(
  size: Int, cells: borrowing Span<Int64>, atLeast threshold: Int64
) -> [Int32]? {
  var owner = [Int32](repeating: -1, count: size)
  var seen = [Int32](repeating: -1, count: size)
  var nextColumn = [Int32](repeating: 0, count: size)
  var path = [Int32](repeating: 0, count: size + 1)
  var owners = owner.mutableSpan
  var marks = seen.mutableSpan
  var next = nextColumn.mutableSpan
  var rows = path.mutableSpan
  for root in 0..<size {
    var depth = 0
    rows[0] = Int32(root)
    next[root] = 0
    var isMatched = false
    while depth >= 0 {
      let row = Int(rows[depth])
      var column = Int(next[row])
      while column < size
        && (marks[column] == Int32(root) || cells[row * size + column] < threshold)
      {
        column += 1
      }
      next[row] = Int32(column + 1)
      if column == size {
        depth -= 1
        continue
      }
      marks[column] = Int32(root)
      let holder = owners[column]
      if holder < 0 {
        isMatched = true
        break
      }
      depth += 1
      rows[depth] = holder
      next[Int(holder)] = 0
    }
    if !isMatched { return nil }
    // Every row of the path takes the column at which it stopped.
    for place in 0...depth { owners[Int(next[Int(rows[place])]) - 1] = rows[place] }
  }
  var receiver = [Int32](repeating: -1, count: size)
  for column in 0..<size { receiver[Int(owner[column])] = Int32(column) }
  return receiver
}

/// The perfect matching whose smallest cell is the largest, and that cell; nil when every perfect
/// matching has a cell below 1.
///
/// Bisection over the distinct cells, O(n³ log n).
package func bottleneckMatching(
  size: Int, cells: [Int64], atMost ceiling: Int64 = .max
) -> (receiver: [Int32], smallest: Int64)? {
  var values: [Int64] = []
  for value in cells.sorted() where value > 0 && value <= ceiling && value != values.last {
    values.append(value)
  }
  var best: (receiver: [Int32], smallest: Int64)?
  var low = 0
  var high = values.count
  while low < high {
    let middle = (low + high) / 2
    if let receiver = perfectMatching(size: size, cells: cells.span, atLeast: values[middle]) {
      best = (receiver, values[middle])
      low = middle + 1
    } else {
      high = middle
    }
  }
  return best
}
