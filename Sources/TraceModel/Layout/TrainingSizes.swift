/// Sizes of a model on which its tensor-, pipeline- and data-parallel traffic depends.
///
/// Router logs hold none of it, so it is declared: parameters by where they live, and how many bytes
/// an activation and a gradient have on the wire.
public struct TrainingSizes: Sendable, Hashable, Codable {
  /// Tokens of one micro-batch in one data-parallel replica: sequences × their length.
  public var microBatchTokens: Int
  /// Parameters of one layer that every data-parallel rank holds: attention, norms, gate, shared
  /// experts.
  public var denseParametersPerLayer: Int
  /// Parameters of one expert in one layer.
  public var parametersPerExpert: Int
  /// Parameters of the input embedding on the first pipeline stage; the output head on the last has
  /// as many.
  public var embeddingParameters: Int
  /// Bytes of one activation between tensor-parallel ranks and between stages.
  public var bytesPerActivation: Int
  /// Bytes of one parameter's gradient in the reduction.
  public var bytesPerGradient: Int

  public init(
    microBatchTokens: Int, denseParametersPerLayer: Int, parametersPerExpert: Int,
    embeddingParameters: Int = 0, bytesPerActivation: Int = 2, bytesPerGradient: Int = 2
  ) {
    self.microBatchTokens = microBatchTokens
    self.denseParametersPerLayer = denseParametersPerLayer
    self.parametersPerExpert = parametersPerExpert
    self.embeddingParameters = embeddingParameters
    self.bytesPerActivation = bytesPerActivation
    self.bytesPerGradient = bytesPerGradient
  }

  /// Why no model can have these sizes, in words, or nil when one can.
  public var defect: String? {
    let numbers = [
      ("micro_batch_tokens", microBatchTokens, 1...1_000_000_000),
      ("dense_parameters_per_layer", denseParametersPerLayer, 0...1_000_000_000_000),
      ("parameters_per_expert", parametersPerExpert, 0...1_000_000_000_000),
      ("embedding_parameters", embeddingParameters, 0...1_000_000_000_000),
      ("bytes_per_activation", bytesPerActivation, 1...8),
      ("bytes_per_gradient", bytesPerGradient, 1...8),
    ]
    return numbers.first { !$0.2.contains($0.1) }.map {
      "\($0.0) is \($0.1); it must be from \($0.2.lowerBound) to \($0.2.upperBound)"
    }
  }
}
