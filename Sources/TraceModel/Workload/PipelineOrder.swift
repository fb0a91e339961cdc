/// One micro-batch on its way forward or backward through one pipeline stage.
public struct PipelinePass: Sendable, Hashable {
  public var microBatch: Int
  public var isBackward: Bool

  public init(microBatch: Int, isBackward: Bool) {
    self.microBatch = microBatch
    self.isBackward = isBackward
  }
}

/// The order in which a pipeline stage works on its micro-batches: one forward, one backward (1F1B).
///
/// A stage first runs as many forward passes as there are stages after it, then alternates between a
/// forward and a backward pass, then drains the backward passes that are left (PipeDream-Flush;
/// Narayanan et al., SC 2021, section 2.2.1). No pass is split over virtual stages.
public enum PipelineOrder {
  /// All passes of one stage in their order.
  ///
  /// - Parameter stage: 0 ..< `stageCount`, the first one gets its input from no other.
  /// - Complexity: O(micro-batches).
  public static func passes(
    ofStage stage: Int, stageCount: Int, microBatchCount: Int
  ) -> [PipelinePass] {
    let warmUp = min(max(0, stageCount - 1 - stage), microBatchCount)
    var passes = (0..<warmUp).map { PipelinePass(microBatch: $0, isBackward: false) }
    for microBatch in 0..<max(0, microBatchCount) {
      if microBatch + warmUp < microBatchCount {
        passes.append(PipelinePass(microBatch: microBatch + warmUp, isBackward: false))
      }
      passes.append(PipelinePass(microBatch: microBatch, isBackward: true))
    }
    return passes
  }

  /// When a pass would start if every pass took one unit of time and nothing else did.
  ///
  /// Sorting by it interleaves all stages so that each keeps the order of `passes`, and every pass
  /// stands after the one that it gets its input from. O(1).
  public static func slot(of pass: PipelinePass, inStage stage: Int, stageCount: Int) -> Int {
    if pass.isBackward { return 2 * stageCount - 1 - stage + 2 * pass.microBatch }
    let isWarmUp = pass.microBatch <= stageCount - 1 - stage
    return stage + (isWarmUp ? 1 : 2) * pass.microBatch
  }
}
