import TraceModel
import TraceSynthesis

/// A plan that takes milliseconds: 4 servers × 2 GPUs, two pipeline stages, 4 layers, 8 experts.
func smallPlan(seed: UInt64 = 11) -> SynthesisPlan {
  let model = ExpertModel(
    name: "small", layerCount: 4, expertCount: 8, topK: 2, hiddenSize: 64,
    bytesPerToken: PhaseBytes(
      dispatchForward: 66, combineForward: 128, combineBackward: 66, dispatchBackward: 128),
    compute: LayerCompute(
      attentionForwardNanoseconds: 2e6, expertForwardNanoseconds: 3e6,
      expertBackwardNanoseconds: 6e6, attentionBackwardNanoseconds: 4e6))
  let layout = Layout(
    serverCount: 4, gpusPerServer: 2, parallelism: Parallelism(expert: 4, pipeline: 2, data: 4))
  var plan = SynthesisPlan(model: model, layout: layout, tokensPerRank: 100)
  plan.iterations = 3
  plan.microBatches = 2
  plan.seed = seed
  return plan
}

func routing(of plan: SynthesisPlan) throws -> TraceBuffer {
  var buffer = TraceBuffer()
  _ = try synthesiseTrace(plan, into: &buffer)
  return buffer
}
