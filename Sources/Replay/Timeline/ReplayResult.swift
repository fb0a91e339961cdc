public import TraceModel

/// What a replay answers.
///
/// Times are nanoseconds, sizes bytes.
public struct ReplayResult: Sendable {
  public var fabric: String
  /// How pairs with a circuit shared it with the EPS; nil without circuits.
  public var sharing: SharingMode?
  public var policy: ReconfigurationPolicy
  public var iterations: [IterationResult] = []
  public var phases: [PhaseResult] = []
  /// Of each job all iterations one after the other; one entry unless jobs share the fabric.
  public var jobs: [IterationResult] = []
  /// Until the last job has ended.
  public var total = IterationResult(iteration: Operation.unknown)
  public var bytes = CarriedBytes()
  /// Links by utilisation, busiest first.
  public var busiestLinks: [LinkUse] = []
  public var effectiveParameters: [EffectiveParameter] = []
  /// What the reader must know beside the numbers.
  public var notes: [String] = []
  /// True when no tensor, pipeline or data parallel traffic was replayed.
  public var isExpertTrafficOnly = false
  /// True when no compute is known: times are communication alone.
  public var hasCompute = false
  /// What changes when the step of the batching is doubled: an estimate of the error of the completion;
  /// nil when the replay is exact.
  public var batchingError: BatchingError?
  /// True when the replay stopped at `giveUpAfterNanoseconds`: the completion is above that, and other
  /// numbers are of what had been played until then.
  public var isAbandoned = false

  public var completionNanoseconds: Double { total.completionNanoseconds }
}

/// One iteration of a job, or several one after the other.
public struct IterationResult: Sendable, Hashable {
  /// `Operation.unknown` for several jobs beside each other.
  public var job: Int32
  /// `Operation.unknown` for several.
  public var iteration: Int32
  /// From its start to the end of the last end.
  public var completionNanoseconds = 0.0
  /// The phases' durations added up; phases of different groups, stages or ends overlap.
  public var communicationNanoseconds = 0.0
  /// The most compute that one end has.
  public var computeNanoseconds = 0.0
  /// Below which the iteration cannot end on this fabric.
  ///
  /// See `completionBound`.
  public var boundNanoseconds = 0.0
  /// The lower bounds of the phases' communication added up: divided by `communicationNanoseconds`,
  /// how efficiently the network is used.
  public var communicationBoundNanoseconds = 0.0
  /// Completion minus that of the same decisions without delay.
  public var exposedNanoseconds = 0.0
  /// Delays that nobody waited for.
  public var hiddenNanoseconds = 0.0
  /// Sum of the phases' waits for circuits.
  public var blockedNanoseconds = 0.0
  /// Phases before which circuits were set up, in however many regions and however quickly.
  public var reconfigurations = 0

  public init(iteration: Int32, job: Int32 = 0) {
    self.iteration = iteration
    self.job = job
  }

  /// 0 … 100.
  public var percentOfBound: Double { percent(boundNanoseconds, of: completionNanoseconds) }
}

/// One phase: all groups of an operation.
public struct PhaseResult: Sendable, Hashable {
  public var job: Int32 = 0
  public var iteration: Int32
  public var microBatch: Int32
  public var layer: Int32
  public var phase: Phase
  public var role: Role
  /// When its first sender was ready, on the replay's clock.
  public var startNanoseconds: Double
  /// How much later than the first its last sender was ready: waiting for compute, not for the network.
  public var startSpreadNanoseconds = 0.0
  /// From its first byte to its last receipt, latency included.
  public var durationNanoseconds: Double
  /// The most compute of an operation before it.
  public var computeBeforeNanoseconds: Double
  public var bound: LowerBound
  /// The least duration on these circuits, latency included; nil without circuits, and where the
  /// best division of the bytes is not known (NICs that are not pooled, links above them that bind).
  public var circuitOptimumNanoseconds: Double?
  /// By how much it ends later than without delays, beyond the phases before it.
  public var exposedNanoseconds = 0.0
  public var hiddenNanoseconds = 0.0
  /// The longest wait of its traffic for circuits that were being changed.
  public var blockedNanoseconds = 0.0
  public var bytes: CarriedBytes
  /// Full-duplex circuits in place in the regions where it has demand, whether or not it uses them.
  public var circuitCount = 0
  /// How long its operations took when they were recorded; nil without times.
  public var recordedNanoseconds: Double?
  /// Regions whose circuits were set up for this phase.
  public var reconfiguredRegionCount = 0
  public var hasReconfigured: Bool { reconfiguredRegionCount > 0 }

  /// 0 … 100: how near the phase is to the tightest bound with circuits free to choose.
  public var percentOfBound: Double { percent(bound.nanoseconds, of: durationNanoseconds) }
  /// 0 … 100: how well the circuits in place are used.
  public var percentOfCircuitOptimum: Double? {
    circuitOptimumNanoseconds.map { percent($0, of: durationNanoseconds) }
  }
}

/// What one link carried.
public struct LinkUse: Sendable, Hashable {
  public var name: String
  public var tier: LinkTier
  public var bytes: Double
  /// Bytes divided by what it could carry during all communication (for circuits: while they were
  /// in place), 0 … 1.
  public var utilisation: Double
}

/// Nothing to do counts as done perfectly.
private func percent(_ least: Double, of actual: Double) -> Double {
  actual > 0 ? 100 * least / actual : 100
}
