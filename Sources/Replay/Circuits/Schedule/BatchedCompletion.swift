internal import TraceModel

/// What a server does with the bytes of one batch.
public struct BatchCompute: Sendable, Hashable {
  /// Nanoseconds that every server spends on every batch, however small: launches, synchronisation.
  public var overheadNanoseconds: Double
  /// Nanoseconds of expert compute for each byte received.
  public var nanosecondsPerByte: Double

  public init(overheadNanoseconds: Double, nanosecondsPerByte: Double) {
    self.overheadNanoseconds = overheadNanoseconds
    self.nanosecondsPerByte = nanosecondsPerByte
  }
}

/// When a batched exchange ends, and what it cannot beat.
public struct BatchedOutcome: Sendable, Hashable {
  /// Nanoseconds until the results of the last batch are back.
  public var completionNanoseconds: Double
  /// Batches that reached the experts: configurations, and one more for what the packet network
  /// carried.
  public var batchCount: Int
  /// Nanoseconds of the busiest server's compute on its bytes, and every batch's overhead: a lower
  /// bound of the completion.
  public var computeBoundNanoseconds: Double
}

/// Dispatch → expert compute → combine, one batch per configuration.
///
/// The bytes of a configuration are a batch. Dispatches go out one after the other. A server computes
/// its batches in order, each when it has arrived and the one before is done; every batch costs
/// every server the fixed overhead, because its kernels are launched whether or not tokens came.
/// Results return on the same configurations, in the same order, each in the other direction, when
/// the network has sent all dispatches and all servers are done with the batch: set-up and hold once
/// more. What the circuits leave goes over the packet network as the last batch, there and back.
///
/// Many small batches overlap transfer and compute, and pay the overhead many times: with a large
/// one, few large batches win (Amponsah and Addanki, 2026).
///
/// - Throws: a `ReplayError` as `ScheduleReplay.play(_:)` does, and for schedules that repeat, are
///   laid out in time or hold for ever, which have no batches.
public func batchedCompletion(
  of schedule: CircuitSchedule, for request: CircuitRequest, compute: BatchCompute
) throws(ReplayError) -> BatchedOutcome {
  guard !schedule.repeats, schedule.setUp == .beforeEach, schedule.holdNanoseconds < .infinity
  else {
    throw ReplayError(
      "only a sequence of configurations that change together has batches", at: "circuit schedule",
      advice: "choose a scheduler such as bvn-bottleneck, solstice or bounded-matchings")
  }
  _ = try ScheduleReplay(request).play(schedule)
  let batches = Batches(schedule, request)
  let size = request.serverCount
  var isFreeAt = [Double](repeating: 0, count: size)
  var doneAt: [Double] = []
  var sent = 0.0
  for batch in batches.circuits {
    sent += request.reconfigurationDelay + batch.nanoseconds
    doneAt.append(compute.finish(batch, arrivedAt: sent, isFreeAt: &isFreeAt))
  }
  var back = sent
  for (batch, done) in zip(batches.circuits, doneAt) {
    back = max(back, done) + request.reconfigurationDelay + batch.nanoseconds
  }
  if let rest = batches.rest {
    let done = compute.finish(rest, arrivedAt: rest.nanoseconds, isFreeAt: &isFreeAt)
    back = max(back, done + rest.nanoseconds)
  }
  let all = batches.circuits + (batches.rest.map { [$0] } ?? [])
  var busiest = 0.0
  for server in 0..<size {
    busiest = max(busiest, all.reduce(0) { $0 + $1.received[server] })
  }
  return BatchedOutcome(
    completionNanoseconds: back, batchCount: all.count,
    computeBoundNanoseconds: busiest * compute.nanosecondsPerByte + Double(all.count)
      * compute.overheadNanoseconds)
}

/// The bytes that every server receives together.
private struct Batch {
  var received: [Double]
  var nanoseconds: Double
}

/// How a schedule divides a demand into batches.
private struct Batches {
  private(set) var circuits: [Batch] = []
  /// What no circuit carries, over the packet network from the beginning.
  private(set) var rest: Batch?

  init(_ schedule: CircuitSchedule, _ request: CircuitRequest) {
    let size = request.serverCount
    let demand = request.demand.withoutDiagonal.cells.map(Double.init)
    var left = demand
    for configuration in schedule.configurations {
      var batch = Batch(received: [Double](repeating: 0, count: size), nanoseconds: 0)
      for one in configuration.circuits {
        let cell = Int(one.source) * size + Int(one.destination)
        let rate = Double(one.count) * request.portRate
        let bytes = min(left[cell], rate * configuration.holdNanoseconds)
        left[cell] -= bytes
        batch.received[Int(one.destination)] += bytes
        batch.nanoseconds = max(batch.nanoseconds, bytes / rate)
      }
      if batch.nanoseconds > 0 { circuits.append(batch) }
    }
    var sends = [Double](repeating: 0, count: size)
    var receives = sends
    for cell in left.indices where left[cell] > 1e-9 * demand[cell] {
      sends[cell / size] += left[cell]
      receives[cell % size] += left[cell]
    }
    let most = max(sends.max() ?? 0, receives.max() ?? 0)
    if most > 0 { rest = Batch(received: receives, nanoseconds: most / request.electricalRate) }
  }
}

extension BatchCompute {
  /// When the last server is done with a batch.
  fileprivate func finish(_ batch: Batch, arrivedAt arrival: Double, isFreeAt: inout [Double])
    -> Double
  {
    for server in isFreeAt.indices {
      isFreeAt[server] =
        max(isFreeAt[server], arrival) + overheadNanoseconds + batch.received[server]
        * nanosecondsPerByte
    }
    return isFreeAt.max() ?? 0
  }
}
