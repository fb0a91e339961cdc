/// Which traffic to add from the declared model and layout, and how.
public struct DeclaredTraffic: Sendable, Hashable {
  public var hasTensor = true
  public var hasPipeline = true
  public var hasData = true
  /// Tensor-parallel all-reduces of one layer's activations in each of its passes: 1 for the
  /// attention block, 2 when the expert block is tensor-parallel as well.
  ///
  /// With 1 Mixtral 8x7B (TP 4, EP 8) moves 63 bytes between tensor-parallel ranks for 37 between
  /// experts; production measured 60 to 30 (MixNet, section 3).
  public var tensorReductionsPerPass = 1
  /// Whether the gradients of each layer are reduced as soon as its last backward pass has ended,
  /// beside whatever else runs, instead of all together when the stage has finished.
  public var overlapsBackward = false

  public init(
    hasTensor: Bool = true, hasPipeline: Bool = true, hasData: Bool = true,
    tensorReductionsPerPass: Int = 1, overlapsBackward: Bool = false
  ) {
    self.hasTensor = hasTensor
    self.hasPipeline = hasPipeline
    self.hasData = hasData
    self.tensorReductionsPerPass = tensorReductionsPerPass
    self.overlapsBackward = overlapsBackward
  }
}

extension Workload {
  /// The workload with the tensor-, pipeline- and data-parallel operations that its log lacks.
  ///
  /// All follow from the layout and from `ExpertModel.sizes`; each is one step for all groups of a
  /// stage, because an end waits for nothing but its own part of a step.
  /// - Tensor: a ring all-reduce of the micro-batch's activations before dispatch-forward and before
  ///   combine-backward of each layer; 2(N − 1)/N of its size leave each rank.
  /// - Pipeline: activations to the next stage before each forward pass, their gradients to the stage
  ///   before it before each backward pass; each rank sends its part to the rank with its place in
  ///   the other stage.
  /// - Data: after the last backward pass of a stage in an iteration, ring all-reduces of the dense
  ///   gradients over data × context ranks and of the experts' over expert-data ranks. A reduction
  ///   that is divided into reduce-scatter and all-gather (distributed optimiser) has as many bytes.
  ///
  /// Context-parallel attention is not added. Predecessors of the workload's own steps are left out:
  /// the order of the steps stands for them.
  ///
  /// - Throws: `WorkloadError` when sizes are not declared, when the workload has such traffic or
  ///   recorded times, when stages or phases are not known, or when its ends are NICs.
  /// - Complexity: O(steps + stages × ranks log ranks).
  public func addingDeclaredTraffic(
    _ traffic: DeclaredTraffic = DeclaredTraffic()
  ) throws(WorkloadError) -> Workload {
    var builder = try DeclaredTrafficBuilder(self, traffic)
    builder.addSteps()
    var provenance = provenance
    provenance["steps.other"] = Provenance(
      .declared, method: "tensor, pipeline and data parallel traffic of the model and layout")
    return Workload(
      grain: grain, layout: layout, model: model, demands: builder.demands, steps: builder.steps,
      provenance: provenance)
  }
}
