/// How many copies of a token cross the network when several of its experts live together.
public enum CopyRule: String, Sendable, Hashable, Codable, CaseIterable {
  /// One copy per chosen expert: plain all-to-all of token-expert assignments.
  case perExpert = "expert"
  /// One copy per rank that holds at least one chosen expert.
  case perRank = "rank"
  /// One copy per server that holds at least one chosen expert (DeepEP internode).
  case perServer = "server"
}

/// The declared mixture-of-experts model: what turns routed tokens into bytes and seconds.
public struct ExpertModel: Sendable, Hashable, Codable {
  public var name: String
  public var layerCount: Int
  public var expertCount: Int
  /// Experts chosen per token.
  public var topK: Int
  /// Elements of one token's activation vector.
  public var hiddenSize: Int
  /// Bytes of one token copy on the wire in each of the four phases, scales included.
  public var bytesPerToken: PhaseBytes
  public var copies: CopyRule
  /// Tokens that each token of a log stands for: logs of production runs are often sampled.
  public var tokensPerLoggedToken: Int
  /// Compute between the all-to-alls, per layer.
  public var compute: LayerCompute
  /// What traffic other than the experts' depends on; nil when it is not declared.
  public var sizes: TrainingSizes?

  public init(
    name: String, layerCount: Int, expertCount: Int, topK: Int, hiddenSize: Int,
    bytesPerToken: PhaseBytes? = nil, copies: CopyRule = .perExpert,
    tokensPerLoggedToken: Int = 1, compute: LayerCompute = LayerCompute(),
    sizes: TrainingSizes? = nil
  ) {
    self.name = name
    self.layerCount = layerCount
    self.expertCount = expertCount
    self.topK = topK
    self.hiddenSize = hiddenSize
    self.bytesPerToken = bytesPerToken ?? PhaseBytes(all: hiddenSize * 2)
    self.copies = copies
    self.tokensPerLoggedToken = tokensPerLoggedToken
    self.compute = compute
    self.sizes = sizes
  }

  /// Why no model can have these numbers, in words, or nil when one can.
  public var defect: String? {
    let numbers = [
      ("layers", layerCount, 1...10_000), ("experts", expertCount, 1...1_000_000),
      ("top_k", topK, 1...1_024), ("hidden_size", hiddenSize, 1...1_000_000),
      ("tokens_per_logged_token", tokensPerLoggedToken, 1...1_000_000_000),
    ]
    if let bad = numbers.first(where: { !$0.2.contains($0.1) }) {
      return "\(bad.0) is \(bad.1); it must be from \(bad.2.lowerBound) to \(bad.2.upperBound)"
    }
    if topK > expertCount { return "top_k is \(topK) but there are \(expertCount) experts" }
    if !(0...1_000_000_000).contains(compute.referenceTokensPerRank) {
      return "compute.tokens_per_rank is \(compute.referenceTokensPerRank)"
    }
    for phase in Phase.allToAlls {
      // Four bytes per element are the widest format.
      if !(0...4_000_000).contains(bytesPerToken[phase]) {
        return "\(bytesPerToken[phase]) bytes per token in \(phase.name)"
      }
      // About 11 days.
      if !(0...1e15).contains(compute.nanoseconds(before: phase)) {
        return "\(compute.nanoseconds(before: phase)) ns of compute before \(phase.name)"
      }
    }
    return sizes?.defect
  }

  /// Bytes that one copy of a logged token stands for in a phase.
  public func bytesPerLoggedToken(in phase: Phase) -> Int64 {
    Int64(bytesPerToken[phase]) * Int64(tokensPerLoggedToken)
  }
}

/// Bytes of one token copy in each all-to-all.
public struct PhaseBytes: Sendable, Hashable, Codable {
  public var dispatchForward: Int
  public var combineForward: Int
  public var combineBackward: Int
  public var dispatchBackward: Int

  public init(
    dispatchForward: Int, combineForward: Int, combineBackward: Int, dispatchBackward: Int
  ) {
    self.dispatchForward = dispatchForward
    self.combineForward = combineForward
    self.combineBackward = combineBackward
    self.dispatchBackward = dispatchBackward
  }

  /// The same size in every phase.
  public init(all bytes: Int) {
    self.init(
      dispatchForward: bytes, combineForward: bytes, combineBackward: bytes, dispatchBackward: bytes
    )
  }

  /// Bytes of one token copy in a phase; an unspecified phase counts as dispatch-forward.
  public subscript(phase: Phase) -> Int {
    switch phase {
    case .unspecified, .dispatchForward: dispatchForward
    case .combineForward: combineForward
    case .combineBackward: combineBackward
    case .dispatchBackward: dispatchBackward
    }
  }
}

/// Compute time of one layer around its all-to-alls, in nanoseconds; zero means "not declared".
public struct LayerCompute: Sendable, Hashable, Codable {
  /// Attention and gate, before dispatch-forward.
  public var attentionForwardNanoseconds: Double
  /// Experts, between dispatch-forward and combine-forward.
  public var expertForwardNanoseconds: Double
  /// Experts, between combine-backward and dispatch-backward.
  public var expertBackwardNanoseconds: Double
  /// Attention, after dispatch-backward (before the next layer's combine-backward).
  public var attentionBackwardNanoseconds: Double
  /// Tokens of a micro-batch on one rank for which the times hold; 0 when they hold for any number.
  public var referenceTokensPerRank: Int

  public init(
    attentionForwardNanoseconds: Double = 0, expertForwardNanoseconds: Double = 0,
    expertBackwardNanoseconds: Double = 0, attentionBackwardNanoseconds: Double = 0,
    referenceTokensPerRank: Int = 0
  ) {
    self.attentionForwardNanoseconds = attentionForwardNanoseconds
    self.expertForwardNanoseconds = expertForwardNanoseconds
    self.expertBackwardNanoseconds = expertBackwardNanoseconds
    self.attentionBackwardNanoseconds = attentionBackwardNanoseconds
    self.referenceTokensPerRank = referenceTokensPerRank
  }

  /// Traces that were written before the times had a reference are read as without one.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      attentionForwardNanoseconds: try values.decode(
        Double.self, forKey: .attentionForwardNanoseconds),
      expertForwardNanoseconds: try values.decode(Double.self, forKey: .expertForwardNanoseconds),
      expertBackwardNanoseconds: try values.decode(Double.self, forKey: .expertBackwardNanoseconds),
      attentionBackwardNanoseconds: try values.decode(
        Double.self, forKey: .attentionBackwardNanoseconds),
      referenceTokensPerRank: try values.decodeIfPresent(
        Int.self, forKey: .referenceTokensPerRank) ?? 0)
  }

  /// True when any of the four times is declared.
  public var isDeclared: Bool {
    Phase.allToAlls.contains { nanoseconds(before: $0) != 0 }
  }

  /// Compute that must end before a phase of the layer can start.
  public func nanoseconds(before phase: Phase) -> Double {
    switch phase {
    case .unspecified: 0
    case .dispatchForward: attentionForwardNanoseconds
    case .combineForward: expertForwardNanoseconds
    case .combineBackward: attentionBackwardNanoseconds
    case .dispatchBackward: expertBackwardNanoseconds
    }
  }
}
