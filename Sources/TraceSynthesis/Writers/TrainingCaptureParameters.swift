package import TraceModel

/// One job of a capture in which all of its traffic overlaps.
package struct TrainingJob: Sendable, Hashable {
  package var plan: SynthesisPlan
  /// Rank of the fabric on which each rank of the job runs.
  package var ranks: [Int]
  /// When its first iteration begins, in nanoseconds after that of the capture.
  package var delayNanoseconds: Int64

  /// A job whose ranks are the fabric's first unless others are given.
  package init(_ plan: SynthesisPlan, ranks: [Int]? = nil, delayNanoseconds: Int64 = 0) {
    self.plan = plan
    self.ranks = ranks ?? Array(0..<plan.layout.rankCount)
    self.delayNanoseconds = delayNanoseconds
  }
}

/// What runs beside the all-to-alls, and what keeps a capture from being clean.
package struct TrainingDisturbance: Sendable, Hashable {
  /// Whether gradients, activations between stages and tensor-parallel sums are on the wire.
  package var hasOtherRoles = true
  /// Compute times lie within this share of their estimate, to both sides.
  package var computeJitter = 0.0
  /// Every flow starts up to this long after its operation.
  package var startJitterNanoseconds: Int64 = 0
  /// Share of the packets, each on its own, that the capture does not hold.
  package var lossShare = 0.0

  package init() {}
}

/// An operation of a synthetic capture: what an attribution should find.
package struct SynthesisedOperation: Sendable, Hashable {
  package var job: Int
  package var role: Role
  package var phase: Phase
  package var iteration: Int32
  package var microBatch: Int32
  package var layer: Int32
  /// Nanoseconds since 1970.
  package var start: Int64
  package var end: Int64
}

/// Bytes of one operation on one queue pair.
package struct SynthesisedFlow: Sendable, Hashable {
  /// Index into the operations.
  package var operation: Int
  /// Number of the NIC in the fabric.
  package var sourceNIC: Int
  package var destinationNIC: Int
  package var destinationQueuePair: UInt32
  /// Payload, after the reduction, before losses.
  package var bytes: Int64
}

/// What a synthetic capture of training jobs holds.
package struct SynthesisedTraining: Sendable, Hashable {
  /// By job, then by the order in which they were planned.
  package var operations: [SynthesisedOperation] = []
  package var flows: [SynthesisedFlow] = []
  package var packets: Int64 = 0
  package var lostPackets: Int64 = 0
}
