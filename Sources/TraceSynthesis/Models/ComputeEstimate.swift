public import TraceModel

/// Compute times of one mixture-of-experts layer, estimated from its floating-point operations.
///
/// Attention: 8·T·H² + 4·T·S·H operations (projections; scores and values). Experts: 6·T·k·H·F
/// (three matrices each). The backward pass takes twice as long. The rate is what GPUs sustain in
/// training, not their peak: 200 TFLOP/s is the figure of the public MixNet simulator. Against
/// MixNet's H100 profile of Mixtral 8x7B (35.0 ms and 40.2 ms around the experts) the estimate
/// is 17 % low forward and 44 % high backward.
public struct ComputeEstimate: Sendable, Hashable {
  /// Tokens of one micro-batch on one rank, before they are sent to experts.
  public var tokensPerRank: Int
  public var sequenceLength: Int
  public var hiddenSize: Int
  /// Inner size of one expert's feed-forward network.
  public var expertHiddenSize: Int
  /// Experts per token.
  public var topK: Int
  /// Sustained floating-point operations per second of one GPU.
  public var operationsPerSecond = 200e12

  public init(
    tokensPerRank: Int, sequenceLength: Int, hiddenSize: Int, expertHiddenSize: Int, topK: Int
  ) {
    self.tokensPerRank = tokensPerRank
    self.sequenceLength = sequenceLength
    self.hiddenSize = hiddenSize
    self.expertHiddenSize = expertHiddenSize
    self.topK = topK
  }

  /// The four times, for tokens spread evenly over the experts.
  public var layerCompute: LayerCompute {
    let tokens = Double(tokensPerRank)
    let hidden = Double(hiddenSize)
    let attention = 8 * tokens * hidden * hidden + 4 * tokens * Double(sequenceLength) * hidden
    let experts = 6 * tokens * Double(topK) * hidden * Double(expertHiddenSize)
    let nanoseconds = 1e9 / operationsPerSecond
    return LayerCompute(
      attentionForwardNanoseconds: (attention * nanoseconds).rounded(),
      expertForwardNanoseconds: (experts * nanoseconds).rounded(),
      expertBackwardNanoseconds: (2 * experts * nanoseconds).rounded(),
      attentionBackwardNanoseconds: (2 * attention * nanoseconds).rounded(),
      referenceTokensPerRank: tokensPerRank)
  }
}
