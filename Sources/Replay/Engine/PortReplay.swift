/// Replays a part whose flows cross two links each, as those of an all-to-all do: the twin of
/// `PartReplay` that follows levels of ports instead of flows.
///
/// Per pair of ports it holds 20 bytes and four bits (8 bytes more when flows share both ports), and per
/// event it looks at a running flow once at most, front to back. Only flows whose binding link changes
/// are written.
package struct PortReplay: Sendable {
  package let part: FluidPart
  private let memberBytes: [Double]
  private let memberWeight: [Int32]
  /// Nanoseconds within which flows leave together; 0 for those that end at once only.
  private let window: Double
  private var left: PortSide
  private var right: PortSide
  private let pairs: PortPairs
  /// Bundle → the smallest member that still runs.
  package private(set) var nextMember: [Int32]
  package private(set) var runningCount: Int
  package private(set) var now: Double
  package private(set) var eventCount = 0
  /// Who ended last, and when each did.
  package private(set) var endedMembers: [Int32] = []
  private var ends: [Double] = []
  /// The lowest level of a port that bound one of them; no lower one changes.
  private var lowestEnded = 0.0

  /// Starts all members of `part` at `now` and fills the ports; nil when flows cross more than two
  /// links, or too few pairs of ports have flows.
  ///
  /// Members are in the part's order; `memberBytes` is what each has left.
  package init?(
    _ part: FluidPart, memberBytes: [Double], memberWeight: [Int32], at now: Double,
    window: Double
  ) {
    guard let pairs = PortPairs(part) else { return nil }
    self.part = part
    self.memberBytes = memberBytes
    self.memberWeight = memberWeight
    self.window = window
    self.pairs = pairs
    self.now = now
    nextMember = Array(part.memberOffsets.dropLast())
    runningCount = part.bundleCount
    let hasWeights =
      part.bundleCount < memberBytes.count || memberWeight.contains { $0 != 1 }
    left = PortSide(
      capacity: pairs.leftCapacity, peerCount: pairs.rightCapacity.count, hasWeights: hasWeights)
    right = PortSide(
      capacity: pairs.rightCapacity, peerCount: pairs.leftCapacity.count, hasWeights: hasWeights)
    for bundle in 0..<part.bundleCount {
      let (sender, receiver) = pairs.ports(of: bundle, in: part)
      let members = part.members(of: bundle)
      let bytes = memberBytes[members.lowerBound]
      let weight = members.reduce(0) { $0 + memberWeight[$1] }
      left.start(sender, to: receiver, bytes: bytes, weight: weight)
      right.start(receiver, to: sender, bytes: bytes, weight: weight)
    }
    fill()
  }

  /// When the next flows end; infinite when none does.
  package var nextEnd: Double { min(left.firstEnd, right.firstEnd) }

  /// Ends the flows that end next and fills the ports anew.
  ///
  /// Writes when they end to `finish`, by member. False when there are none.
  package mutating func step(finish: inout [Double]) -> Bool {
    guard endNext() else { return false }
    for (member, end) in zip(endedMembers, ends) { finish[Int(member)] = end }
    fill()
    return true
  }

  /// Ends the flows that end next, see `endedMembers`; rates stay until `fill`.
  ///
  /// The clock moves to `time`, by default to when they end; what ends within the window, or within
  /// `tolerance` as a share of the time, ends with them. False when there are none.
  package mutating func endNext(at time: Double? = nil, tolerance: Double = 1e-11) -> Bool {
    let first = nextEnd
    guard runningCount > 0 && first < .infinity else { return false }
    let horizon = max(first + window, first * (1 + tolerance))
    endedMembers.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    var freed = FreedCapacity()
    var ended: [EndedPair] = []
    collect(left, areSenders: true, until: horizon, into: &ended)
    collect(right, areSenders: false, until: horizon, into: &ended)
    for pair in ended { end(pair, first: first, freed: &freed) }
    let moment = time ?? (window == 0 ? first : max(now, freed.moment))
    left.advance(by: moment - now)
    right.advance(by: moment - now)
    now = moment
    eventCount += 1
    return true
  }

  /// Gives the running flows their rates from now on.
  package mutating func fill() {
    // A little lower, so that rounding cannot part ports of one level.
    fillPorts(&left, &right, from: lowestEnded * (1 - 1e-9), at: now)
    lowestEnded = .infinity
  }

  package func isRunning(_ bundle: Int) -> Bool {
    nextMember[bundle] < part.memberOffsets[bundle + 1]
  }

  /// The members of a bundle that still run.
  package func runningMembers(of bundle: Int) -> Range<Int> {
    Int(nextMember[bundle])..<Int(part.memberOffsets[bundle + 1])
  }

  /// What each flow of a running bundle has sent from the start until `time`.
  package func bytesSent(by bundle: Int, until time: Double) -> Double {
    let (sender, receiver) = pairs.ports(of: bundle, in: part)
    let isSenders = left.isBound(sender, to: receiver)
    let port = isSenders ? left.ports[sender] : right.ports[receiver]
    let goal = left.goals[sender * left.peerCount + receiver]
    return memberBytes[Int(nextMember[bundle])] - (goal - port.sent)
      + port.level * (time - now)
  }

  /// The rate of each flow of a running bundle.
  package func rate(of bundle: Int) -> Double {
    let (sender, receiver) = pairs.ports(of: bundle, in: part)
    return min(left.ports[sender].level, right.ports[receiver].level)
  }

  /// Finds the pairs of which some flow ends until `horizon`, among those that one side binds.
  private func collect(
    _ side: PortSide, areSenders: Bool, until horizon: Double, into ended: inout [EndedPair]
  ) {
    for (port, state) in side.ports.enumerated() where state.end <= horizon {
      // However time was rounded, the nearest ends.
      let limit = max(state.nearestGoal, state.sent + state.level * (horizon - now))
      for word in 0..<side.wordsPerPort {
        var bits = side.bound[port * side.wordsPerPort + word]
        while bits != 0 {
          let peer = word * 64 + bits.trailingZeroBitCount
          bits &= bits - 1
          if side.goals[port * side.peerCount + peer] <= limit {
            ended.append(
              EndedPair(port: Int32(port), peer: Int32(peer), limit: limit, isBySender: areSenders))
          }
        }
      }
    }
  }

  /// Ends the members of a pair whose goal is within the limit.
  private mutating func end(
    _ pair: EndedPair, first: Double, freed: inout FreedCapacity
  ) {
    let (port, peer) = (Int(pair.port), Int(pair.peer))
    let (sender, receiver) = pair.isBySender ? (port, peer) : (peer, port)
    let bundle = pairs.bundle(from: sender, to: receiver)
    let state = pair.isBySender ? left.ports[port] : right.ports[port]
    // Both sides have it; the row of the port that binds was just read.
    var goal =
      pair.isBySender
      ? left.goals[port * left.peerCount + peer] : right.goals[port * right.peerCount + peer]
    lowestEnded = min(lowestEnded, state.level)
    var weight: Int32 = 0
    var isDone = false
    while goal <= pair.limit && !isDone {
      let member = Int(nextMember[bundle])
      let time = window == 0 ? first : now + (goal - state.sent) / state.level
      endedMembers.append(Int32(member))
      ends.append(time)
      freed.add(rate: state.level * Double(memberWeight[member]), at: time)
      weight += memberWeight[member]
      nextMember[bundle] += 1
      isDone = nextMember[bundle] == part.memberOffsets[bundle + 1]
      if !isDone { goal += memberBytes[member + 1] - memberBytes[member] }
    }
    left.end(sender, to: receiver, weight: weight, nextGoal: goal, isDone: isDone)
    right.end(receiver, to: sender, weight: weight, nextGoal: goal, isDone: isDone)
    if pair.isBySender {
      left.ports[port].nearestPeer = -1
    } else {
      right.ports[port].nearestPeer = -1
    }
    if isDone { runningCount -= 1 }
  }
}

/// A pair of ports of which flows end now.
private struct EndedPair {
  /// The port that binds it.
  var port: Int32
  var peer: Int32
  /// The port's `sent` until which flows end.
  var limit: Double
  var isBySender: Bool
}
