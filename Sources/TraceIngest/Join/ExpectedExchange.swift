internal import TraceModel

/// An all-to-all that the routing says must have run between the servers of a site.
struct ExpectedExchange {
  /// Where it stands in the training run.
  struct Place: Hashable {
    var iteration, microBatch, stage, layer: Int32
    var phase: Phase
  }

  var place: Place
  /// The steps of the routing's workload that it consists of: one per expert group of the site.
  var steps: [Int]
  /// Of the tokens of servers that are compared.
  var shares: ServerShares
}

extension JoinSites {
  /// The exchanges of each site in the order of the workload; those inside servers are left out.
  func expected(of workload: Workload) -> [[ExpectedExchange]] {
    struct Key: Hashable {
      var site: Int32
      var place: ExpectedExchange.Place
    }
    var stepsOf: [Key: [Int]] = [:]
    var order: [Key] = []
    for (index, step) in workload.steps.enumerated() {
      guard let site = site(of: step, of: workload) else { continue }
      let key = Key(
        site: site,
        place: ExpectedExchange.Place(
          iteration: step.iteration, microBatch: step.microBatch, stage: step.stage,
          layer: step.layer, phase: step.phase))
      if stepsOf[key] == nil { order.append(key) }
      stepsOf[key, default: []].append(index)
    }
    var exchanges = [[ExpectedExchange]](repeating: [], count: count)
    for key in order {
      let steps = stepsOf[key] ?? []
      let shares = shares(of: steps, in: workload)
      guard shares.bytes > 0 else { continue }
      exchanges[Int(key.site)].append(
        ExpectedExchange(place: key.place, steps: steps, shares: shares))
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
        let pair = pair(ends.0, ends.1)
        guard isCompared(pair, runsFromExperts: step.phase.runsFromExperts) else { continue }
        bytes[pair, default: 0] += Double(demands.amount[row]) * Double(step.bytesPerUnit)
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
