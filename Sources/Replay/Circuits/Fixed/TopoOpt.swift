internal import Glibc
internal import TraceModel

/// A topology for a whole job, after TopoOpt (NSDI'23): rings for what all-reduces send, matchings for
/// the rest.
///
/// A ring of stride p, where p and the number of servers have no common factor, visits every server;
/// strides near a geometric sequence keep paths short. The other ports go round by round to the
/// maximum weight matching of the demand per circuit. Servers forward for each other in TopoOpt: that
/// is the fabric's part. Circuits are paired, so that a ring takes two ports of every server.
public struct TopoOpt: StandingCircuitScheduler {
  public var ringCount: Int

  public init(ringCount: Int = 1) { self.ringCount = ringCount }

  public var name: String { "topoopt" }
  public var summary: String {
    "rings of coprime strides (\(ringCount)), then rounds of maximum weight matching"
  }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let size = request.serverCount
    var circuits = CircuitMatrix(size: size)
    guard size > 1 else { return circuits }
    let portsPerRing = size == 2 ? 1 : 2
    let rings = min(ringCount, request.opticalPorts / portsPerRing)
    for stride in ringStrides(serverCount: size, count: rings) {
      for server in 0..<(size == 2 ? 1 : size) {
        circuits.addPair(server, (server + stride) % size)
      }
    }
    let demand = request.demand.foldedBySum()
    while true {
      let ports = FreePorts(of: circuits, portsPerServer: request.opticalPorts, duplex: .paired)
      var weights = demand
      for cell in weights.indices {
        let (left, right) = (cell / size, cell % size)
        weights[cell] =
          ports.hasRoom(left, right)
          // Never rounded down to nothing: a pair with demand stays a candidate.
          ? min(weights[cell], max(1, weights[cell] / Int64(circuits[left, right] + 1))) : 0
      }
      let partner = maximumWeightPairs(size: size, weights: weights)
      guard partner.contains(where: { $0 >= 0 }) else { return circuits }
      for server in 0..<size where Int(partner[server]) > server {
        circuits.addPair(server, Int(partner[server]))
      }
    }
  }
}

/// Strides of rings through all servers: the numbers below their count without a common factor.
package func coprimeStrides(serverCount: Int) -> [Int] {
  (1..<max(1, serverCount)).filter { stride in
    var (left, right) = (stride, serverCount)
    while right > 0 { (left, right) = (right, left % right) }
    return left == 1
  }
}

/// Different full-duplex rings, where stride p and n − p are the same, near 1, x, x² … with
/// x = n^(1/count); rings are used again when there are fewer.
package func ringStrides(serverCount: Int, count: Int) -> [Int] {
  let candidates = coprimeStrides(serverCount: serverCount).filter { 2 * $0 <= serverCount }
  guard count > 0, !candidates.isEmpty else { return [] }
  let ratio = pow(Double(serverCount), 1 / Double(count))
  var chosen: [Int] = []
  for index in 0..<count {
    let fresh = candidates.filter { !chosen.contains($0) }
    let target = pow(ratio, Double(index))
    let nearest = (fresh.isEmpty ? candidates : fresh).min {
      abs(Double($0) - target) < abs(Double($1) - target)
    }
    if let nearest { chosen.append(nearest) }
  }
  return chosen
}
