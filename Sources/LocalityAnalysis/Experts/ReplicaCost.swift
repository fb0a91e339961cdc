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
