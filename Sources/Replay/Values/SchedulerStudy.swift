public import TraceModel

/// What one scheduler does with the expert demands of a workload, each served alone.
public struct SchedulerScore: Sendable {
  public var name: String
  public var answersWithSequence: Bool
  /// Nanoseconds of all expert phases one after the other, delays included; each takes as long as its
  /// slowest region.
  public var completionNanoseconds = 0.0
  /// The part of it that is set-up before a configuration.
  public var delayNanoseconds = 0.0
  /// Lower bound on `completionNanoseconds` for any scheduler of its kind.
  public var boundNanoseconds = 0.0
  /// Configurations of all phases and regions.
  public var configurations = 0
  /// Bytes over circuits, and over the packet network.
  public var circuitBytes = 0.0
  public var electricalBytes = 0.0
  /// Demands of regions in all phases, and those for which a scheduler that searches for the best is not
  /// sure to have found it.
  public var demandCount = 0
  public var unprovenCount = 0
  /// Why there is no number, in words; nil when there is one.
  public var failure: String?
}

/// Serves every expert demand of a workload with each scheduler, region by region.
///
/// Only bytes between servers of one region count; compute, latency and other roles are left out. What
/// follows the demand pays the fabric's delay before each configuration, also the first; circuits that
/// never change do not. The packet network never blocks.
/// - Parameters:
///   - sharing: `exclusive` or `split-optimal`; see `ScheduleReplay`.
/// - Returns: a score for each scheduler, in their order; empty when no byte could use a circuit.
/// - Throws: a `ReplayError` as `replay` does. A scheduler that cannot serve a demand has a failure.
/// - Complexity: one schedule for each scheduler, distinct demand and region, on all cores.
public func compare(
  _ schedulers: [any CircuitScheduler], on fabric: FabricSpecification, for workload: Workload,
  sharing: SharingMode = .exclusive
) throws(ReplayError) -> [SchedulerScore] {
  guard let optical = fabric.optical, optical.nicsPerServer > 0 else { return [] }
  let network = try FabricNetwork(fabric, layout: workload.layout, grain: workload.grain)
  let requests = try RegionRequests(workload, on: network, optical: optical)
  guard !requests.phases.isEmpty else { return [] }
  return parallelMap(count: schedulers.count) { number in
    score(of: schedulers[number], requests, optical: optical, sharing: sharing)
  }
}

private func score(
  of scheduler: any CircuitScheduler, _ requests: RegionRequests, optical: OpticalLayer,
  sharing: SharingMode
) -> SchedulerScore {
  var score = SchedulerScore(
    name: scheduler.name, answersWithSequence: scheduler.answersWithSequence)
  if let defect = scheduler.hardwareDefect(on: optical.duplex) {
    score.failure = defect
    return score
  }
  for phase in requests.phases {
    var slowest = ScheduleOutcome(
      completionNanoseconds: 0, circuitBytes: 0, electricalBytes: 0, configurationsUsed: 0,
      reconfigurationNanoseconds: 0)
    var bound = 0.0
    for request in phase.requests {
      do throws(ReplayError) {
        let outcome = try ScheduleReplay(
          request, scope: optical.scope, sharing: sharing,
          chargesFirstConfiguration: scheduler.dependsOnDemand
        ).play(scheduler)
        score.configurations += outcome.configurationsUsed * phase.count
        score.circuitBytes += Double(outcome.circuitBytes) * Double(phase.count)
        score.electricalBytes += Double(outcome.electricalBytes) * Double(phase.count)
        score.demandCount += phase.count
        if scheduler.isProvenBest(for: request) == false { score.unprovenCount += phase.count }
        if outcome.completionNanoseconds > slowest.completionNanoseconds { slowest = outcome }
      } catch {
        score.failure = error.description
        return score
      }
      bound = max(bound, leastTime(request, scheduler, duplex: optical.duplex))
    }
    score.completionNanoseconds += slowest.completionNanoseconds * Double(phase.count)
    score.delayNanoseconds += slowest.reconfigurationNanoseconds * Double(phase.count)
    score.boundNanoseconds += bound * Double(phase.count)
  }
  return score
}

/// What no scheduler of the same kind can be faster than on one demand.
private func leastTime(
  _ request: CircuitRequest, _ scheduler: any CircuitScheduler, duplex: Duplex
) -> Double {
  let ports = RegionPorts(
    optical: request.opticalPorts, electrical: request.electricalPorts, rate: request.portRate,
    duplex: duplex)
  let changing = lowerBounds(
    of: request.demand, on: ports,
    timing: .changing(
      delayNanoseconds: scheduler.dependsOnDemand ? request.reconfigurationDelay : 0,
      chargesFirst: scheduler.dependsOnDemand)
  ).tightest.nanoseconds
  guard !scheduler.answersWithSequence else { return changing }
  return max(
    changing,
    lowerBounds(of: request.demand, on: ports, timing: .standing).tightest.nanoseconds)
}

/// What the schedulers are asked: equal phases once, with how often they occur.
private struct RegionRequests: Sendable {
  struct Phase: Sendable {
    var requests: [CircuitRequest]
    var count: Int
  }

  private(set) var phases: [Phase] = []

  private struct Key: Hashable {
    var demand: Int
    var scale: Double
  }

  init(
    _ workload: Workload, on network: FabricNetwork, optical: OpticalLayer
  ) throws(ReplayError) {
    let plan = try PhasePlan(workload, iterations: nil)
    var numberOf: [Key: Int] = [:]
    for phase in plan.phases where phase.isExpert {
      let key = Key(demand: phase.demand, scale: phase.scale)
      if let known = numberOf[key] {
        phases[known].count += 1
        continue
      }
      let requests = circuitRequests(
        for: PhaseDemand(plan.demands[phase.demand], of: workload), scale: phase.scale,
        on: network, optical: optical)
      guard !requests.isEmpty else { continue }
      numberOf[key] = phases.count
      phases.append(Phase(requests: requests, count: 1))
    }
  }
}

/// What a scheduler is asked for a demand: once for each region with bytes that circuits could carry.
func circuitRequests(
  for demand: PhaseDemand, scale: Double, on network: FabricNetwork, optical: OpticalLayer
) -> [CircuitRequest] {
  demand.regionMatrices(on: network).compactMap { matrix in
    guard matrix.total > 0 else { return nil }
    return optical.request(for: matrix.scaled(by: scale), on: network)
  }
}
