internal import TraceModel

/// One demand on its way through one schedule.
struct SchedulePlayer {
  private let schedule: CircuitSchedule
  private let replay: ScheduleReplay
  private let request: CircuitRequest
  private var clock: ServiceClock
  /// Pairs with demand that never have a circuit.
  private let bypassed: Int
  private var configurations = 0
  private var setUpNanoseconds = 0.0

  init(_ schedule: CircuitSchedule, replay: ScheduleReplay) {
    self.schedule = schedule
    self.replay = replay
    request = replay.request
    clock = ServiceClock(request)
    var isServed = [Bool](repeating: false, count: clock.demand.count)
    for one in schedule.configurations.lazy.flatMap(\.circuits) {
      isServed[Int(one.source) * request.serverCount + Int(one.destination)] = true
    }
    bypassed = clock.demand.indices.count { [clock] in clock.demand[$0] > 0 && !isServed[$0] }
  }

  mutating func play() throws(ReplayError) -> ScheduleOutcome {
    guard clock.openPairs > 0 else { return outcome(at: 0) }
    let first = segments(before: nil)
    if replay.sharing == .splitOptimal {
      if let end = playUntilDrained(first) { return try finish(splitAt: end) }
      if schedule.repeats, let end = playRounds() { return try finish(splitAt: end) }
      return try finish(splitAt: clock.drained(under: []))
    }
    playUntilServed(first)
    if schedule.repeats && !isDone { _ = playRounds() }
    return try finishExclusive()
  }

  private func segments(before: CircuitConfiguration?) -> [ScheduleSegment] {
    schedule.segments(
      delay: request.reconfigurationDelay, scope: replay.scope, before: before,
      isFirstFree: before == nil && !replay.chargesFirstConfiguration)
  }

  private mutating func note(_ segment: ScheduleSegment, isNew: Bool) {
    if isNew { configurations += 1 }
    if segment.isSetUp { setUpNanoseconds += segment.nanoseconds }
  }

  // MARK: One round

  /// Plays until circuits and packet network together are done; nil when they are not at the end.
  private mutating func playUntilDrained(_ segments: [ScheduleSegment]) -> Double? {
    var configuration = -1
    for segment in segments {
      note(segment, isNew: segment.configuration != configuration)
      configuration = segment.configuration
      let start = clock.checkpoint(before: segment.circuits)
      if segment.nanoseconds < .infinity {
        clock.advance(segment.circuits, nanoseconds: segment.nanoseconds)
        if !clock.isDrained { continue }
      }
      clock.restore(start, circuits: segment.circuits)
      let end = min(clock.drained(under: segment.circuits), start.now + segment.nanoseconds)
      if end < .infinity { clock.advance(segment.circuits, nanoseconds: end - start.now) }
      return end
    }
    return nil
  }

  /// Plays until no circuit of the schedule has anything left to carry.
  private mutating func playUntilServed(_ segments: [ScheduleSegment]) {
    var configuration = -1
    let last = schedule.repeats ? segments.count : lastUse(of: segments)
    for (index, segment) in segments.enumerated() {
      if index > last || isDone { return }
      note(segment, isNew: segment.configuration != configuration)
      configuration = segment.configuration
      clock.advance(segment.circuits, nanoseconds: segment.nanoseconds)
    }
  }

  /// The last segment of a schedule in which a byte goes over a circuit.
  private func lastUse(of segments: [ScheduleSegment]) -> Int {
    var trial = clock
    var last = -1
    for (index, segment) in segments.enumerated() {
      let before = trial.lastByte
      trial.advance(segment.circuits, nanoseconds: segment.nanoseconds)
      if trial.lastByte > before { last = index }
    }
    return last
  }

  // MARK: Many rounds

  private var isDone: Bool { isDone(clock) }

  private func isDone(_ clock: ServiceClock) -> Bool {
    replay.sharing == .splitOptimal ? clock.isDrained : clock.openPairs <= bypassed
  }

  /// Goes on with the second round; rounds that are sure not to be the last pass all at once.
  ///
  /// - Returns: the end, or nil when no number of rounds is enough.
  private mutating func playRounds() -> Double? {
    let round = segments(before: schedule.configurations.last)
    let length = round.reduce(0) { $0 + $1.nanoseconds }
    guard length > 0 else { return nil }
    let service = serviceOfRound(round)
    guard let rounds = roundsBeforeLast(service: service, length: length) else { return nil }
    clock.skip(rounds: rounds, service: service, nanoseconds: length)
    configurations += Int(rounds) * schedule.configurations.count
    setUpNanoseconds += rounds * round.reduce(0) { $0 + ($1.isSetUp ? $1.nanoseconds : 0) }
    // The round in which it ends, and one more in case of rounding.
    for _ in 0..<2 {
      if replay.sharing == .splitOptimal {
        if let end = playUntilDrained(round) { return end }
      } else {
        playUntilServed(round)
        if isDone { return clock.lastByte }
      }
    }
    return nil
  }

  private func serviceOfRound(_ round: [ScheduleSegment]) -> [Double] {
    var service = [Double](repeating: 0, count: clock.carried.count)
    for segment in round {
      for one in segment.circuits {
        service[Int(one.source) * request.serverCount + Int(one.destination)] +=
          Double(one.count) * request.portRate * segment.nanoseconds
      }
    }
    return service
  }

  /// Whole rounds after which it is still not done; done is never undone by another round.
  private func roundsBeforeLast(service: [Double], length: Double) -> Double? {
    func isDoneAfter(_ rounds: Double) -> Bool {
      var trial = clock
      trial.skip(rounds: rounds, service: service, nanoseconds: length)
      return isDone(trial)
    }
    var high = 1.0
    while !isDoneAfter(high) {
      high *= 2
      if high > 1e15 { return nil }
    }
    var low = high == 1 ? 0 : high / 2
    while high - low > 1 {
      let middle = ((low + high) / 2).rounded(.down)
      if isDoneAfter(middle) { high = middle } else { low = middle }
    }
    return low
  }

  // MARK: Ends

  private func finish(splitAt end: Double) throws(ReplayError) -> ScheduleOutcome {
    guard end < .infinity else { throw unserved() }
    return outcome(at: end)
  }

  private func finishExclusive() throws(ReplayError) -> ScheduleOutcome {
    var sends = [Double](repeating: 0, count: request.serverCount)
    var receives = sends
    for cell in clock.demand.indices {
      sends[cell / request.serverCount] += clock.left(cell)
      receives[cell % request.serverCount] += clock.left(cell)
    }
    let most = max(sends.max() ?? 0, receives.max() ?? 0)
    guard most > 0 else { return outcome(at: clock.lastByte) }
    guard request.electricalRate > 0 else { throw unserved() }
    return outcome(at: max(clock.lastByte, most / request.electricalRate))
  }

  private func unserved() -> ReplayError {
    let cell = clock.demand.indices.first { clock.left($0) > 0 } ?? 0
    let size = request.serverCount
    return ReplayError(
      "the schedule leaves bytes behind and there is no electrical port",
      at: "\(cell / size) → \(cell % size)",
      advice: "leave at least one electrical NIC per server, or choose a scheduler that serves all")
  }

  private func outcome(at end: Double) -> ScheduleOutcome {
    var circuitBytes: Int64 = 0
    for cell in clock.demand.indices {
      // Room beyond the demand is not bytes; what is carried is rounded to whole ones.
      circuitBytes += Int64(min(clock.demand[cell], clock.carried[cell]).rounded())
    }
    let total = request.demand.withoutDiagonal.total
    return ScheduleOutcome(
      completionNanoseconds: end, circuitBytes: min(total, circuitBytes),
      electricalBytes: total - min(total, circuitBytes), configurationsUsed: configurations,
      reconfigurationNanoseconds: setUpNanoseconds)
  }
}
