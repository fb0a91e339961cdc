public import TraceModel

/// What cutting the expert passes of a workload into batches comes to, with one scheduler.
public struct BatchedScore: Sendable, Hashable {
  /// Nanoseconds of all passes one after the other, each as long as its slowest region: dispatch, expert
  /// compute and combine.
  public var completionNanoseconds = 0.0
  /// Batches of all passes and regions.
  public var batchCount = 0
  /// Compute and overheads alone: a lower bound on the completion.
  public var computeBoundNanoseconds = 0.0
}

/// Runs every expert pass of a workload batch by batch with each scheduler: see
/// `batchedCompletion(of:for:compute:)`.
///
/// A pass is a dispatch and the combine after it, forward or backward. The compute of a pass is what
/// stands before its combine, spread over the bytes that the busiest server receives from others, and
/// the same for each byte everywhere; with `nanosecondsPerByte` it is that instead.
/// - Parameter overheadNanoseconds: what every batch costs every server, however small it is.
/// - Returns: for each scheduler, in their order, its score or why it has none; empty when no byte could
///   use a circuit.
/// - Throws: a `ReplayError` as `replay` does, or when the compute of the experts is not known.
/// - Complexity: one schedule for each scheduler, distinct pass and region, on all cores.
public func compareBatches(
  _ schedulers: [any CircuitScheduler], on fabric: FabricSpecification, for workload: Workload,
  overheadNanoseconds: Double, nanosecondsPerByte: Double? = nil
) throws(ReplayError) -> [Result<BatchedScore, ReplayError>] {
  guard let optical = fabric.optical, optical.nicsPerServer > 0 else { return [] }
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let passes = try ExpertPasses(
    workload, on: network, optical: optical, nanosecondsPerByte: nanosecondsPerByte
  ).passes
  guard !passes.isEmpty else { return [] }
  return parallelMap(count: schedulers.count) { number in
    Result { () throws(ReplayError) -> BatchedScore in
      try score(
        schedulers[number], passes, overheadNanoseconds: overheadNanoseconds,
        duplex: optical.duplex)
    }
  }
}

private func score(
  _ scheduler: any CircuitScheduler, _ passes: [ExpertPasses.Pass], overheadNanoseconds: Double,
  duplex: Duplex
) throws(ReplayError) -> BatchedScore {
  if let defect = scheduler.hardwareDefect(on: duplex) {
    throw ReplayError(defect, at: "circuit scheduler")
  }
  var score = BatchedScore()
  for pass in passes {
    let compute = BatchCompute(
      overheadNanoseconds: overheadNanoseconds, nanosecondsPerByte: pass.nanosecondsPerByte)
    var (completion, bound) = (0.0, 0.0)
    for request in pass.requests {
      let outcome = try batchedCompletion(
        of: scheduler.schedule(for: request), for: request, compute: compute)
      completion = max(completion, outcome.completionNanoseconds)
      bound = max(bound, outcome.computeBoundNanoseconds)
      score.batchCount += outcome.batchCount * pass.count
    }
    score.completionNanoseconds += completion * Double(pass.count)
    score.computeBoundNanoseconds += bound * Double(pass.count)
  }
  return score
}

/// The dispatches of a workload with the compute that follows them, equal ones once.
private struct ExpertPasses: Sendable {
  struct Pass: Sendable {
    var requests: [CircuitRequest]
    var nanosecondsPerByte: Double
    var count: Int
  }

  private(set) var passes: [Pass] = []

  private struct Key: Hashable {
    var demand: Int
    var scale: Double
    var computeNanoseconds: Double
  }

  init(
    _ workload: Workload, on network: FabricNetwork, optical: OpticalLayer,
    nanosecondsPerByte declared: Double?
  ) throws(ReplayError) {
    let plan = try PhasePlan(workload, iterations: nil)
    var numberOf: [Key: Int] = [:]
    for (index, phase) in plan.phases.enumerated() where phase.isExpert && phase.opensEpoch {
      guard phase.step.phase == .dispatchForward || phase.step.phase == .combineBackward else {
        continue
      }
      let combine = plan.followers(of: index).dropFirst().first
      let compute = combine.map { plan.phases[$0].computeNanoseconds } ?? 0
      let key = Key(demand: phase.demand, scale: phase.scale, computeNanoseconds: compute)
      if let known = numberOf[key] {
        passes[known].count += 1
        continue
      }
      let requests = circuitRequests(
        for: PhaseDemand(plan.demands[phase.demand], of: workload), scale: phase.scale,
        on: network, optical: optical)
      guard !requests.isEmpty else { continue }
      guard declared != nil || compute > 0 else {
        throw ReplayError(
          "the compute of the experts is not known", at: "iteration \(phase.step.iteration)",
          advice: "say how long experts compute for each byte")
      }
      let received = requests.reduce(0) { max($0, $1.demand.mostReceived) }
      numberOf[key] = passes.count
      passes.append(
        Pass(
          requests: requests, nanosecondsPerByte: declared ?? compute / Double(received), count: 1))
    }
  }
}

extension TrafficMatrix {
  /// Bytes that the busiest end receives from others.
  fileprivate var mostReceived: Int64 {
    (0..<size).reduce(0) { most, column in
      max(most, (0..<size).reduce(0) { $1 == column ? $0 : $0 + self[$1, column] })
    }
  }
}
