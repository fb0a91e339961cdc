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
}

/// An all-to-all that the routing says must have run between the servers of a site.
struct ExpectedExchange {
  /// The steps of the routing's workload that it consists of: one per expert group of the site.
  var steps: [Int]
  var shares: ServerShares
}

/// What was measured between the servers of a site during one stretch of time.
struct MeasuredExchange {
  /// Rows of the operation table.
  var operations: [Int]
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
    var exchanges = [[ExpectedExchange]](repeating: [], count: count)
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
    for key in order {
      let steps = stepsOf[key] ?? []
      var bytes: [Int64: Double] = [:]
      for step in steps {
        workload.forEachPair(of: workload.steps[step]) { source, destination, amount in
          guard source != destination, amount > 0 else { return }
          bytes[pair(source, destination), default: 0] += Double(amount)
        }
      }
      exchanges[Int(key.site)].append(
        ExpectedExchange(steps: steps, shares: ServerShares(bytes)))
    }
    return exchanges
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

  /// The exchanges of each site in the order of their starts.
  ///
  /// Operations of one site that overlap in time are one exchange. Rings, and operations that leave a
  /// site, are none.
  func measured(in trace: Trace) -> [[MeasuredExchange]] {
    let layout = trace.metadata.layout
    var rowOfID: [Int32: Int] = [:]
    for (row, operation) in trace.operations.rows.enumerated() { rowOfID[operation.id] = row }
    var bytesOf = [[Int64: Double]](repeating: [:], count: trace.operations.count)
    var siteOf = [Int32?](repeating: nil, count: trace.operations.count)
    var isForeign = [Bool](repeating: false, count: trace.operations.count)
    for transfer in 0..<trace.transfers.count {
      guard let row = rowOfID[trace.transfers.operation[transfer]] else { continue }
      let grain = trace.operations.rows[row].grain
      let source = layout.server(of: Int(trace.transfers.source[transfer]), at: grain)
      let destination = layout.server(of: Int(trace.transfers.destination[transfer]), at: grain)
      guard source != destination, trace.transfers.bytes[transfer] > 0 else { continue }
      guard ofServer.indices.contains(source), ofServer.indices.contains(destination),
        ofServer[source] == ofServer[destination],
        siteOf[row] ?? ofServer[source] == ofServer[source]
      else {
        isForeign[row] = true
        continue
      }
      siteOf[row] = ofServer[source]
      bytesOf[row][pair(source, destination), default: 0] += Double(trace.transfers.bytes[transfer])
    }
    var rowsOfSite = [[Int]](repeating: [], count: count)
    for (row, operation) in trace.operations.rows.enumerated() {
      guard let site = siteOf[row], !isForeign[row], operation.start != Operation.unknownTime,
        operation.role == .expert || operation.role == .other
      else { continue }
      rowsOfSite[Int(site)].append(row)
    }
    return rowsOfSite.map { exchanges(of: $0, in: trace.operations.rows, bytesOf) }
  }

  private func exchanges(
    of rows: [Int], in operations: [Operation], _ bytesOf: [[Int64: Double]]
  ) -> [MeasuredExchange] {
    let ordered = rows.sorted { (operations[$0].start, $0) < (operations[$1].start, $1) }
    var together: [[Int]] = []
    var end = Int64.min
    for row in ordered {
      if operations[row].start < end {
        together[together.count - 1].append(row)
      } else {
        together.append([row])
      }
      end = max(end, operations[row].end, operations[row].start)
    }
    return together.map { rows in
      var bytes: [Int64: Double] = [:]
      for row in rows { bytes.merge(bytesOf[row]) { $0 + $1 } }
      return MeasuredExchange(operations: rows, shares: ServerShares(bytes))
    }
  }

  private func pair(_ source: Int, _ destination: Int) -> Int64 {
    Int64(source) * Int64(ofServer.count) + Int64(destination)
  }
}
