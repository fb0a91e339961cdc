/// Cells of a square matrix, at most `ports` in every row and every column, whose weights add up to
/// the most: directed b-matching, each pair at most once.
///
/// Exact: successive shortest augmenting paths in the transport network, with potentials;
/// O(size³ × ports).
/// - Parameters:
///   - weights: `size * size`, row = sender; 0 or less means that a pair cannot be chosen.
/// - Returns: for every cell whether it is chosen.
package func maximumWeightCells(size: Int, ports: Int, weights: [Int64]) -> [Bool] {
  precondition(weights.count == size * size, "a matching needs a square matrix")
  var search = CellSearch(size: size, ports: ports, weights: weights)
  while search.augment() {}
  return search.isChosen
}

/// The transport network and the paths that are looked for in it.
///
/// Rows are nodes 0 ..< size, columns size ..< 2 size. A row reaches the columns of cells that are
/// not chosen at cost −weight; a column gives back chosen cells at cost +weight.
private struct CellSearch {
  let size: Int
  let weights: [Int64]
  var isChosen: [Bool]
  var freeOfNode: [Int]
  var potential: [Int64]
  var distance: [Int64]
  var isFinal: [Bool]
  var cameFrom: [Int32]

  init(size: Int, ports: Int, weights: [Int64]) {
    self.size = size
    self.weights = weights
    isChosen = [Bool](repeating: false, count: size * size)
    freeOfNode = [Int](repeating: ports, count: 2 * size)
    potential = [Int64](repeating: 0, count: 2 * size)
    distance = potential
    isFinal = [Bool](repeating: false, count: 2 * size)
    cameFrom = [Int32](repeating: -1, count: 2 * size)
    for cell in weights.indices {
      potential[size + cell % size] = min(potential[size + cell % size], -max(0, weights[cell]))
    }
  }

  /// Adds the cheapest alternating path from a row with a free port to a column with one; false
  /// when no path gains weight.
  mutating func augment() -> Bool {
    findDistances()
    var end = -1
    var cost = Int64.max
    for column in size..<2 * size
    where freeOfNode[column] > 0 && distance[column] != .max
      && distance[column] + potential[column] < cost
    {
      end = column
      cost = distance[column] + potential[column]
    }
    guard end >= 0, cost < 0 else { return false }
    // Nodes farther than the end move with it, so that reduced costs stay at or above 0.
    let limit = distance[end]
    for node in potential.indices { potential[node] += min(distance[node], limit) }
    freeOfNode[end] -= 1
    var node = end
    while cameFrom[node] >= 0 {
      let before = Int(cameFrom[node])
      let (row, column) = node >= size ? (before, node - size) : (node, before - size)
      isChosen[row * size + column].toggle()
      node = before
    }
    freeOfNode[node] -= 1
    return true
  }

  /// Dijkstra over the dense network, by reduced cost.
  private mutating func findDistances() {
    for node in distance.indices {
      isFinal[node] = false
      cameFrom[node] = -1
      distance[node] = node < size && freeOfNode[node] > 0 ? -potential[node] : .max
    }
    while true {
      var nearest = -1
      for node in distance.indices where !isFinal[node] && distance[node] != .max {
        if nearest < 0 || distance[node] < distance[nearest] { nearest = node }
      }
      guard nearest >= 0 else { return }
      isFinal[nearest] = true
      let base = distance[nearest] + potential[nearest]
      if nearest < size {
        for column in 0..<size
        where !isChosen[nearest * size + column] && weights[nearest * size + column] > 0 {
          relax(size + column, base - weights[nearest * size + column], from: nearest)
        }
      } else {
        for row in 0..<size where isChosen[row * size + nearest - size] {
          relax(row, base + weights[row * size + nearest - size], from: nearest)
        }
      }
    }
  }

  private mutating func relax(_ node: Int, _ trueDistance: Int64, from before: Int) {
    let reduced = trueDistance - potential[node]
    if !isFinal[node] && reduced < distance[node] {
      distance[node] = reduced
      cameFrom[node] = Int32(before)
    }
  }
}
