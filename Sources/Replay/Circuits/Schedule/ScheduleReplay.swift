internal import TraceModel

/// What a schedule did with a demand.
public struct ScheduleOutcome: Sendable, Hashable {
  /// Nanoseconds until the last byte has arrived, delays included.
  public var completionNanoseconds: Double
  /// Bytes over circuits; under Valiant's routing a byte with two hops counts twice.
  public var circuitBytes: Int64
  /// Bytes over the packet network.
  public var electricalBytes: Int64
  /// Configurations that had begun when the last byte arrived, repetitions included.
  public var configurationsUsed: Int
  /// Nanoseconds of set-up before each of them, added up; 0 for a laid-out schedule, whose dark
  /// times lie in its timeline.
  public var reconfigurationNanoseconds: Double
}

/// Plays a schedule for the demand of one region.
///
/// The model: every circuit carries the bytes of its own pair at the port rate from the moment it is
/// in place; the electrical ports of a server, into a network that never blocks, work in parallel
/// from the beginning.
/// - `exclusive`: a pair's bytes go over its circuits; what its circuits cannot carry within the
///   schedule, known from the start, goes over the packet network.
/// - `split-optimal`: bytes are divided so that all end as soon as can be: by the least T at which
///   every server has no more left than T × its electrical rate. No division of the bytes over this
///   schedule ends sooner.
/// - `split-fair` is not defined for a sequence and refused.
///
/// Every byte is counted on one network, whole bytes.
public struct ScheduleReplay: Sendable {
  public var request: CircuitRequest
  public var scope: ReconfigurationScope
  public var sharing: SharingMode
  /// Whether the first configuration costs a delay as well.
  public var chargesFirstConfiguration: Bool

  public init(
    _ request: CircuitRequest, scope: ReconfigurationScope = .allStop,
    sharing: SharingMode = .exclusive, chargesFirstConfiguration: Bool = true
  ) {
    self.request = request
    self.scope = scope
    self.sharing = sharing
    self.chargesFirstConfiguration = chargesFirstConfiguration
  }

  /// Plays what a scheduler answers.
  ///
  /// - Throws: a `ReplayError` for a request that cannot be (negative ports, rates or bytes), and as
  ///   `play(_:)` does.
  public func play(_ scheduler: any CircuitScheduler) throws(ReplayError) -> ScheduleOutcome {
    try check()
    return try play(scheduler.schedule(for: request))
  }

  /// Plays a schedule.
  ///
  /// O(circuits of all configurations + servers²) per round, and as many rounds as
  /// differ.
  ///
  /// - Throws: a `ReplayError` when the schedule needs more ports than there are, when a pair is left
  ///   that neither a circuit nor an electrical port serves, or for `split-fair`.
  public func play(_ schedule: CircuitSchedule) throws(ReplayError) -> ScheduleOutcome {
    try check()
    try check(schedule)
    guard schedule.relaying == .valiant else { return try playDirectly(schedule) }
    let passes = request.demand.withoutDiagonal.valiantPasses
    var direct = schedule
    direct.relaying = .direct
    var outcome = ScheduleOutcome(
      completionNanoseconds: 0, circuitBytes: 0, electricalBytes: 0, configurationsUsed: 0,
      reconfigurationNanoseconds: 0)
    for pass in [passes.first, passes.second] {
      var replay = self
      replay.request = request.asking(for: pass)
      let part = try replay.playDirectly(direct)
      outcome.completionNanoseconds += part.completionNanoseconds
      outcome.circuitBytes += part.circuitBytes
      outcome.electricalBytes += part.electricalBytes
      outcome.configurationsUsed += part.configurationsUsed
      outcome.reconfigurationNanoseconds += part.reconfigurationNanoseconds
    }
    return outcome
  }

  private func playDirectly(_ schedule: CircuitSchedule) throws(ReplayError) -> ScheduleOutcome {
    var player = SchedulePlayer(schedule, replay: self)
    return try player.play()
  }

  private func check() throws(ReplayError) {
    if let defect = request.defect { throw ReplayError(defect, at: "circuit request") }
    if sharing == .splitFair {
      throw ReplayError(
        "max-min rates of a sequence of configurations are not defined", at: "circuit schedule",
        advice: "choose exclusive or split-optimal")
    }
  }

  private func check(_ schedule: CircuitSchedule) throws(ReplayError) {
    for (number, configuration) in schedule.configurations.enumerated() {
      let location = "configuration \(number + 1)"
      guard configuration.size == request.serverCount else {
        throw ReplayError(
          "its circuits join \(configuration.size) servers, the demand \(request.serverCount)",
          at: location)
      }
      if schedule.repeats && !(configuration.holdNanoseconds < .infinity) {
        throw ReplayError("a schedule that repeats cannot hold for ever", at: location)
      }
      guard configuration.holdNanoseconds >= 0 else {
        throw ReplayError("it is held for \(configuration.holdNanoseconds) ns", at: location)
      }
      var transmitters = [Int](repeating: 0, count: configuration.size)
      var receivers = transmitters
      for one in configuration.circuits {
        transmitters[Int(one.source)] += Int(one.count)
        receivers[Int(one.destination)] += Int(one.count)
      }
      let most = max(transmitters.max() ?? 0, receivers.max() ?? 0)
      if most > request.opticalPorts {
        throw ReplayError(
          "a server has \(most) circuits and \(request.opticalPorts) optical ports", at: location)
      }
    }
  }
}
