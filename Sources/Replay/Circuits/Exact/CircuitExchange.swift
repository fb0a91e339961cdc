/// Improves circuits by moves around the server that ends last: it gets one more circuit to a peer,
/// and where ports are full a circuit is given up at either end, whose other ends are then joined.
///
/// Steepest descent on Σ (time of a server / longest time)^16, a smooth stand-in for the longest
/// time that still sees progress when several servers end together. Ends at a local optimum or
/// after `stepLimit` moves.
struct CircuitExchange {
  let times: HybridTimes
  private(set) var counts: [Int32]
  private var free: [Int]
  private var timeOf: [Double]

  init(_ times: HybridTimes, startingFrom counts: [Int32]) {
    self.times = times
    self.counts = counts
    free = (0..<times.size).map { end in
      times.opticalPorts - (0..<times.size).reduce(0) { $0 + Int(counts[end * times.size + $1]) }
    }
    timeOf = (0..<times.size).map { times.time(of: $0, counts) }
  }

  var longestTime: Double { timeOf.max() ?? 0 }

  /// A circuit to add (by 1) or give up (by −1).
  private struct Change {
    var left: Int
    var right: Int
    var step: Int32
  }

  private struct Score: Comparable {
    /// Ends that can never be done.
    var unserved: Int
    var sum: Double

    static func < (left: Score, right: Score) -> Bool {
      (left.unserved, left.sum) < (right.unserved, right.sum)
    }
  }

  mutating func run(stepLimit: Int = 1000, peerLimit: Int = 8) {
    for _ in 0..<stepLimit {
      guard let move = bestMove(peerLimit: peerLimit) else { return }
      apply(move)
      for end in Set(move.flatMap { [$0.left, $0.right] }) {
        timeOf[end] = times.time(of: end, counts)
      }
    }
  }

  private mutating func bestMove(peerLimit: Int) -> [Change]? {
    let longest = longestTime
    guard longest > 0, let last = timeOf.firstIndex(of: longest) else { return nil }
    let scale = timeOf.reduce(0) { $1 < .infinity ? max($0, $1) : $0 }
    var best: [Change]?
    var bestGain = Score(unserved: 0, sum: 1e-12)
    for peer in peers(of: last, within: longest).prefix(peerLimit) {
      for move in moves(joining: last, peer) {
        let ends = Set(move.flatMap { [$0.left, $0.right] }).sorted()
        let before = score(ends.map { timeOf[$0] }, scale: scale)
        apply(move)
        let after = score(ends.map { times.time(of: $0, counts) }, scale: scale)
        revert(move)
        let gain = Score(
          unserved: before.unserved - after.unserved, sum: before.sum - after.sum)
        if gain > bestGain { (best, bestGain) = (move, gain) }
      }
    }
    return best
  }

  private func score(_ ends: [Double], scale: Double) -> Score {
    var score = Score(unserved: 0, sum: 0)
    for time in ends {
      guard time < .infinity else {
        score.unserved += 1
        continue
      }
      let square = (time / max(scale, 1e-300)) * (time / max(scale, 1e-300))
      let fourth = square * square
      score.sum += fourth * fourth * fourth * fourth
    }
    return score
  }

  /// Peers by what their circuits leave to the packet network within a time, most first.
  private func peers(of end: Int, within time: Double) -> [Int] {
    let size = times.size
    func left(_ peer: Int) -> Double {
      let bytes = max(times.bytes[end * size + peer], times.bytes[peer * size + end])
      let circuits = Double(counts[end * size + peer])
      return circuits == 0 ? bytes : max(0, bytes - circuits * time)
    }
    let candidates = (0..<size).filter { $0 != end && left($0) > 0 }
    return candidates.sorted { (left($1), $0) < (left($0), $1) }
  }

  /// The ways to give two ends one more circuit.
  private func moves(joining left: Int, _ right: Int) -> [[Change]] {
    guard times.opticalPorts > 0 else { return [] }
    var moves: [[Change]] = []
    for leftLoss in losses(of: left, besides: right) {
      for rightLoss in losses(of: right, besides: left) {
        var move = [Change(left: left, right: right, step: 1)]
        if let leftLoss { move.append(Change(left: left, right: leftLoss, step: -1)) }
        if let rightLoss { move.append(Change(left: right, right: rightLoss, step: -1)) }
        if let leftLoss, let rightLoss, leftLoss != rightLoss, isWorthJoining(leftLoss, rightLoss) {
          move.append(Change(left: leftLoss, right: rightLoss, step: 1))
        }
        moves.append(move)
      }
    }
    return moves
  }

  private func isWorthJoining(_ left: Int, _ right: Int) -> Bool {
    times.bytes[left * times.size + right] > 0 || times.bytes[right * times.size + left] > 0
  }

  /// The peers to which an end may give up a circuit; nil stands for a port that is free.
  private func losses(of end: Int, besides peer: Int) -> [Int?] {
    if free[end] > 0 { return [nil] }
    return (0..<times.size).filter { $0 != peer && counts[end * times.size + $0] > 0 }
  }

  private mutating func apply(_ move: [Change]) {
    for change in move {
      counts[change.left * times.size + change.right] += change.step
      counts[change.right * times.size + change.left] += change.step
      free[change.left] -= Int(change.step)
      free[change.right] -= Int(change.step)
    }
  }

  private mutating func revert(_ move: [Change]) {
    apply(move.map { Change(left: $0.left, right: $0.right, step: -$0.step) })
  }
}
