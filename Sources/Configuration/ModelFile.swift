public import TraceModel

/// Model files: what turns routed tokens into bytes and seconds.
public enum ModelFile {
  /// Number formats of activations on the wire.
  public enum DataType: String, CaseIterable, Sendable {
    case fp32, bf16, fp16, fp8
    /// FP8 with one 4-byte scale per 128 elements (DeepSeek-V3).
    case fp8Block128 = "fp8-block128"

    /// Bytes of one token's activation vector of `hiddenSize` elements.
    public func bytes(hiddenSize: Int) -> Int {
      switch self {
      case .fp32: hiddenSize * 4
      case .bf16, .fp16: hiddenSize * 2
      case .fp8: hiddenSize
      case .fp8Block128: hiddenSize + (hiddenSize + 127) / 128 * 4
      }
    }
  }

  /// Reads a model from YAML.
  public static func parse(yaml: String, file: String) throws(ConfigurationError) -> ExpertModel {
    let root = try StrictNode(yaml: yaml, file: file)
    let keys = try root.mapping(allowed: [
      "name", "layers", "experts", "top_k", "hidden_size", "data_types", "copies",
      "tokens_per_logged_token", "compute",
    ])
    guard let experts = keys["experts"], let hidden = keys["hidden_size"] else {
      throw ConfigurationError("\"experts\" and \"hidden_size\" are needed", at: file)
    }
    let hiddenSize = try hidden.integer(in: 1...1_000_000)
    var model = ExpertModel(
      name: try keys["name"]?.text() ?? file,
      layerCount: try keys["layers"]?.integer(in: 1...10_000) ?? 1,
      expertCount: try experts.integer(in: 1...1_000_000),
      topK: try keys["top_k"]?.integer(in: 1...1_024) ?? 1, hiddenSize: hiddenSize)
    if let types = keys["data_types"] {
      model.bytesPerToken = try phaseBytes(types, hiddenSize: hiddenSize)
    }
    if let copies = keys["copies"] { model.copies = try copies.word(CopyRule.self) }
    if let tokens = keys["tokens_per_logged_token"] {
      model.tokensPerLoggedToken = try tokens.integer(in: 1...1_000_000_000)
    }
    if let compute = keys["compute"] { model.compute = try layerCompute(compute) }
    if let defect = model.defect { throw ConfigurationError(defect, at: file) }
    return model
  }

  /// Reads a model file.
  public static func read(path: String) throws(ConfigurationError) -> ExpertModel {
    try parse(yaml: textOfFile(path), file: fileName(path))
  }

  private static func phaseBytes(
    _ node: StrictNode, hiddenSize: Int
  ) throws(ConfigurationError) -> PhaseBytes {
    let keys = try node.mapping(allowed: [
      "dispatch_forward", "combine_forward", "combine_backward", "dispatch_backward",
    ])
    func bytes(_ key: String) throws(ConfigurationError) -> Int {
      try (keys[key]?.word(DataType.self) ?? .bf16).bytes(hiddenSize: hiddenSize)
    }
    return PhaseBytes(
      dispatchForward: try bytes("dispatch_forward"),
      combineForward: try bytes("combine_forward"),
      combineBackward: try bytes("combine_backward"),
      dispatchBackward: try bytes("dispatch_backward"))
  }

  private static func layerCompute(_ node: StrictNode) throws(ConfigurationError) -> LayerCompute {
    let keys = try node.mapping(allowed: [
      "attention_forward", "expert_forward", "expert_backward", "attention_backward",
      "tokens_per_rank",
    ])
    return LayerCompute(
      attentionForwardNanoseconds: try keys["attention_forward"]?.nanoseconds() ?? 0,
      expertForwardNanoseconds: try keys["expert_forward"]?.nanoseconds() ?? 0,
      expertBackwardNanoseconds: try keys["expert_backward"]?.nanoseconds() ?? 0,
      attentionBackwardNanoseconds: try keys["attention_backward"]?.nanoseconds() ?? 0,
      referenceTokensPerRank: try keys["tokens_per_rank"]?.integer(in: 0...1_000_000_000) ?? 0)
  }
}
