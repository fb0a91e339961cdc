/// Looks for circuits with which every end is done within a target time: depth-first, exact.
///
/// Within the time, an end may leave (electrical ports × time) bytes to the packet network in each
/// direction; its circuits have to carry the others. A branch is cut when some end cannot reach that
/// even if all its free ports went to the pairs that help it most, counting bytes sent, bytes received
/// and both together. The end with the least slack is decided first.
struct StaticSearch {
  private let times: HybridTimes
  private let target: Double
  private let needSent: [Double]
  private let needReceived: [Double]
  private var counts: [Int32]
  private var isDecided: [Bool]
  private var free: [Int]
  private var sent: [Double]
  private var received: [Double]
  private var gains: [Double] = []
  private(set) var stepsLeft: Int

  init(_ times: HybridTimes, target: Double, stepLimit: Int) {
    self.times = times
    self.target = target
    stepsLeft = stepLimit
    let size = times.size
    let room = times.electricalPorts * target
    needSent = (0..<size).map { end in
      (0..<size).reduce(-room) { $0 + times.bytes[end * size + $1] }
    }
    needReceived = (0..<size).map { end in
      (0..<size).reduce(-room) { $0 + times.bytes[$1 * size + end] }
    }
    counts = [Int32](repeating: 0, count: size * size)
    isDecided = times.bytes.indices.map { cell in
      let mirror = cell % size * size + cell / size
      return cell == mirror || (times.bytes[cell] <= 0 && times.bytes[mirror] <= 0)
    }
    free = [Int](repeating: times.opticalPorts, count: size)
    sent = [Double](repeating: 0, count: size)
    received = sent
  }

  enum Answer {
    case found([Int32])
    case none
    case stepsUsedUp
  }

  mutating func run() -> Answer {
    guard let isFound = decideNext() else { return .stepsUsedUp }
    return isFound ? .found(counts) : .none
  }

  /// Bytes that the m-th circuit of a pair adds within the target.
  private func gain(_ bytes: Double, circuit: Int) -> Double {
    min(target, max(0, bytes - Double(circuit - 1) * target))
  }

  /// Nil when the steps are used up.
  private mutating func decideNext() -> Bool? {
    stepsLeft -= 1
    guard stepsLeft > 0 else { return nil }
    var tightest = -1
    var leastSlack = Double.infinity
    for end in 0..<times.size {
      let lacksSent = needSent[end] - sent[end]
      let lacksReceived = needReceived[end] - received[end]
      if max(lacksSent, lacksReceived) <= 0 { continue }
      let slack = self.slack(of: end, lacksSent: lacksSent, lacksReceived: lacksReceived)
      if slack < 0 { return false }
      if slack < leastSlack { (tightest, leastSlack) = (end, slack) }
    }
    guard tightest >= 0 else { return true }
    guard let peer = mostHelpfulPeer(of: tightest) else { return false }
    let most = min(free[tightest], free[peer], usefulCircuits(tightest, peer))
    for count in stride(from: most, through: 0, by: -1) {
      set(tightest, peer, count: count, isDecided: true)
      let answer = decideNext()
      if answer != false { return answer }
      set(tightest, peer, count: count, isDecided: false)
    }
    return false
  }

  /// The least that is left over when all free ports of an end help it most; below 0 when it cannot
  /// be done.
  private mutating func slack(of end: Int, lacksSent: Double, lacksReceived: Double) -> Double {
    let tolerance = 1e-9 * target
    let bestSent = bestGain(of: end, countsReceived: false)
    let bestReceived = bestGain(of: end, countsSent: false)
    let bestBoth = bestGain(of: end)
    return min(
      bestSent - lacksSent, bestReceived - lacksReceived,
      bestBoth - max(0, lacksSent) - max(0, lacksReceived)) + tolerance
  }

  /// The largest gains of one circuit each that fit the free ports of an end, added up.
  private mutating func bestGain(
    of end: Int, countsSent: Bool = true, countsReceived: Bool = true
  ) -> Double {
    let size = times.size
    gains.removeAll(keepingCapacity: true)
    for peer in 0..<size where !isDecided[end * size + peer] && free[peer] > 0 {
      let (out, back) = (times.bytes[end * size + peer], times.bytes[peer * size + end])
      for circuit in 1...max(1, min(free[peer], free[end])) {
        let next =
          (countsSent ? gain(out, circuit: circuit) : 0)
          + (countsReceived ? gain(back, circuit: circuit) : 0)
        if next <= 0 { break }
        gains.append(next)
      }
    }
    gains.sort(by: >)
    return gains.prefix(free[end]).reduce(0, +)
  }

  private func mostHelpfulPeer(of end: Int) -> Int? {
    let size = times.size
    var best: Int?
    var most = 0.0
    for peer in 0..<size where !isDecided[end * size + peer] && free[peer] > 0 {
      let gain =
        gain(times.bytes[end * size + peer], circuit: 1)
        + gain(times.bytes[peer * size + end], circuit: 1)
      if gain > most { (best, most) = (peer, gain) }
    }
    return best
  }

  private func usefulCircuits(_ left: Int, _ right: Int) -> Int {
    let size = times.size
    let most = max(times.bytes[left * size + right], times.bytes[right * size + left])
    return Int(min(1e6, (most / target).rounded(.up)))
  }

  private mutating func set(_ left: Int, _ right: Int, count: Int, isDecided: Bool) {
    let size = times.size
    let (there, back) = (left * size + right, right * size + left)
    self.isDecided[there] = isDecided
    self.isDecided[back] = isDecided
    counts[there] = isDecided ? Int32(count) : 0
    counts[back] = counts[there]
    let sign = isDecided ? 1.0 : -1.0
    free[left] -= isDecided ? count : -count
    free[right] -= isDecided ? count : -count
    let carriedThere = sign * min(times.bytes[there], Double(count) * target)
    let carriedBack = sign * min(times.bytes[back], Double(count) * target)
    sent[left] += carriedThere
    received[right] += carriedThere
    sent[right] += carriedBack
    received[left] += carriedBack
  }
}
