public import TraceModel

/// All bytes that the ends of a workload exchange, whenever they do: what bounds on a whole run rest on.
public struct RunDemand: Sendable {
  /// Cluster and grain of the workload.
  public let layout: Layout
  public let grain: Grain
  let demand: PhaseDemand

  /// - Complexity: O(pairs of the distinct demands); O(pairs of ends) memory.
  public init(_ workload: Workload) {
    layout = workload.layout
    grain = workload.grain
    // Steps that differ in size only are one use of a demand.
    var uses = KeyTable()
    var weight: [Double] = []
    for step in workload.steps {
      let use = uses.number(
        of: UInt64(step.demand) << 2 | (step.isTransposed ? 2 : 0)
          | (step.role == .expert ? 0 : 1))
      if use == weight.count { weight.append(0) }
      weight[use] += Double(step.bytesPerUnit)
    }
    var pairs = KeyTable()
    var bytes: [Double] = []
    let demands = workload.demands
    for (use, key) in uses.keys.enumerated() {
      for row in demands.pairs(of: Int(key >> 2)) where demands.amount[row] > 0 {
        var ends = (demands.source[row], demands.destination[row])
        if key & 2 != 0 { swap(&ends.0, &ends.1) }
        let pair = pairs.number(of: UInt64(ends.0) << 33 | UInt64(ends.1) << 1 | key & 1)
        if pair == bytes.count { bytes.append(0) }
        bytes[pair] += Double(demands.amount[row]) * weight[use]
      }
    }
    let keys = pairs.keys
    demand = PhaseDemand(
      pairs: keys.indices.sorted { keys[$0] < keys[$1] }.filter { bytes[$0] > 0 }.map {
        DemandPair(
          source: Int32(keys[$0] >> 33), destination: Int32(keys[$0] >> 1 & 0xFFFF_FFFF),
          bytes: bytes[$0], isExpert: keys[$0] & 1 == 0)
      })
  }
}

/// Every bound on the completion of a whole run that follows from its bytes alone, whatever waits for
/// what, and however often circuits change.
///
/// What a run cannot beat because of its order and compute is `ReplayResult.total.boundNanoseconds`.
/// - Parameter flow: how near the maximum concurrent flow is worked out; nil to leave it out. It is
///   worked out for fabrics whose bytes cross more than one switch or server, of at most 256 servers.
/// - Throws: a `ReplayError` when the fabric does not fit the layout.
/// - Complexity: O(pairs · links of a path), and on fixed networks `MaximumConcurrentFlow`'s.
public func lowerBounds(
  of run: RunDemand, on fabric: FabricSpecification,
  flow: MaximumConcurrentFlow? = MaximumConcurrentFlow(requestedGap: 0.02, passLimit: 60)
) throws(ReplayError) -> BoundTable {
  let network = try FabricNetwork(fabric, layout: run.layout, grain: run.grain)
  var loads = SureLoads(network)
  loads.add(run.demand)
  var table = BoundTable()
  for bound in loads.bounds { table.add(bound) }
  addCircuits(of: run.demand, on: network, to: &table)
  addFixedNetwork(of: run.demand, on: network, flow: flow, to: &table)
  return table
}

/// Circuits that may change as often as wanted, without delay: whoever chooses them, and when.
private func addCircuits(
  of demand: PhaseDemand, on network: FabricNetwork, to table: inout BoundTable
) {
  guard let optical = network.fabric.optical else {
    table.exclude(BoundName.timeShared, because: "no circuits follow the demand")
    return
  }
  let lines = circuitLines(of: demand, on: network)
  guard !lines.isEmpty else {
    table.exclude(BoundName.timeShared, because: "no bytes can use a circuit")
    return
  }
  table.exclude(BoundName.circuitLine, because: "circuits may change between operations")
  guard !optical.scheduler.relays else {
    table.exclude(BoundName.timeShared, because: "servers send on the bytes of others")
    return
  }
  let ports = RegionPorts(
    optical: optical.nicsPerServer, electrical: network.fabric.electricalNICsPerServer,
    rate: network.fabric.nicRate, duplex: optical.duplex)
  table.add(timeSharedBound(lines, on: ports))
}

/// Above it the flow takes longer than most replays.
private let flowServerLimit = 256

/// Distance, cut and flow on links that never change.
private func addFixedNetwork(
  of demand: PhaseDemand, on network: FabricNetwork, flow: MaximumConcurrentFlow?,
  to table: inout BoundTable
) {
  let names = [BoundName.distance, BoundName.cut, BoundName.concurrentFlow]
  func exclude(because reason: String) {
    for name in names { table.exclude(name, because: reason) }
  }
  guard network.fabric.optical == nil else {
    return exclude(because: "circuits are free to choose, so no network is given")
  }
  guard let graph = network.serverGraph ?? network.treeGraph else {
    let hasSpares = network.fabric.spareServerCount > 0
    return exclude(
      because: hasSpares ? "a spare server is not where its links say" : "one switch joins all NICs"
    )
  }
  guard network.layout.serverCount <= flowServerLimit else {
    return exclude(because: "more than \(flowServerLimit) servers")
  }
  do throws(ReplayError) {
    let bounds = try lowerBounds(of: network.serverMatrix(of: demand), on: graph, flow: flow)
    for bound in bounds.applicable { table.add(bound) }
    for bound in bounds.excluded { table.exclude(bound.name, because: bound.reason) }
  } catch {
    // The replay itself says which pair cannot be reached.
    exclude(because: error.description)
  }
}
