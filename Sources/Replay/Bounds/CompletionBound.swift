public import TraceModel

/// A time in nanoseconds below which no replay of a workload on a fabric can end, circuits free to
/// choose and without delay: what `ReplayResult.total.boundNanoseconds` says, without replaying.
///
/// Iterations are added up, for each ends before the next begins. The bound of one is the larger of
/// - the critical path: an end is ready when its parts before have ended and its compute has passed; its
///   part ends no earlier than its bytes fit through all NICs of its server, or its scale-up link,
///   after the first of its senders was ready, nor than any one sender's bytes after that one was;
/// - the iteration's bytes over any one link, or over all NICs of a server, divided by the rate.
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs), in parallel per distinct demand.
public func completionBound(
  of workload: Workload, on fabric: FabricSpecification
) throws(ReplayError) -> Double {
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let plan = try PhasePlan(workload, iterations: nil)
  let terms = plan.demands
  let demands = parallelMap(count: terms.count) { PhaseDemand(terms[$0], of: workload) }
  return iterationBounds(
    of: plan, program: Program(plan, of: workload), demands: demands, on: network
  ) { _ in true }.reduce(0, +)
}

/// The bound of each iteration with a phase that counts, in their order.
///
/// - Parameter isAsRecorded: starts are given, so there is no critical path.
package func iterationBounds(
  of plan: PhasePlan, program: Program, demands: [PhaseDemand], on network: FabricNetwork,
  isAsRecorded: Bool = false, counting counts: (Int) -> Bool
) -> [Double] {
  let loads = parallelMap(count: demands.count) { number in
    var loads = SureLoads(network)
    loads.add(demands[number])
    return loads.takeAll().bytes
  }
  let rates = SureLoads(network)
  var path = CriticalPath(program)
  var bounds: [Double] = []
  var sums = [Double](repeating: 0, count: rates.slotCount)
  var longest = 0.0
  var iteration: Int32?
  func finish() {
    guard iteration != nil else { return }
    for slot in sums.indices where sums[slot] > 0 {
      longest = max(longest, sums[slot] / rates.capacity(of: slot))
      sums[slot] = 0
    }
    bounds.append(longest)
    longest = 0
  }
  for (phase, planned) in plan.phases.enumerated() where counts(phase) {
    if iteration != planned.step.iteration {
      finish()
      iteration = planned.step.iteration
    }
    for (slot, bytes) in loads[planned.demand] { sums[slot] += bytes * planned.scale }
    if !isAsRecorded {
      longest = max(
        longest,
        path.add(
          phase, demand: demands[planned.demand], scale: planned.scale, program, on: network))
    }
  }
  finish()
  return bounds
}

/// The earliest moments at which parts can be ready and can end, phase by phase.
private struct CriticalPath {
  /// By part: when what it follows has ended at the earliest.
  private var earliest: [Double]

  init(_ program: Program) { earliest = [Double](repeating: 0, count: program.partCount) }

  /// What a part has to receive, and the first moment at which a byte of it can be sent.
  private struct Receipt {
    var firstSender = Double.infinity
    var networkBytes = 0.0
    var scaleUpBytes = 0.0
    /// The latest end that a single sender enforces.
    var end = 0.0
  }

  /// Follows the paths through a phase; returns when its last part can end at the earliest.
  mutating func add(
    _ phase: Int, demand: PhaseDemand, scale: Double, _ program: Program,
    on network: FabricNetwork
  ) -> Double {
    let parts = program.parts(of: phase)
    let nics = Double(network.fabric.nicsPerServer) * network.fabric.nicRate
    let scaleUp =
      network.fabric.scaleUpRate
      * (network.grain == .rank ? 1 : Double(network.layout.gpusPerServer))
    var receipts = [Receipt](repeating: Receipt(), count: parts.count)
    var sender = parts.lowerBound
    var last = 0.0
    for pair in demand.pairs {
      while program.partEnd[sender] != pair.source { sender += 1 }
      let ready = earliest[sender] + program.partCompute[sender]
      let bytes = pair.bytes * scale
      let route = network.route(
        from: Int(pair.source), to: Int(pair.destination), isExpert: pair.isExpert)
      guard route != .local, let part = program.part(of: pair.destination, in: phase) else {
        continue
      }
      let place = part - parts.lowerBound
      let end =
        ready + bytes / (route == .scaleUp ? scaleUp : nics) + network.fabric.latencyNanoseconds
      receipts[place].firstSender = min(receipts[place].firstSender, ready)
      receipts[place].end = max(receipts[place].end, end)
      if route == .scaleUp {
        receipts[place].scaleUpBytes += bytes
      } else {
        receipts[place].networkBytes += bytes
      }
    }
    for part in parts {
      let receipt = receipts[part - parts.lowerBound]
      var end = max(earliest[part] + program.partCompute[part], receipt.end)
      if receipt.firstSender < .infinity {
        let transfer = max(receipt.networkBytes / nics, receipt.scaleUpBytes / scaleUp)
        end = max(end, receipt.firstSender + transfer + network.fabric.latencyNanoseconds)
      }
      last = max(last, end)
      for edge in program.successorOffsets[part]..<program.successorOffsets[part + 1] {
        let next = Int(program.successors[Int(edge)])
        earliest[next] = max(earliest[next], end)
      }
    }
    return last
  }
}
