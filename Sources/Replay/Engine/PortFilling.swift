// Max-min fair rates between ports of two sides. A flow's rate is the lower of its ports' levels, so
// only levels are found, by filling as in `WaterFilling`, but many ports at once.
//
// Ports of one side have no flow in common. So all those whose share is no more than the lowest
// share of the other side fill up in one round, in any order: what they leave for the other side
// makes its shares only larger. Then the other side has its round, against the lowest share that
// is still open on the first. Nothing has to be ordered, and each running flow is looked at once,
// where the port that binds it fills up.

/// Fills the ports whose level is at least `level` anew; 0 fills all.
///
/// When flows end, levels below that of the lowest port that bound one of them stay as they are.
/// O(running flows that an open port has + rounds × open ports); an all-to-all of a thousand ends takes
/// some dozen rounds.
package func fillPorts(
  _ left: inout PortSide, _ right: inout PortSide, from level: Double, at now: Double
) {
  left.open(from: level)
  right.open(from: level)
  if level > 0 {
    takeRoomOfFilled(left, from: &right, below: level)
    takeRoomOfFilled(right, from: &left, below: level)
  }
  var lowest = right.lowestShare
  while left.openCount + right.openCount > 0 {
    lowest = fillRound(&left, &right, upTo: lowest, at: now)
    lowest = fillRound(&right, &left, upTo: lowest, at: now)
  }
}

/// Settles the flows of ports that stay filled on the open peers.
private func takeRoomOfFilled(_ side: PortSide, from peers: inout PortSide, below level: Double) {
  takeRoomOfFilled(
    side.ports, bound: side.bound, weights: side.weights, peerOpenBits: peers.openBits,
    peerRooms: &peers.rooms, below: level)
}

private func takeRoomOfFilled(
  _ ports: [Port], bound: [UInt64], weights: [Int32], peerOpenBits: [UInt64],
  peerRooms: inout [LinkRoom], below level: Double
) {
  var peerRooms = peerRooms.mutableSpan
  let (bound, weights, peerOpenBits) = (bound.span, weights.span, peerOpenBits.span)
  for (port, state) in ports.enumerated() where state.level < level {
    for word in 0..<peerOpenBits.count {
      takeRoom(
        bound[port * peerOpenBits.count + word] & peerOpenBits[word], of: word, at: state.level,
        weights: weights, row: port * peerRooms.count, peerRooms: &peerRooms)
    }
  }
}

/// Fills the ports of one side whose share is at most `limit`, and returns the lowest share of the
/// others.
private func fillRound(
  _ side: inout PortSide, _ peers: inout PortSide, upTo limit: Double, at now: Double
) -> Double {
  fillRound(
    &side.open, openCount: &side.openCount, openBits: &side.openBits, ports: &side.ports,
    rooms: side.rooms, running: side.running, bound: &side.bound, goals: &side.goals,
    weights: side.weights, peers: peers.ports, peerRooms: &peers.rooms,
    peerOpenBits: peers.openBits, upTo: limit, at: now)
}

/// Hands the columns on as spans: only as arguments may several properties be open for writing.
private func fillRound(
  _ open: inout [Int32], openCount: inout Int, openBits: inout [UInt64], ports: inout [Port],
  rooms: [LinkRoom], running: [UInt64], bound: inout [UInt64], goals: inout [Double],
  weights: [Int32], peers: [Port], peerRooms: inout [LinkRoom], peerOpenBits: [UInt64],
  upTo limit: Double, at now: Double
) -> Double {
  var open = open.mutableSpan
  var openBits = openBits.mutableSpan
  var ports = ports.mutableSpan
  var bound = bound.mutableSpan
  var goals = goals.mutableSpan
  var peerRooms = peerRooms.mutableSpan
  let (rooms, running, weights) = (rooms.span, running.span, weights.span)
  let (peers, peerOpenBits) = (peers.span, peerOpenBits.span)
  var lowest = Double.infinity
  var kept = 0
  for place in 0..<openCount {
    let port = Int(open[place])
    let share = rooms[port].share
    if share > limit && share < LinkRoom.roomy {
      lowest = min(lowest, share)
      open[kept] = open[place]
      kept += 1
      continue
    }
    // A port that never fills stays open for its peers' sake, but off the list.
    if rooms[port].columns.x < .infinity { openBits[port / 64] &= ~(1 << UInt64(port % 64)) }
    // Without a share all flows of the port are bound by its peers.
    let isFilled = share < LinkRoom.roomy
    bind(
      port, at: isFilled ? share : LinkRoom.roomy, isFilled: isFilled, ports: &ports,
      running: running, bound: &bound, goals: &goals, peers: peers, peerOpenBits: peerOpenBits)
    guard isFilled else { continue }
    for word in 0..<peerOpenBits.count {
      takeRoom(
        bound[port * peerOpenBits.count + word], of: word, at: share, weights: weights,
        row: port * peerRooms.count, peerRooms: &peerRooms)
    }
    ports[port].end = now + (ports[port].nearestGoal - ports[port].sent) / share
  }
  openCount = kept
  return lowest
}

/// Binds the port's flows to open peers at `level`, none when it is not filled, and finds the one that
/// ends first.
///
/// Most were bound by it before. A goal counts what the binding port has sent, so the goal of a flow
/// that goes over changes by the difference. Both ports do so, each in its own row.
@inline(__always)
private func bind(
  _ port: Int, at level: Double, isFilled: Bool, ports: inout MutableSpan<Port>,
  running: Span<UInt64>, bound: inout MutableSpan<UInt64>, goals: inout MutableSpan<Double>,
  peers: Span<Port>, peerOpenBits: Span<UInt64>
) {
  let words = peerOpenBits.count
  let row = port * peers.count
  var filled = ports[port]
  filled.level = level
  filled.end = .infinity
  let former = Int(filled.nearestPeer)
  var mustSearch = true
  if former >= 0 && isFilled {
    let open = running[port * words + former / 64] & peerOpenBits[former / 64]
    mustSearch = open >> UInt64(former % 64) & 1 == 0
  }
  if mustSearch {
    filled.nearestGoal = .infinity
    filled.nearestPeer = -1
  }
  for word in 0..<words {
    let place = port * words + word
    let now = isFilled ? running[place] & peerOpenBits[word] : 0
    let before = bound[place]
    bound[place] = now
    var leaving = before & ~now & running[place]
    while leaving != 0 {
      let peer = word * 64 + leaving.trailingZeroBitCount
      leaving &= leaving &- 1
      goals[row + peer] += peers[peer].sent - filled.sent
    }
    var joining = now & ~before
    while joining != 0 {
      let peer = word * 64 + joining.trailingZeroBitCount
      joining &= joining &- 1
      goals[row + peer] += filled.sent - peers[peer].sent
      filled.note(goals[row + peer], to: peer)
    }
    guard mustSearch else { continue }
    var staying = now & before
    while staying != 0 {
      let peer = word * 64 + staying.trailingZeroBitCount
      staying &= staying &- 1
      filled.note(goals[row + peer], to: peer)
    }
  }
  ports[port] = filled
}

/// Settles flows at `level` on those peers of one word that `bits` names.
@inline(__always)
private func takeRoom(
  _ bits: UInt64, of word: Int, at level: Double, weights: Span<Int32>, row: Int,
  peerRooms: inout MutableSpan<LinkRoom>
) {
  let change = SIMD2(level, 1)
  let hasWeights = !weights.isEmpty
  var bits = bits
  while bits != 0 {
    let peer = word * 64 + bits.trailingZeroBitCount
    bits &= bits &- 1
    peerRooms[peer].columns -= hasWeights ? change * Double(weights[row + peer]) : change
  }
}
