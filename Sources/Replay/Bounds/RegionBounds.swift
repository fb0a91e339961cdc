public import TraceModel

/// Every bound on one demand between the servers of a region, whichever circuits are chosen.
///
/// - Parameters:
///   - demand: bytes between servers; the diagonal is ignored.
///   - timing: whether circuits may change while the demand is moved. Bounds for changing circuits
///     hold for standing ones too, but not the other way round.
///   - forwardsThroughServers: whether circuits may carry the bytes of other pairs; then only bounds
///     on ports and distances are left.
/// - Returns: bounds in nanoseconds; infinite when no circuits can serve the demand.
/// - Complexity: O(n² · ports) for n servers, plus one bisection for each line that sets the bound.
/// - Source: the NIC, degree and row or column bounds are folklore of circuit scheduling (for the delay
///   terms see Towles and Dally, "Guaranteed scheduling for switches with configuration overhead",
///   2003); the circuit lines and the packet term are derived in `CircuitLine` and `portTime`.
public func lowerBounds(
  of demand: TrafficMatrix, on ports: RegionPorts, timing: CircuitTiming = .standing,
  forwardsThroughServers: Bool = false
) -> BoundTable {
  let lines = (0..<demand.size).map { CircuitLine(server: $0, of: demand) }
  var table = BoundTable()
  table.add(nicBound(lines, on: ports))
  if forwardsThroughServers {
    for name in [BoundName.circuitLine, BoundName.timeShared, BoundName.portTime] {
      table.exclude(name, because: "servers forward the bytes of others over their circuits")
    }
    guard case .standing = timing else {
      table.exclude(BoundName.distance, because: "circuits change while the demand is moved")
      return table
    }
    table.add(distanceBound(of: demand, on: ports))
    return table
  }
  switch timing {
  case .standing:
    table.add(circuitLineBound(lines, on: ports, atLeast: table.tightest.nanoseconds))
    table.exclude(BoundName.timeShared, because: "circuits stand: the circuit line is tighter")
    table.exclude(BoundName.portTime, because: "circuits do not change while the demand is moved")
  case .changing(let delay, let chargesFirst):
    table.exclude(BoundName.circuitLine, because: "circuits may change while the demand is moved")
    table.add(timeSharedBound(lines, on: ports))
    table.add(portTimeBound(lines, on: ports, delay: delay, chargesFirst: chargesFirst))
  }
  return table
}

/// The names of bounds, as they are printed.
package enum BoundName {
  package static let nic = "NIC"
  package static let circuitLine = "circuit line"
  package static let timeShared = "time-shared circuit line"
  package static let portTime = "port time with delay"
  package static let distance = "distance"
  package static let cut = "cut"
  package static let compute = "compute"
  package static let concurrentFlow = "maximum concurrent flow"
  package static let chain = "chain"
}

extension CircuitLine {
  /// One row and column of a demand; every peer may have circuits.
  package init(server: Int, of demand: TrafficMatrix) {
    self.init()
    for other in 0..<demand.size where other != server {
      let (sent, received) = (Double(demand[server, other]), Double(demand[other, server]))
      if sent > 0 || received > 0 { peers.append((sent, received)) }
    }
  }

  package var sent: Double { peers.reduce(electricalSent) { $0 + $1.sent } }
  package var received: Double { peers.reduce(electricalReceived) { $0 + $1.received } }
}

/// Bytes of a server over all its ports together.
private func nicBound(_ lines: [CircuitLine], on ports: RegionPorts) -> LowerBound {
  let rate = Double(ports.optical + ports.electrical) * ports.rate
  let bytes = lines.reduce(0) { max($0, $1.sent, $1.received) }
  return LowerBound(
    nanoseconds: bytes > 0 ? bytes / rate : 0, name: BoundName.nic, assumptions: [.declaredNICs])
}

/// The least time of the line that is hardest to serve with standing circuits.
package func circuitLineBound(
  _ lines: [CircuitLine], on ports: RegionPorts, atLeast floor: Double = 0
) -> LowerBound {
  LowerBound(
    nanoseconds: lines.reduce(floor) { max($0, $1.standingOptimum(on: ports, atLeast: $0)) },
    name: BoundName.circuitLine,
    assumptions: [.anyCircuits, .standingCircuits, .singleHop]
      + (ports.duplex == .paired ? [.pairedCircuits] : []))
}

/// The linear relaxation: circuits are shared out in any parts, as if switched without delay.
///
/// With directed circuits it only repeats the NIC bound. A full-duplex circuit is used by both
/// directions for min(D, Dᵀ) and by one for the rest, so α·B·T + 2·e·B·T must hold Σ max(D, Dᵀ) of a
/// line: packets can take the surplus of one direction each.
func timeSharedBound(_ lines: [CircuitLine], on ports: RegionPorts) -> LowerBound {
  var time = 0.0
  let all = Double(ports.optical + ports.electrical) * ports.rate
  let both = Double(ports.optical + 2 * ports.electrical) * ports.rate
  for line in lines {
    time = max(time, ratio(max(line.sent, line.received), all))
    guard ports.duplex == .paired else { continue }
    let folded = line.peers.reduce(line.electricalSent + line.electricalReceived) {
      $0 + max($1.sent, $1.received)
    }
    time = max(time, ratio(folded, both))
  }
  return LowerBound(
    nanoseconds: time, name: BoundName.timeShared, assumptions: [.anyCircuits, .singleHop])
}

/// The port time of the line that needs most of it.
package func portTimeBound(
  _ lines: [CircuitLine], on ports: RegionPorts, delay: Double, chargesFirst: Bool
) -> LowerBound {
  var time = 0.0
  for line in lines {
    for (bytes, electrical) in [
      (line.peers.map(\.sent), line.electricalSent),
      (line.peers.map(\.received), line.electricalReceived),
    ] {
      time = max(
        time,
        portTime(
          of: bytes, electricalBytes: electrical, on: ports, delay: delay,
          chargesFirst: chargesFirst))
    }
  }
  return LowerBound(
    nanoseconds: time, name: BoundName.portTime,
    assumptions: [.anyCircuits, .singleHop, .chargedConfigurations])
}

/// The least time in which one direction of one line can end when every configuration of a port costs
/// a delay.
///
/// Say circuits serve q of the peers. Each of them needs a configuration of its own at this line, so
/// its p ports carry bytes for at most p·T − max(p, q)·δ, whether or not other ports stop as well; with
/// p ports not in use this only shrinks (p·(T − δ) for p ≥ q). What circuits do not carry goes over the
/// electrical ports, at least the smallest peers: Σ ≤ e·B·T + B·(p·T − max(p, q)·δ) and
/// Σ_smallest ≤ e·B·T. The least T over all q is the bound; without electrical ports it is
/// (Σ/B + δ·peers) / p or Σ/(p·B) + δ. If the first configurations are free, p delays fall away.
package func portTime(
  of bytes: [Double], electricalBytes: Double, on ports: RegionPorts, delay: Double,
  chargesFirst: Bool
) -> Double {
  let bytes = bytes.filter { $0 > 0 }.sorted(by: >)
  let all = bytes.reduce(electricalBytes, +)
  guard all > 0 else { return 0 }
  var onPackets = all
  var least = ratio(onPackets, ports.electricalRate)
  guard ports.optical > 0 else { return least }
  for (index, served) in bytes.enumerated() {
    onPackets -= served
    // The last difference is rounding only.
    if index == bytes.count - 1 { onPackets = electricalBytes }
    let configurations = max(ports.optical, index + 1) - (chargesFirst ? 0 : ports.optical)
    let time =
      (all / ports.rate + Double(configurations) * delay)
      / Double(ports.optical + ports.electrical)
    least = min(least, max(time, ratio(onPackets, ports.electricalRate)))
  }
  return least
}

/// Bytes ÷ rate; no bytes take no time, bytes without a rate for ever.
private func ratio(_ bytes: Double, _ rate: Double) -> Double {
  bytes > 0 ? bytes / rate : 0
}
