internal import TraceModel

extension Workload {
  /// The same operations between servers, with no other demands than theirs.
  ///
  /// Hundreds of pairs of ranks become one pair of servers. What is lost is small where NICs are pooled:
  /// scale-up links, and that one rank of a server may be ready before another.
  func betweenServers() -> Workload {
    let serverOf = (0..<endpointCount).map { Int32(layout.server(of: $0, at: grain)) }
    return withDemands(at: .server) { serverOf[Int($0)] }
  }

  /// The same without demands that no operation moves: what is set up for each replay then does not grow
  /// with the trace.
  func withoutUnusedDemands() -> Workload { withDemands(at: grain) { $0 } }

  private func withDemands(at grain: Grain, _ endOf: (Int32) -> Int32) -> Workload {
    var numberOf: [Int: Int] = [:]
    var kept = DemandSet()
    var steps = steps
    for place in steps.indices {
      let demand = steps[place].demand
      if let known = numberOf[demand] {
        steps[place].demand = known
      } else {
        let number = kept.append(demand, of: demands, endOf)
        numberOf[demand] = number
        steps[place].demand = number
      }
    }
    return Workload(
      grain: grain, layout: layout, model: model, demands: kept, steps: steps,
      provenance: provenance)
  }
}

extension DemandSet {
  /// Appends a demand between other ends; pairs of the same ends become one.
  fileprivate mutating func append(
    _ demand: Int, of other: DemandSet, _ endOf: (Int32) -> Int32
  ) -> Int {
    var rows = other.pairs(of: demand).map { row in
      (ends: (endOf(other.source[row]), endOf(other.destination[row])), amount: other.amount[row])
    }
    rows.sort { $0.ends < $1.ends }
    var (source, destination, amount) = ([Int32](), [Int32](), [Int64]())
    for row in rows {
      if source.last == row.ends.0, destination.last == row.ends.1 {
        amount[amount.count - 1] += row.amount
      } else {
        source.append(row.ends.0)
        destination.append(row.ends.1)
        amount.append(row.amount)
      }
    }
    return append(source: source, destination: destination, amount: amount)
  }
}

/// The pairs of servers that exchange expert bytes, whichever way: all that tells one division into
/// regions from another where it matters.
struct JoinedServers: Sendable {
  /// Lower server first, ascending.
  private(set) var pairs: [(left: Int, right: Int)] = []

  /// - Complexity: O(pairs of the distinct demands + servers²).
  init(_ workload: Workload) {
    let count = workload.layout.serverCount
    let serverOf = (0..<workload.endpointCount).map {
      workload.layout.server(of: $0, at: workload.grain)
    }
    var isUsed = [Bool](repeating: false, count: workload.demands.count)
    for step in workload.steps where step.role == .expert { isUsed[step.demand] = true }
    var isJoined = [Bool](repeating: false, count: count * count)
    for demand in isUsed.indices where isUsed[demand] {
      for row in workload.demands.pairs(of: demand) where workload.demands.amount[row] > 0 {
        let from = serverOf[Int(workload.demands.source[row])]
        let to = serverOf[Int(workload.demands.destination[row])]
        isJoined[min(from, to) * count + max(from, to)] = true
      }
    }
    for left in 0..<count {
      for right in left + 1..<max(left + 1, count) where isJoined[left * count + right] {
        pairs.append((left, right))
      }
    }
  }

  /// Of each pair: whether one region holds both.
  func areInside(_ regionOf: [Int]) -> [Bool] {
    pairs.map { regionOf[$0.left] == regionOf[$0.right] }
  }
}
