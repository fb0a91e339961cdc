public import TraceModel

/// The most that replicas could win for the busiest of equal servers or ranks, whoever places them.
///
/// A relaxation: loads split evenly over replicas, and any place may hold any of them. The busiest
/// place then carries no less than the mean and no less than the heaviest replica (the two lower
/// bounds of multiprocessor scheduling).
public struct ReplicaHeadroom: Sendable, Hashable {
  /// Load of each expert.
  public let loads: [Int64]
  /// Servers or ranks that share the load.
  public let placeCount: Int

  public init(loads: [Int64], placeCount: Int) {
    precondition(placeCount > 0)
    self.loads = loads
    self.placeCount = placeCount
  }

  /// Busiest place as it is ÷ mean place: what perfect balance would win.
  ///
  /// - Parameter busiest: load of the busiest place.
  public func headroom(busiest: Int64) -> Double {
    let mean = mean
    return mean > 0 ? Double(busiest) / mean : 1
  }

  /// An upper bound of how many times less busy the busiest place can become with some slots.
  ///
  /// - Parameters:
  ///   - slotCount: slots of the layer, at least one per expert.
  ///   - busiest: load of the busiest place as it is.
  public func largestWin(slotCount: Int, busiest: Int64) -> Double {
    guard mean > 0 else { return 1 }
    return max(1, Double(busiest) / leastBusiest(slotCount: slotCount))
  }

  /// A lower bound of the busiest place's load with some slots: the larger of the mean and of the
  /// heaviest replica when slots are given to make that least.
  ///
  /// - Parameter slotCount: slots of the layer, at least one per expert.
  /// - Complexity: O(experts × (experts + places)), however many slots there are.
  public func leastBusiest(slotCount: Int) -> Double {
    precondition(slotCount >= loads.count)
    var replicas = loads.map { Double($0) }
    var counts = [Double](repeating: 1, count: loads.count)
    // Always another replica of the heaviest: no other choice leaves a lighter heaviest one.
    for _ in loads.count..<slotCount {
      guard let heaviest = replicas.indices.max(by: { replicas[$0] < replicas[$1] }),
        replicas[heaviest] > mean
      else { break }
      counts[heaviest] += 1
      replicas[heaviest] = Double(loads[heaviest]) / counts[heaviest]
    }
    return max(mean, replicas.max() ?? 0)
  }

  private var mean: Double { Double(loads.reduce(0, +)) / Double(placeCount) }
}

extension ReplicaHeadroom {
  /// A lower bound of what `PlacedTraffic.busiestRankAssignments` can become under any placement with
  /// some slots: the sum of each operation's own bound.
  ///
  /// A bound of summed loads would not do: where the hot expert changes from one operation to the next,
  /// the sum is even and every operation is not.
  /// - Parameters:
  ///   - iterations: those that count; nil for all.
  ///   - slotCount: slots of each layer in one expert group.
  /// - Throws: `WorkloadError` where a row is outside the layout or model.
  /// - Complexity: O(assignments + operations × experts × (experts + ranks)).
  public static func leastBusiestRank(
    of trace: Trace, iterations: Set<Int32>? = nil, on layout: Layout, slotCount: Int
  ) throws(WorkloadError) -> Double {
    let parallelism = layout.parallelism
    let experts = trace.expertCount
    var sum = 0.0
    for (_, rows) in RowsOfOperations(trace, iterations: iterations) {
      var loads = [Int64](repeating: 0, count: parallelism.expertGroupCount * experts)
      for row in rows {
        let source = Int(trace.routing.sourceRank[row])
        let chosen = trace.routing.experts[
          trace.routing.expertOffsets[row]..<trace.routing.expertOffsets[row + 1]]
        guard source >= 0, source < layout.rankCount,
          chosen.allSatisfy({ $0 >= 0 && $0 < experts })
        else {
          throw WorkloadError(
            "its rank or an expert is outside the declared layout or model",
            at: "routing row \(row)")
        }
        let base = parallelism.expertGroup(ofRank: source) * experts
        for expert in chosen { loads[base + Int(expert)] += trace.routing.tokens[row] }
      }
      // Groups have ranks of their own: the busiest of all is that of the group with the most.
      sum +=
        (0..<parallelism.expertGroupCount).map { group in
          ReplicaHeadroom(
            loads: Array(loads[group * experts..<(group + 1) * experts]),
            placeCount: parallelism.expert
          ).leastBusiest(slotCount: slotCount)
        }.max() ?? 0
    }
    return sum
  }
}
