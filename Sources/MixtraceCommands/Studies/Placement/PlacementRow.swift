internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// One placement on one fabric.
struct PlacementRow {
  let candidate: PlacementCandidate
  let fabric: FabricSpecification
  let nanosecondsPerIteration: Double
  let contiguousNanoseconds: Double
  /// Of the share that is saved; nil for contiguous blocks.
  private(set) var interval: SavingInterval?

  /// - Parameters:
  ///   - nanoseconds: of each iteration, or of all together.
  ///   - contiguous: the same with experts in contiguous blocks.
  init(
    _ candidate: PlacementCandidate, on fabric: FabricSpecification, nanoseconds: [Double],
    contiguous: [Double], iterationCount: Int
  ) {
    self.candidate = candidate
    self.fabric = fabric
    nanosecondsPerIteration = nanoseconds.reduce(0, +) / Double(iterationCount)
    contiguousNanoseconds = contiguous.reduce(0, +) / Double(iterationCount)
    guard !candidate.placement.layers.isEmpty, nanoseconds.count == contiguous.count else { return }
    interval = SavingInterval(
      before: contiguous, after: nanoseconds, loss: gradientNanoseconds)
  }

  /// What one server can send to the network, and receive from it.
  private var serverBytesPerNanosecond: Double {
    fabric.nicBitsPerSecond / 8e9 * Double(fabric.nicsPerServer) * fabric.payloadEfficiency
  }

  /// Time in which the gradients of replicas can at best be summed, all servers sending evenly.
  var gradientNanoseconds: Double {
    guard let replicas = candidate.replicas else { return 0 }
    return Double(replicas.gradientBytesPerIteration)
      / (serverBytesPerNanosecond * Double(candidate.placement.layout.serverCount))
  }

  /// What an iteration gains after the gradients of replicas; below 0 it loses.
  var savedNanoseconds: Double {
    contiguousNanoseconds - nanosecondsPerIteration - gradientNanoseconds
  }

  var savedShare: Double {
    contiguousNanoseconds > 0 ? savedNanoseconds / contiguousNanoseconds : 0
  }

  var migrationNanoseconds: Double? {
    candidate.migration?.nanoseconds(serverBytesPerNanosecond: serverBytesPerNanosecond)
  }

  /// Nil where nothing is gained, or the size of an expert is not known.
  var breakEvenIterations: Int? {
    candidate.migration?.breakEvenIterations(
      savedNanosecondsPerIteration: savedNanoseconds,
      serverBytesPerNanosecond: serverBytesPerNanosecond)
  }
}
