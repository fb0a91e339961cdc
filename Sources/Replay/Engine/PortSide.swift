/// One end of flows that cross two links: the links by which they leave, or those by which they arrive.
///
/// A port meets every port of the other side, its *peers*, at most once, so who runs and who binds
/// are bits of a matrix: row after row of `wordsPerPort` words. The two sides hold each other's
/// transpose, because both read their rows from front to back.
package struct PortSide: Sendable {
  package var ports: [Port]
  /// What a port has left for its waiting flows, apart because binding changes little else.
  package var rooms: [LinkRoom]
  /// Ports of the other side.
  package let peerCount: Int
  package let wordsPerPort: Int
  /// Peers to which flows run.
  package var running: [UInt64]
  /// Peers to which flows run that this port binds.
  package var bound: [UInt64]
  /// `Port.sent` at which the next flow to each peer ends, of the port that binds it: this one or
  /// the peer, which has the same number in its own row.
  package var goals: [Double]
  /// Running flows to each peer; empty when no two flows share both ports.
  package var weights: [Int32]
  /// Ports that are not filled yet: as a list, and as bits for the peers.
  package var open: [Int32]
  package var openCount = 0
  package var openBits: [UInt64]

  package init(capacity: [Double], peerCount: Int, hasWeights: Bool) {
    ports = capacity.map { Port(capacity: $0) }
    rooms = capacity.map { LinkRoom(capacity: $0) }
    self.peerCount = peerCount
    wordsPerPort = (peerCount + 63) / 64
    running = [UInt64](repeating: 0, count: capacity.count * wordsPerPort)
    bound = running
    goals = [Double](repeating: .infinity, count: capacity.count * peerCount)
    weights = hasWeights ? [Int32](repeating: 0, count: goals.count) : []
    open = [Int32](repeating: 0, count: capacity.count)
    openBits = [UInt64](repeating: 0, count: (capacity.count + 63) / 64)
  }

  package func isBound(_ port: Int, to peer: Int) -> Bool {
    bound[port * wordsPerPort + peer / 64] >> UInt64(peer % 64) & 1 == 1
  }

  /// When the first flow that a port of this side binds ends.
  package var firstEnd: Double {
    var first = Double.infinity
    for port in ports { first = min(first, port.end) }
    return first
  }

  /// Adds a flow to `peer`, which is the next to end there.
  package mutating func start(_ port: Int, to peer: Int, bytes: Double, weight: Int32) {
    ports[port].weight += Double(weight)
    running[port * wordsPerPort + peer / 64] |= 1 << UInt64(peer % 64)
    goals[port * peerCount + peer] = bytes
    if !weights.isEmpty { weights[port * peerCount + peer] = weight }
  }

  /// Takes ended flows to `peer` out; with `isDone` none runs there any more, else the next one ends
  /// at `goal`.
  package mutating func end(
    _ port: Int, to peer: Int, weight: Int32, nextGoal goal: Double, isDone: Bool
  ) {
    ports[port].weight -= Double(weight)
    if !weights.isEmpty { weights[port * peerCount + peer] -= weight }
    guard isDone else {
      goals[port * peerCount + peer] = goal
      return
    }
    let word = port * wordsPerPort + peer / 64
    let mask = ~(1 << UInt64(peer % 64) as UInt64)
    running[word] &= mask
    bound[word] &= mask
  }

  /// Lets time pass at present levels.
  package mutating func advance(by elapsed: Double) {
    for port in ports.indices where ports[port].level < LinkRoom.roomy {
      ports[port].sent += ports[port].level * elapsed
    }
  }

  /// Takes the rates of ports back whose level is at least `level`.
  package mutating func open(from level: Double) {
    openCount = 0
    for word in openBits.indices { openBits[word] = 0 }
    for port in ports.indices {
      guard ports[port].weight > 0 else {
        ports[port].level = LinkRoom.roomy
        ports[port].end = .infinity
        continue
      }
      guard ports[port].level >= level else { continue }
      rooms[port].columns = SIMD2(ports[port].capacity, ports[port].weight)
      openBits[port / 64] |= 1 << UInt64(port % 64)
      open[openCount] = Int32(port)
      openCount += 1
    }
  }

  /// The lowest share of an open port.
  package var lowestShare: Double {
    var lowest = Double.infinity
    for place in 0..<openCount { lowest = min(lowest, rooms[Int(open[place])].share) }
    return lowest
  }
}

/// A link at one end of flows.
package struct Port: Sendable {
  package var capacity: Double
  /// Running flows, with multiplicity.
  package var weight = 0.0
  /// The rate of the flows that it binds; `LinkRoom.roomy` when it binds none.
  package var level = LinkRoom.roomy
  /// Bytes that a flow would have sent, had the port bound it from the start.
  package var sent = 0.0
  /// The bound flow with the lowest goal, where it goes, and when it ends; -1 when it has to be
  /// looked for.
  package var nearestGoal = Double.infinity
  package var nearestPeer: Int32 = -1
  package var end = Double.infinity

  package init(capacity: Double) { self.capacity = capacity }

  /// Remembers the bound flow with the lowest goal.
  @inline(__always)
  mutating func note(_ goal: Double, to peer: Int) {
    guard goal < nearestGoal else { return }
    nearestGoal = goal
    nearestPeer = Int32(peer)
  }
}
