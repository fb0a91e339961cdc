public import TraceModel

/// A published mixture-of-experts model and the layout on which it was trained or simulated.
public struct ModelPreset: Sendable, Hashable {
  /// The word by which it is asked for, "mixtral-8x7b".
  public let name: String
  public let model: ExpertModel
  public let layout: Layout
  /// Tokens of one micro-batch that each rank routes.
  public let tokensPerRank: Int
  /// Where the numbers come from.
  public let source: String

  /// Every preset, in the order in which a list shows them.
  public static let all: [ModelPreset] = [
    mixtral8x7B, mixtral8x22B, llamaMoE, qwenMoE, deepSeekV3,
  ]

  /// The preset of a name; throws with the known names when there is none.
  public static func named(_ name: String) throws(SynthesisError) -> ModelPreset {
    for preset in all where preset.name == name { return preset }
    throw SynthesisError(
      "no model is called \"\(name)\"", at: "model",
      advice: "Known: \(all.map(\.name).joined(separator: ", ")).")
  }

  /// Mixtral 8x7B as profiled in production: 128 GPUs, EP 8, TP 4, PP 4.
  public static let mixtral8x7B = ModelPreset(
    name: "mixtral-8x7b", title: "Mixtral 8x7B", layers: 32, experts: 8, topK: 2, hidden: 4096,
    expertHidden: 14_336, keyValueWidth: 1024, vocabulary: 32_000,
    layout: Layout(
      serverCount: 16, gpusPerServer: 8,
      parallelism: Parallelism(tensor: 4, expert: 8, pipeline: 4, data: 8)),
    microBatchTokens: 8 * 4096,
    source: "MixNet (SIGCOMM 2025) table 1: EP 8, TP 4, PP 4, sequence 4096, micro-batch 8")

  /// Mixtral 8x22B as simulated: 1,024 GPUs, EP 8, TP 8, PP 8, DP 2.
  public static let mixtral8x22B = ModelPreset(
    name: "mixtral-8x22b", title: "Mixtral 8x22B", layers: 56, experts: 8, topK: 2, hidden: 6144,
    expertHidden: 16_384, keyValueWidth: 1024, vocabulary: 32_000,
    layout: Layout(
      serverCount: 128, gpusPerServer: 8,
      parallelism: Parallelism(tensor: 8, expert: 8, pipeline: 8, data: 16)),
    microBatchTokens: 8 * 4096,
    source:
      "MixNet (SIGCOMM 2025) section 7.1: EP 8, TP 8, PP 8, DP 2, sequence 4096, micro-batch 8"
  )

  /// LLaMA-MoE (16 experts, 4 per token): 64 GPUs, EP 16, PP 4.
  public static let llamaMoE = ModelPreset(
    name: "llama-moe", title: "LLaMA-MoE 3.5B (4/16)", layers: 32, experts: 16, topK: 4,
    hidden: 4096, expertHidden: 688, keyValueWidth: 4096, vocabulary: 32_000,
    layout: Layout(
      serverCount: 8, gpusPerServer: 8,
      parallelism: Parallelism(expert: 16, pipeline: 4, data: 16)),
    microBatchTokens: 8 * 4096,
    source: "MixNet (SIGCOMM 2025) table 1: EP 16, PP 4; sizes of the published 4/16 model")

  /// Qwen1.5-MoE-A2.7B, its shared experts counted as MixNet counts them: 64 GPUs, EP 16, PP 4.
  public static let qwenMoE = ModelPreset(
    name: "qwen-moe", title: "Qwen1.5-MoE 14.3B", layers: 24, experts: 64, topK: 4, hidden: 2048,
    expertHidden: 1408, keyValueWidth: 2048, vocabulary: 151_936,
    layout: Layout(
      serverCount: 8, gpusPerServer: 8,
      parallelism: Parallelism(expert: 16, pipeline: 4, data: 16)),
    microBatchTokens: 8 * 4096,
    source: "MixNet (SIGCOMM 2025) table 1: 64 experts, EP 16, PP 4; sizes of the published model")

  /// DeepSeek-V3: 1,024 GPUs, EP 64, PP 16; FP8 towards the experts, BF16 back; one copy per
  /// server.
  public static let deepSeekV3 = ModelPreset(
    name: "deepseek-v3", title: "DeepSeek-V3", layers: 58, experts: 256, topK: 8, hidden: 7168,
    expertHidden: 2048, denseParameters: latentAttention(hidden: 7168) + 3 * 7168 * 2048,
    vocabulary: 129_280,
    layout: Layout(
      serverCount: 128, gpusPerServer: 8,
      parallelism: Parallelism(expert: 64, pipeline: 16, data: 64)),
    microBatchTokens: 4096, bytesPerToken: quantisedDispatch(hidden: 7168), copies: .perServer,
    source: "DeepSeek-V3 technical report: 58 MoE layers, EP 64 over 8 nodes, PP 16, FP8 dispatch "
      + "with one 4-byte scale per 128 values and BF16 combine (section 3.3.3)")

  /// One byte per value and a 4-byte scale per 128 towards the experts, two bytes per value back.
  ///
  /// Combine-backward carries gradients towards the experts, so it is quantised like the dispatch.
  static func quantisedDispatch(hidden: Int) -> PhaseBytes {
    let quantised = hidden + hidden / 128 * 4
    return PhaseBytes(
      dispatchForward: quantised, combineForward: hidden * 2, combineBackward: quantised,
      dispatchBackward: hidden * 2)
  }

  /// Parameters of DeepSeek-V3's multi-head latent attention: queries through 1,536 values, keys
  /// and values through 512 beside 64 rotary ones, 128 heads of 128 + 64 (technical report, 4.2).
  private static func latentAttention(hidden: Int) -> Int {
    let queries = hidden * 1536 + 1536 * 128 * (128 + 64)
    let keysAndValues = hidden * (512 + 64) + 512 * 128 * (128 + 128)
    return queries + keysAndValues + 128 * 128 * hidden
  }

  /// Parameters of grouped-query attention: queries and output hidden × hidden, keys and values
  /// hidden × `keyValueWidth` (key-value heads × their size).
  private static func groupedAttention(hidden: Int, keyValueWidth: Int) -> Int {
    2 * hidden * hidden + 2 * hidden * keyValueWidth
  }

  /// - Parameters:
  ///   - keyValueWidth: of the published configuration; used where `denseParameters` is nil.
  ///   - denseParameters: of one layer without its gate.
  private init(
    name: String, title: String, layers: Int, experts: Int, topK: Int, hidden: Int,
    expertHidden: Int, keyValueWidth: Int = 0, denseParameters: Int? = nil, vocabulary: Int,
    layout: Layout, microBatchTokens: Int, bytesPerToken: PhaseBytes? = nil,
    copies: CopyRule = .perExpert, source: String
  ) {
    self.name = name
    self.layout = layout
    self.source = source
    // Sequence parallelism: each tensor-parallel rank routes its own part of the tokens.
    tokensPerRank = microBatchTokens / layout.parallelism.tensor
    let estimate = ComputeEstimate(
      tokensPerRank: tokensPerRank, sequenceLength: 4096, hiddenSize: hidden,
      expertHiddenSize: expertHidden, topK: topK)
    model = ExpertModel(
      name: title, layerCount: layers, expertCount: experts, topK: topK, hiddenSize: hidden,
      bytesPerToken: bytesPerToken, copies: copies, compute: estimate.layerCompute,
      sizes: TrainingSizes(
        microBatchTokens: microBatchTokens,
        denseParametersPerLayer: (denseParameters
          ?? Self.groupedAttention(hidden: hidden, keyValueWidth: keyValueWidth))
          + hidden * experts,
        parametersPerExpert: 3 * hidden * expertHidden,
        embeddingParameters: vocabulary * hidden))
  }
}
