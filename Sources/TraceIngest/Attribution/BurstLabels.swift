internal import TraceModel

/// Which operation of a job a burst is.
struct BurstLabel: Equatable {
  var iteration = Operation.unknown
  var layer = Operation.unknown
  var phase = Phase.unspecified
  var microBatch = Operation.unknown
  var stage = Operation.unknown
}

/// What was told about the bursts of a communicator.
struct BurstLabels {
  /// One for each burst.
  var ofBurst: [BurstLabel]
  /// How sure the layers and phases are, 0 … 1, and how they were told; nil without any.
  var phases: (confidence: Double, method: String)?
  /// How iterations were told; nil when they were not.
  var iterations: (confidence: Double, method: String)?
  var layerCount = 0
  /// Bursts without layers because too many matrices would have to be compared.
  var uncomparedCount = 0
  /// Bursts without layers because their iteration is neither whole nor cut by the capture.
  var unplacedCount = 0
  /// What people have to know besides.
  var notes: [String] = []

  init(burstCount: Int) {
    ofBurst = [BurstLabel](repeating: BurstLabel(), count: burstCount)
  }
}
