/// Pairs of ends, at most `ports` at every end, each pair at most once, whose weights add up to the
/// most: symmetric b-matching.
package struct PairSubgraph: Sendable {
  /// `size * size`, symmetric.
  package var isChosen: [Bool]
  /// False when rounds of matching stood in for the exact answer.
  package var isExact: Bool

  /// Nodes of the exact construction up to which it is used: about a second of work.
  package static let exactNodeLimit = 400

  /// Chooses exactly where the construction is small, by rounds of matching elsewhere.
  ///
  /// Exact by vertex splitting for few pairs: every end becomes `ports` copies and every pair two
  /// nodes in between, and a maximum weight matching of that graph is read back (Schrijver, 2003,
  /// chapter 32). Otherwise `ports` rounds of maximum weight matching on the pairs that are left.
  ///
  /// A subgraph of degree at most `ports` divides into `ports` + 1 matchings (Vizing), so every round
  /// gains at least 1 / (ports + 1) of what the best subgraph has over the pairs chosen so far:
  /// rounds reach 1 − (1 − 1 / (ports + 1))^ports of its weight: 0.55 with two ports, 0.60 with six.
  package init(size: Int, ports: Int, weights: [Int64], exactNodeLimit: Int = Self.exactNodeLimit) {
    var pairs: [(left: Int, right: Int)] = []
    for left in 0..<size {
      for right in left + 1..<max(left + 1, size) where weights[left * size + right] > 0 {
        pairs.append((left, right))
      }
    }
    isChosen = [Bool](repeating: false, count: size * size)
    let nodeCount = size * ports + 2 * pairs.count
    isExact = ports <= 1 || nodeCount <= exactNodeLimit
    if ports > 1 && isExact {
      chooseBySplitting(pairs, size: size, ports: ports, nodeCount: nodeCount, weights: weights)
    } else {
      chooseByRounds(size: size, ports: ports, weights: weights)
    }
  }

  /// A pair's two nodes are matched with each other (weight w: not chosen) or each with a copy of
  /// its end (weight w twice: chosen).
  private mutating func chooseBySplitting(
    _ pairs: [(left: Int, right: Int)], size: Int, ports: Int, nodeCount: Int, weights: [Int64]
  ) {
    var split = [Int64](repeating: 0, count: nodeCount * nodeCount)
    func join(_ left: Int, _ right: Int, _ weight: Int64) {
      split[left * nodeCount + right] = weight
      split[right * nodeCount + left] = weight
    }
    for (number, pair) in pairs.enumerated() {
      let weight = weights[pair.left * size + pair.right]
      let inner = size * ports + 2 * number
      join(inner, inner + 1, weight)
      for port in 0..<ports {
        join(pair.left * ports + port, inner, weight)
        join(pair.right * ports + port, inner + 1, weight)
      }
    }
    let partner = maximumWeightPairs(size: nodeCount, weights: split)
    for (number, pair) in pairs.enumerated() {
      let inner = size * ports + 2 * number
      let isOut = { (node: Int) in partner[node] >= 0 && partner[node] < Int32(size * ports) }
      if isOut(inner) && isOut(inner + 1) { choose(pair.left, pair.right, size: size) }
    }
  }

  private mutating func chooseByRounds(size: Int, ports: Int, weights: [Int64]) {
    var left = weights
    for _ in 0..<ports {
      let partner = maximumWeightPairs(size: size, weights: left)
      for end in 0..<size where Int(partner[end]) > end {
        choose(end, Int(partner[end]), size: size)
        left[end * size + Int(partner[end])] = 0
        left[Int(partner[end]) * size + end] = 0
      }
    }
  }

  private mutating func choose(_ left: Int, _ right: Int, size: Int) {
    isChosen[left * size + right] = true
    isChosen[right * size + left] = true
  }
}
