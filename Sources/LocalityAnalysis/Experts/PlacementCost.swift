public import TraceModel

/// Bytes that one parameter of an expert stands for, in training with mixed precision and Adam.
///
/// Source: ZeRO (Rajbhandari et al., SC 2020), section 3.1: 2 bytes of weight, 2 of gradient, and 12 of
/// optimizer state (a 32-bit copy, momentum and variance). A sharded optimizer needs less: declare it.
public struct ParameterBytes: Sendable, Hashable {
  public var weight: Int
  public var gradient: Int
  public var optimizer: Int

  public init(weight: Int = 2, gradient: Int = 2, optimizer: Int = 12) {
    self.weight = weight
    self.gradient = gradient
    self.optimizer = optimizer
  }

  /// What has to move with an expert: all but the gradient, which is made anew.
  public var moved: Int { weight + optimizer }
  /// What a replica needs in memory.
  public var resident: Int { weight + gradient + optimizer }
}

/// What replicas cost while training goes on.
public struct ReplicaCost: Sendable, Hashable {
  /// Slots beyond one per expert, over all layers and expert groups.
  public var replicas: Int
  /// Memory of these slots on all ranks together, in bytes.
  public var memoryBytes: Int64
  /// What the ranks send in every iteration to sum the gradients of replicas, in bytes.
  ///
  /// A ring all-reduce among N holders moves 2(N − 1) times its size in all, so each further holder
  /// adds twice the gradient of an expert.
  public var gradientBytesPerIteration: Int64

  /// - Parameter parametersPerExpert: of one expert in one layer.
  public init(
    of placement: ExpertPlacement, parametersPerExpert: Int,
    bytes: ParameterBytes = ParameterBytes()
  ) {
    let parallelism = placement.layout.parallelism
    // A layer is on one pipeline stage.
    let groups = parallelism.expertData * parallelism.expertTensor
    let perRank = Int64(parametersPerExpert) / Int64(parallelism.expertTensor)
    replicas = placement.layers.reduce(0) { sum, layer in
      sum + (layer.experts.count - placement.expertCount) * groups
    }
    memoryBytes = Int64(replicas) * perRank * Int64(bytes.resident)
    gradientBytesPerIteration = Int64(replicas) * perRank * 2 * Int64(bytes.gradient)
  }
}

/// What it costs to bring experts from contiguous blocks to new slots, and when that has paid.
public struct MigrationCost: Sendable, Hashable {
  /// Experts that a rank must get, over all layers and expert groups.
  public var movedExperts: Int
  /// Weights and optimizer state that move, in bytes.
  public var movedBytes: Int64
  /// The most that one server receives from others, in bytes; a server with a copy gives it to its own
  /// ranks.
  public var busiestServerBytes: Int64

  /// Counts what ranks lack.
  ///
  /// - Complexity: O(layers × slots × expert groups).
  public init(
    to placement: ExpertPlacement, parametersPerExpert: Int,
    bytes: ParameterBytes = ParameterBytes()
  ) {
    let layout = placement.layout
    let parallelism = layout.parallelism
    let each =
      Int64(parametersPerExpert) / Int64(parallelism.expertTensor) * Int64(bytes.moved)
    let perRank = placement.expertCount / parallelism.expert
    movedExperts = 0
    var received = [Int64](repeating: 0, count: layout.serverCount)
    let groupsPerStage = parallelism.expertData * parallelism.expertTensor
    for (number, layer) in placement.layers.enumerated() {
      let slotsPerRank = layer.experts.count / parallelism.expert
      // Layers are dealt to the stages in order.
      let stage = number * parallelism.pipeline / placement.layers.count
      for group in stage * groupsPerStage..<(stage + 1) * groupsPerStage {
        let ranks = parallelism.ranks(ofExpertGroup: group)
        for (index, rank) in ranks.enumerated() {
          let held = layer.experts[index * slotsPerRank..<(index + 1) * slotsPerRank]
          for expert in Set(held).sorted() where Int(expert) / perRank != index {
            movedExperts += 1
            let owner = ranks[Int(expert) / perRank] / layout.gpusPerServer
            if owner != rank / layout.gpusPerServer {
              received[rank / layout.gpusPerServer] += each
            }
          }
        }
      }
    }
    movedBytes = Int64(movedExperts) * each
    busiestServerBytes = received.max() ?? 0
  }

  /// Time until the last server has its experts when nothing else runs, in nanoseconds.
  ///
  /// - Parameter serverBytesPerNanosecond: what one server can receive.
  public func nanoseconds(serverBytesPerNanosecond: Double) -> Double {
    Double(busiestServerBytes) / serverBytesPerNanosecond
  }

  /// Iterations until the move has paid, rounded up; nil when an iteration gains nothing.
  public func breakEvenIterations(
    savedNanosecondsPerIteration saved: Double, serverBytesPerNanosecond rate: Double
  ) -> Int? {
    guard saved > 0 else { return nil }
    let iterations = (nanoseconds(serverBytesPerNanosecond: rate) / saved).rounded(.up)
    return iterations < 1e15 ? Int(iterations) : nil
  }
}
