internal import TraceModel

/// Sets of servers between which expert traffic runs, each with a time line of its own.
///
/// Data-parallel copies of the experts and pipeline stages do not talk to each other in all-to-alls,
/// so nothing says that their bursts keep a common order.
struct JoinSites {
  /// Site of each server; servers without expert traffic have one of their own.
  let ofServer: [Int32]
  let count: Int

  /// - Parameter workload: of the routing, at server grain.
  init(_ workload: Workload) {
    var sets = DisjointSets(count: workload.layout.serverCount)
    for row in 0..<workload.demands.source.count where workload.demands.amount[row] > 0 {
      sets.join(Int(workload.demands.source[row]), Int(workload.demands.destination[row]))
    }
    (ofServer, count) = sets.numbered()
  }

  func pair(_ source: Int, _ destination: Int) -> Int64 {
    Int64(source) * Int64(ofServer.count) + Int64(destination)
  }
}

/// An all-to-all that the routing says must have run between the servers of a site.
struct ExpectedExchange {
  /// The steps of the routing's workload that it consists of: one per expert group of the site.
  var steps: [Int]
  var phase: Phase
  var shares: ServerShares
}

extension JoinSites {
  /// The exchanges of each site in the order in which they run; those inside servers are left out.
  func expected(of workload: Workload) -> [[ExpectedExchange]] {
    struct Key: Hashable {
      var site: Int32
      var iteration, microBatch, stage, layer: Int32
      var phase: Phase
    }
    var stepsOf: [Key: [Int]] = [:]
    var order: [Key] = []
    for (index, step) in workload.steps.enumerated() {
      guard let site = site(of: step, of: workload) else { continue }
      let key = Key(
        site: site, iteration: step.iteration, microBatch: step.microBatch, stage: step.stage,
        layer: step.layer, phase: step.phase)
      if stepsOf[key] == nil { order.append(key) }
      stepsOf[key, default: []].append(index)
    }
    var exchanges = [[ExpectedExchange]](repeating: [], count: count)
    for key in order {
      let steps = stepsOf[key] ?? []
      exchanges[Int(key.site)].append(
        ExpectedExchange(
          steps: steps, phase: key.phase, shares: shares(of: steps, in: workload)))
    }
    return exchanges
  }

  private func shares(of steps: [Int], in workload: Workload) -> ServerShares {
    var bytes: [Int64: Double] = [:]
    let demands = workload.demands
    for step in steps.lazy.map({ workload.steps[$0] }) {
      for row in demands.pairs(of: step.demand) where demands.amount[row] > 0 {
        var ends = (Int(demands.source[row]), Int(demands.destination[row]))
        guard ends.0 != ends.1 else { continue }
        if step.isTransposed { swap(&ends.0, &ends.1) }
        bytes[pair(ends.0, ends.1), default: 0] +=
          Double(demands.amount[row]) * Double(step.bytesPerUnit)
      }
    }
    return ServerShares(bytes)
  }

  /// The site of a step that moves bytes between servers.
  private func site(of step: Workload.Step, of workload: Workload) -> Int32? {
    for row in workload.demands.pairs(of: step.demand)
    where workload.demands.amount[row] > 0
      && workload.demands.source[row] != workload.demands.destination[row]
    {
      return ofServer[Int(workload.demands.source[row])]
    }
    return nil
  }
}
