internal import TraceModel

/// The tightest bound on one demand with circuits free to choose.
package func lowerBound(
  of demand: PhaseDemand, on network: FabricNetwork, paths: PathTable? = nil
) -> LowerBound {
  lowerBounds(of: demand, on: network, paths: paths).tightest
}

/// Every bound on one demand of a fabric: its links as `SureLoads` assumes, its circuit lines, and the
/// distances and cuts of direct links.
package func lowerBounds(
  of demand: PhaseDemand, on network: FabricNetwork, paths: PathTable? = nil
) -> BoundTable {
  var loads = SureLoads(network, paths: paths)
  loads.add(demand)
  var table = BoundTable()
  for bound in loads.bounds { table.add(bound) }
  addCircuitLines(of: demand, on: network, to: &table)
  addDirectLinks(of: demand, on: network, to: &table)
  return table
}

private func addCircuitLines(
  of demand: PhaseDemand, on network: FabricNetwork, to table: inout BoundTable
) {
  guard let optical = network.fabric.optical else {
    table.exclude(BoundName.circuitLine, because: "the fabric has no circuits that follow demand")
    return
  }
  let ports = RegionPorts(
    optical: optical.nicsPerServer, electrical: network.fabric.electricalNICsPerServer,
    rate: network.fabric.nicRate, duplex: optical.duplex)
  let lines = circuitLines(of: demand, on: network)
  if lines.isEmpty {
    table.exclude(BoundName.circuitLine, because: "no bytes can use a circuit")
  } else if optical.scheduler.answersWithSequence {
    addChangingLines(lines, of: optical, on: ports, to: &table)
  } else {
    table.add(circuitLineBound(lines, on: ports, atLeast: table.tightest.nanoseconds))
  }
}

/// Circuits that change while the demand is moved, as if that took no time.
private func addChangingLines(
  _ lines: [CircuitLine], of optical: OpticalLayer, on ports: RegionPorts,
  to table: inout BoundTable
) {
  table.exclude(BoundName.circuitLine, because: "circuits change while the demand is moved")
  guard !optical.scheduler.relays else {
    table.exclude(BoundName.timeShared, because: "servers send on the bytes of others")
    return
  }
  table.add(timeSharedBound(lines, on: ports))
}

/// Where servers forward, every row asks for distances and cuts; the flow itself is for who asks.
private let directServerLimit = 256

private func addDirectLinks(
  of demand: PhaseDemand, on network: FabricNetwork, to table: inout BoundTable
) {
  guard let graph = network.serverGraph else {
    for name in [BoundName.distance, BoundName.cut] {
      table.exclude(name, because: "servers are not joined directly")
    }
    return
  }
  guard network.layout.serverCount <= directServerLimit else {
    for name in [BoundName.distance, BoundName.cut] {
      table.exclude(name, because: "more than \(directServerLimit) servers")
    }
    return
  }
  do throws(ReplayError) {
    let bounds = try lowerBounds(of: network.serverMatrix(of: demand), on: graph, flow: nil)
    for bound in bounds.applicable { table.add(bound) }
  } catch {
    // The replay itself says which pair cannot be reached.
    table.exclude(BoundName.cut, because: error.description)
  }
}

/// The lines of all servers with bytes that circuits could carry, each with all that its NICs move.
func circuitLines(of demand: PhaseDemand, on network: FabricNetwork) -> [CircuitLine] {
  var servers = KeyTable()
  var lines: [CircuitLine] = []
  func line(of server: Int) -> Int {
    let number = servers.number(of: UInt64(server))
    if number == lines.count { lines.append(CircuitLine()) }
    return number
  }
  var serverPairs = KeyTable()
  var regional: [Double] = []
  for pair in demand.pairs {
    let (source, destination) = (Int(pair.source), Int(pair.destination))
    let (from, to) = (network.server(of: source), network.server(of: destination))
    switch network.route(from: source, to: destination, isExpert: pair.isExpert) {
    case .local, .scaleUp: continue
    case .electrical:
      lines[line(of: from)].electricalSent += pair.bytes
      lines[line(of: to)].electricalReceived += pair.bytes
    case .regional:
      let number = serverPairs.number(of: UInt64(from) << 32 | UInt64(to))
      if number == regional.count { regional.append(0) }
      regional[number] += pair.bytes
    }
  }
  for (number, key) in serverPairs.keys.enumerated() {
    let (from, to) = (Int(key >> 32), Int(key & 0xFFFF_FFFF))
    let back = serverPairs.existingNumber(of: UInt64(to) << 32 | UInt64(from))
    // A pair whose both ways have bytes is added once.
    if let back, back < number { continue }
    let (forward, backward) = (regional[number], back.map { regional[$0] } ?? 0)
    lines[line(of: from)].peers.append((forward, backward))
    lines[line(of: to)].peers.append((backward, forward))
  }
  return lines.filter { !$0.peers.isEmpty }
}

extension FabricNetwork {
  func boundName(ofLink link: Int) -> String {
    switch links.name[link] {
    case .nicUp, .nicDown: regions.isEmpty ? "NIC" : "electrical NIC"
    default: links.name[link].boundName
    }
  }
}
