/// A receiver for every sender so that the weights add up to the most: the assignment problem.
///
/// Shortest augmenting paths with potentials (Hungarian method; Jonker and Volgenant 1987), O(n³).
/// Ties go to the lowest receiver that the search meets first, so that equal input gives an equal
/// answer.
/// - Parameters:
///   - weights: `size * size`, row = sender; a negative weight forbids the pair.
/// - Returns: `receiver[sender]`, or nil when the pairs that are allowed have no perfect matching.
package func maximumWeightAssignment(size: Int, weights: [Int64]) -> [Int32]? {
  precondition(weights.count == size * size, "an assignment needs a square matrix")
  guard size > 0 else { return [] }
  var state = AssignmentState(size: size)
  for sender in 0..<size {
    let isAssigned = growAssignment(
      from: sender, size: size, weights: weights.span,
      rowPotential: &state.rowPotential, columnPotential: &state.columnPotential,
      owner: &state.owner, cameFrom: &state.cameFrom, slack: &state.slack,
      isReached: &state.isReached)
    if !isAssigned { return nil }
  }
  var receiver = [Int32](repeating: -1, count: size)
  for column in 0..<size { receiver[Int(state.owner[column])] = Int32(column) }
  return receiver
}

/// The sum of the weights that an assignment chooses.
package func weight(of receiver: [Int32], in weights: [Int64]) -> Int64 {
  var total: Int64 = 0
  for sender in receiver.indices where receiver[sender] >= 0 {
    total += weights[sender * receiver.count + Int(receiver[sender])]
  }
  return total
}

/// Columns of the search; the extra last column is where a search begins.
private struct AssignmentState {
  var rowPotential: [Int64]
  var columnPotential: [Int64]
  /// The sender of each receiver so far, or −1.
  var owner: [Int32]
  var cameFrom: [Int32]
  var slack: [Int64]
  var isReached: [Bool]

  init(size: Int) {
    rowPotential = [Int64](repeating: 0, count: size)
    columnPotential = [Int64](repeating: 0, count: size + 1)
    owner = [Int32](repeating: -1, count: size + 1)
    cameFrom = [Int32](repeating: -1, count: size + 1)
    slack = columnPotential
    isReached = [Bool](repeating: false, count: size + 1)
  }
}

/// Gives one more sender a receiver, moving others along the cheapest alternating path.
///
/// Costs are negated weights. Reduced costs stay at or above 0 for all pairs and at 0 for chosen
/// ones, which is what makes the result optimal.
private func growAssignment(
  from sender: Int, size: Int, weights: borrowing Span<Int64>, rowPotential: inout [Int64],
  columnPotential: inout [Int64], owner: inout [Int32], cameFrom: inout [Int32],
  slack: inout [Int64], isReached: inout [Bool]
) -> Bool {
  var rows = rowPotential.mutableSpan
  var columns = columnPotential.mutableSpan
  var owners = owner.mutableSpan
  var previous = cameFrom.mutableSpan
  var slacks = slack.mutableSpan
  var reached = isReached.mutableSpan
  for column in 0...size {
    slacks[column] = .max
    reached[column] = false
  }
  owners[size] = Int32(sender)
  var current = size
  while owners[current] >= 0 {
    reached[current] = true
    let row = Int(owners[current])
    let rowPotential = rows[row]
    let base = row * size
    var nearest = -1
    var step = Int64.max
    for column in 0..<size where !reached[column] {
      let weight = weights[base + column]
      if weight >= 0 {
        let reduced = 0 &- weight &- rowPotential &- columns[column]
        if reduced < slacks[column] {
          slacks[column] = reduced
          previous[column] = Int32(current)
        }
      }
      if slacks[column] < step {
        step = slacks[column]
        nearest = column
      }
    }
    guard nearest >= 0 else { return false }
    for column in 0...size {
      if reached[column] {
        rows[Int(owners[column])] &+= step
        columns[column] &-= step
      } else if slacks[column] != .max {
        slacks[column] &-= step
      }
    }
    current = nearest
  }
  while current != size {
    let before = Int(previous[current])
    owners[current] = owners[before]
    current = before
  }
  return true
}
