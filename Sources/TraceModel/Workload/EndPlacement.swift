/// Where the ends of a workload go when its servers are put on others.
struct EndPlacement {
  /// The new server of each old one.
  var servers: [Int]
  var endsPerServer: Int

  subscript(end: Int) -> Int {
    servers[end / endsPerServer] * endsPerServer + end % endsPerServer
  }
}

extension DemandSet {
  /// Appends a demand of another set with its ends moved; pairs are in order again.
  ///
  /// - Complexity: O(pairs log pairs).
  mutating func append(_ demand: Int, of other: DemandSet, placedBy map: EndPlacement) -> Int {
    let moved = other.pairs(of: demand)
      .map { row in
        (
          source: Int32(truncatingIfNeeded: map[Int(other.source[row])]),
          destination: Int32(truncatingIfNeeded: map[Int(other.destination[row])]),
          amount: other.amount[row]
        )
      }
      .sorted { ($0.source, $0.destination) < ($1.source, $1.destination) }
    return append(
      source: moved.map(\.source), destination: moved.map(\.destination),
      amount: moved.map(\.amount))
  }
}
