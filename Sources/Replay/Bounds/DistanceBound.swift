internal import TraceModel

/// Bytes times the links that they must cross, divided by what all links carry: for circuits that stand
/// and servers that forward, whichever circuits are chosen.
///
/// With k optical ports a server has at most k others at distance 1, k·(k − 1) at distance 2, and so on
/// (Moore). So at best its largest peers are nearest. A server's electrical ports reach everybody at
/// once and take what is farthest: all together n·e·B·T bytes. The least T with
/// Σ bytes · distance ≤ n·k·B·T for the rest is the bound.
///
/// Exchanging two peers of a server so that the smaller is nearer never shortens the sum, whatever
/// packets take; so sorting is the best choice of a relaxation, and the bound holds for every one.
/// - Complexity: O(n² log n).
func distanceBound(of demand: TrafficMatrix, on ports: RegionPorts) -> LowerBound {
  var volume = VolumeByDistance()
  for server in 0..<demand.size {
    volume.add(
      (0..<demand.size).filter { $0 != server }.map { Double(demand[server, $0]) },
      ports: ports.optical)
  }
  let servers = Double(demand.size) * ports.rate
  return LowerBound(
    nanoseconds: volume.leastTime(
      circuitRate: servers * Double(ports.optical),
      packetRate: servers * Double(ports.electrical)),
    name: BoundName.distance, assumptions: [.anyCircuits, .standingCircuits, .limitedDegree])
}

/// Bytes by the number of circuits that they cross at least.
private struct VolumeByDistance {
  /// `bytes[d − 1]` at distance d.
  private var bytes: [Double] = []
  /// Bytes that no circuit can reach.
  private var unreachable = 0.0

  /// Adds one server's bytes to its peers, the largest nearest.
  mutating func add(_ peers: [Double], ports: Int) {
    var waiting = peers.filter { $0 > 0 }.sorted(by: >)[...]
    var room = ports
    var distance = 1
    while !waiting.isEmpty, room > 0 {
      if bytes.count < distance { bytes.append(0) }
      bytes[distance - 1] += waiting.prefix(room).reduce(0, +)
      waiting = waiting.dropFirst(room)
      let next = room.multipliedReportingOverflow(by: ports - 1)
      room = next.overflow ? Int.max : next.partialValue
      distance += 1
    }
    unreachable += waiting.reduce(0, +)
  }

  /// The least T in which circuits and packets move everything.
  ///
  /// Packets take distances down to some d wholly: with d fixed, d·(packets' part) + the nearer volume
  /// = circuitRate · T is linear in T; the right d is the first whose own bytes are not all taken.
  func leastTime(circuitRate: Double, packetRate: Double) -> Double {
    var volume = 0.0
    for (index, bytes) in bytes.enumerated() { volume += Double(index + 1) * bytes }
    var onPackets = unreachable
    if unreachable > 0, packetRate <= 0 { return .infinity }
    // What packets take of distance d saves d on circuits, farthest first.
    for (index, bytes) in bytes.enumerated().reversed() {
      let distance = Double(index + 1)
      // onPackets + x = packetRate · T and volume − distance · x = circuitRate · T.
      let time =
        (volume + distance * onPackets) / (circuitRate + distance * packetRate)
      let taken = packetRate * time - onPackets
      if taken <= bytes { return max(time, packetRate > 0 ? onPackets / packetRate : 0) }
      onPackets += bytes
      volume -= distance * bytes
    }
    return onPackets > 0 ? onPackets / packetRate : 0
  }
}
