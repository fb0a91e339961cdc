/// One server's bytes to and from every peer that circuits could join it to.
///
/// A line is a relaxation of the whole: it chooses its circuits without asking what its peers need.
/// The least time of any line is therefore a lower bound for every choice of circuits, and for every
/// division of bytes between circuits and packets.
package struct CircuitLine {
  /// Bytes to and from each peer.
  package var peers: [(sent: Double, received: Double)] = []
  /// Bytes that only the electrical NICs can carry.
  package var electricalSent = 0.0
  package var electricalReceived = 0.0

  package init() {}

  /// What the two directions of a line are weighed with when one circuit serves both.
  ///
  /// If Σ max(0, D − T·B·C) ≤ e·B·T holds for what is sent and for what is received, every weighted
  /// mean of both holds as well; so a weight that no choice of circuits satisfies proves that T is too
  /// short. Eighths find nearly all that any weight finds.
  private static let weights = (0...8).map { Double($0) / 8 }

  /// The least time in which the line can end on circuits that stand from beginning to end, but not
  /// below `floor`; infinite when no circuits suffice.
  ///
  /// For a given T and weight, the gain of a peer's c-th circuit never grows with c, so the `ports`
  /// largest gains are the best choice. Whatever is feasible at T is feasible later; bisection ends on
  /// the infeasible side, so that rounding cannot make the bound too large.
  ///
  /// With directed circuits and no electrical ports this is the smallest T with Σ ⌈D / (B·T)⌉ ≤ ports.
  /// - Complexity: O(peers · ports) per step of the bisection; one step when `floor` is feasible.
  package func standingOptimum(on ports: RegionPorts, atLeast floor: Double = 0) -> Double {
    var trial = Trial(ports: ports.optical)
    if isFeasible(in: floor, on: ports, &trial) { return floor }
    var long = longEnough(on: ports)
    guard long.isFinite, isFeasible(in: long, on: ports, &trial) else { return .infinity }
    var short = floor
    while true {
      let middle = short + (long - short) / 2
      guard middle > short, middle < long else { return short }
      if isFeasible(in: middle, on: ports, &trial) { long = middle } else { short = middle }
      if long - short <= 1e-14 * long { return short }
    }
  }

  /// A time that suffices unless none does.
  private func longEnough(on ports: RegionPorts) -> Double {
    let sent = peers.reduce(electricalSent) { $0 + $1.sent }
    let received = peers.reduce(electricalReceived) { $0 + $1.received }
    if ports.electrical > 0 { return max(sent, received) / ports.electricalRate * (1 + 1e-9) }
    if electricalSent > 0 || electricalReceived > 0 { return .infinity }
    // Then one circuit for each peer is enough, and fewer never are.
    return peers.reduce(0) { max($0, $1.sent, $1.received) } / ports.rate * (1 + 1e-9)
  }

  private func isFeasible(
    in time: Double, on ports: RegionPorts, _ trial: inout Trial
  ) -> Bool {
    switch ports.duplex {
    case .independent:
      return leavesLittleEnough(in: time, on: ports, weightOfSent: 1, &trial.gains)
        && leavesLittleEnough(in: time, on: ports, weightOfSent: 0, &trial.gains)
    case .paired:
      if circuitsForFullestSuffice(in: time, on: ports, &trial.left) { return true }
      for weight in Self.weights
      where !leavesLittleEnough(in: time, on: ports, weightOfSent: weight, &trial.gains) {
        return false
      }
      return true
    }
  }

  /// Whether circuits given one by one, each to the peer that it serves most, both ways together,
  /// leave no more in either direction than packets can carry.
  ///
  /// Then so does every weighted mean, and no weight need be tried: most lines are not near the bound.
  private func circuitsForFullestSuffice(
    in time: Double, on ports: RegionPorts, _ left: inout [(sent: Double, received: Double)]
  ) -> Bool {
    let perCircuit = time * ports.rate
    left.removeAll(keepingCapacity: true)
    left.append(contentsOf: peers)
    var left = left.mutableSpan
    for _ in 0..<ports.optical {
      var (fullest, most) = (-1, 0.0)
      for peer in left.indices {
        let gain = min(perCircuit, left[peer].sent) + min(perCircuit, left[peer].received)
        if gain > most { (fullest, most) = (peer, gain) }
      }
      guard fullest >= 0 else { break }
      left[fullest].sent = max(0, left[fullest].sent - perCircuit)
      left[fullest].received = max(0, left[fullest].received - perCircuit)
    }
    var (sent, received) = (electricalSent, electricalReceived)
    for peer in left.indices {
      sent += left[peer].sent
      received += left[peer].received
    }
    return max(sent, received) <= time * ports.electricalRate
  }

  /// Whether the best circuits for a weighted mean of both directions leave no more than packets can
  /// carry.
  private func leavesLittleEnough(
    in time: Double, on ports: RegionPorts, weightOfSent weight: Double,
    _ gains: inout LargestValues
  ) -> Bool {
    let perCircuit = time * ports.rate
    let (sentWeight, receivedWeight) = (weight, 1 - weight)
    var bytes = sentWeight * electricalSent + receivedWeight * electricalReceived
    gains.removeAll()
    for peer in peers {
      bytes += sentWeight * peer.sent + receivedWeight * peer.received
      var (sent, received) = (peer.sent, peer.received)
      for _ in 0..<ports.optical {
        let gain =
          sentWeight * min(perCircuit, sent) + receivedWeight * min(perCircuit, received)
        guard gains.insert(gain) else { break }
        sent = max(0, sent - perCircuit)
        received = max(0, received - perCircuit)
      }
    }
    let left = bytes - gains.sum
    return left <= time * ports.electricalRate + 1e-12 * bytes
  }
}

/// Memory of the trials of one line.
private struct Trial {
  var gains: LargestValues
  var left: [(sent: Double, received: Double)] = []

  init(ports: Int) { gains = LargestValues(count: ports) }
}

/// The largest of the values that were inserted.
private struct LargestValues {
  /// Ascending.
  private var values: [Double]

  init(count: Int) { values = [Double](repeating: 0, count: count) }

  var sum: Double { values.reduce(0, +) }

  mutating func removeAll() { for place in values.indices { values[place] = 0 } }

  /// False when the value is not among the largest.
  mutating func insert(_ value: Double) -> Bool {
    var values = values.mutableSpan
    guard values.count > 0, value > values[0] else { return false }
    var place = 0
    while place + 1 < values.count, values[place + 1] < value {
      values[place] = values[place + 1]
      place += 1
    }
    values[place] = value
    return true
  }
}
