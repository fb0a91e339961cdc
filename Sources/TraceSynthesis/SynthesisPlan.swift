public import TraceModel

/// What to synthesise: a model on a layout, how uneven its gate is, and a seed.
///
/// Every value that the result depends on is in the plan; the same plan gives the same bytes.
public struct SynthesisPlan: Sendable, Hashable {
  public var model: ExpertModel
  public var layout: Layout
  public var iterations = 8
  public var microBatches = 1
  /// Which layers to write, ascending; a layer is routed by the ranks of its pipeline stage.
  public var layers: [Int]
  /// Whether the pipeline's stages share out `layers` as if the model had no others, or each layer
  /// stays in the stage that holds it in the whole model.
  public var sharesOutLayers = false
  /// Tokens that each rank routes in one micro-batch.
  public var tokensPerRank: Int
  /// Zipf exponent of the experts' popularity: 0 is even; 1 gives Mixtral's hottest expert 30 %.
  public var skew = 1.0
  /// Share of a rank's choices that follow its planted affinity to one expert-parallel rank, 0 … 1.
  public var pairAffinity = 0.2
  /// Expert-parallel ranks of a planted region: affinities then lie evenly on the experts of a
  /// source's own region, in every layer and iteration; nil leaves them with single partners.
  public var plantedRegion: Int?
  /// Whether the members of planted regions are drawn by the seed, so that no region lies in order.
  ///
  /// The ranks of one server stay together where whole servers make up a region.
  public var hidesRegions = false
  /// Experts of each layer that are planted to be hot, 0 … all.
  public var hotExperts = 0
  /// How many times as many tokens choose a hot expert as would without: 1 … 1,000.
  public var hotFactor = 4.0
  /// Share of experts (and of affinities) that trade places from one iteration to the next, 0 … 1.
  public var drift = 0.1
  /// Iterations after which popularity and affinities come back as they were; nil for never.
  public var period: Int?
  /// Iterations from which popularity and affinities are drawn anew, ascending.
  public var changePoints: [Int] = []
  public var seed: UInt64 = 1

  /// A plan for any model and layout; all layers.
  public init(model: ExpertModel, layout: Layout, tokensPerRank: Int) {
    self.model = model
    self.layout = layout
    self.tokensPerRank = tokensPerRank
    layers = Array(0..<max(0, model.layerCount))
  }

  /// A plan for a preset.
  ///
  /// With fewer tokens per rank each one stands for several of the preset's: bytes and compute keep
  /// the scale of production while files stay small.
  public init(preset: ModelPreset, tokensPerRank: Int? = nil) {
    self.init(
      model: preset.model, layout: preset.layout,
      tokensPerRank: tokensPerRank ?? preset.tokensPerRank)
    model.tokensPerLoggedToken = max(1, preset.tokensPerRank / max(1, self.tokensPerRank))
  }

  /// Throws when the plan cannot be carried out.
  public func validate() throws(SynthesisError) {
    if let defect = layout.defect { throw SynthesisError(defect, at: "layout") }
    if let defect = model.defect { throw SynthesisError(defect, at: "model") }
    let parallel = layout.parallelism.expert
    guard iterations >= 1 else {
      throw SynthesisError("\(iterations) must be 1 or more", at: "iterations")
    }
    let problems: [(Bool, String, String)] = [
      (microBatches < 1, "micro-batches", "\(microBatches) must be 1 or more"),
      (tokensPerRank < 1, "tokens per rank", "\(tokensPerRank) must be 1 or more"),
      (layers.isEmpty, "layers", "no layer is named"),
      (
        zip(layers, layers.dropFirst()).contains { $0 >= $1 }
          || !layers.allSatisfy { (0..<model.layerCount).contains($0) },
        "layers", "they must ascend and lie in 0 ..< \(model.layerCount)"
      ),
      (
        sharesOutLayers && layers.count < layout.parallelism.pipeline, "layers",
        "\(layers.count) cannot be divided over \(layout.parallelism.pipeline) pipeline stages"
      ),
      (
        model.topK < 1 || model.topK > model.expertCount, "model",
        "\(model.topK) of \(model.expertCount) experts cannot be chosen"
      ),
      (
        model.expertCount % parallel != 0, "model",
        "\(model.expertCount) experts cannot be divided evenly among \(parallel) ranks"
      ),
      (!(0...8).contains(skew), "skew", "\(skew) is outside 0 … 8"),
      (!(0...1).contains(pairAffinity), "pair affinity", "\(pairAffinity) is outside 0 … 1"),
      (!(0...1).contains(drift), "drift", "\(drift) is outside 0 … 1"),
    ]
    for (isWrong, place, words) in problems + plantedProblems where isWrong {
      throw SynthesisError(words, at: place)
    }
    try validateSize()
  }

  /// Throws when the plan would need more memory, or larger numbers, than any machine has.
  private func validateSize() throws(SynthesisError) {
    let parallelism = layout.parallelism
    let groups = parallelism.expertGroupCount / parallelism.pipeline
    let widest = Phase.allToAlls.map { model.bytesPerToken[$0] }.max() ?? 0
    let sizes: [(words: String, factors: [Int], limit: Int)] = [
      (
        "all-to-alls", [iterations, microBatches, layers.count, groups, Phase.allToAlls.count],
        Int(Int32.max) - 1
      ),
      (
        "experts in the gate's schedule",
        [iterations, layers.count, model.expertCount + parallelism.expert], 1 << 28
      ),
      ("choices of a rank in one micro-batch", [tokensPerRank, model.topK], 1 << 27),
      (
        "tokens in one micro-batch", [tokensPerRank, layers.count, parallelism.stageRankCount],
        1 << 28
      ),
      (
        "bytes in one all-to-all",
        [
          parallelism.stageRankCount, tokensPerRank, model.topK, max(1, widest),
          model.tokensPerLoggedToken,
        ], 1 << 61
      ),
      ("addresses of NICs", [layout.serverCount, layout.nicsPerServer], 1 << 20),
    ]
    for size in sizes where Self.product(size.factors, isAbove: size.limit) {
      throw SynthesisError(
        "more than \(size.limit) \(size.words)", at: "plan",
        advice: "Synthesise fewer of them: "
          + "\(size.factors.map(String.init).joined(separator: " × ")) are asked for.")
    }
    guard layout.serverCount <= 65_536, layout.nicsPerServer <= 256 else {
      throw SynthesisError(
        "addresses 10.x.x.x are too few for the layout", at: "layout",
        advice: "65,536 servers of 256 NICs are the limit.")
    }
  }

  private static func product(_ factors: [Int], isAbove limit: Int) -> Bool {
    var product = 1
    for factor in factors {
      let (next, overflows) = product.multipliedReportingOverflow(by: factor)
      if overflows || next > limit { return true }
      product = next
    }
    return false
  }

  /// The pipeline stage that holds a layer: layers are divided evenly in their order.
  ///
  /// O(layers).
  public func stage(ofLayer layer: Int) -> Int {
    let stages = layout.parallelism.pipeline
    let count = sharesOutLayers ? layers.count : model.layerCount
    let place = sharesOutLayers ? layers.firstIndex(of: layer) ?? 0 : layer
    return min(stages - 1, place * stages / max(1, count))
  }

  /// The ranks that route a layer's tokens, ascending.
  func ranks(ofLayer layer: Int) -> Range<Int> {
    let count = layout.parallelism.stageRankCount
    let first = stage(ofLayer: layer) * count
    return first..<first + count
  }

  /// The layout with an address for every NIC, 10.<server ÷ 256>.<server mod 256>.<nic>: what a
  /// capture of the plan needs to be attributed.
  public var addressedLayout: Layout {
    guard layout.addresses.isEmpty else { return layout }
    var result = layout
    for server in 0..<layout.serverCount {
      for nic in 0..<layout.nicsPerServer {
        result.addresses.append(
          NICAddress(text: "10.\(server / 256).\(server % 256).\(nic)", server: server, nic: nic))
      }
    }
    return result
  }

  /// The parameters in one line, to be printed and stored beside every result.
  public var summary: String {
    "synthetic: \(model.name), \(iterations) iterations × "
      + "\(microBatches) micro-batch\(microBatches == 1 ? "" : "es") × "
      + "\(layers.count) layers, \(tokensPerRank) tokens per rank (each stands for "
      + "\(model.tokensPerLoggedToken)), skew \(skew), pair affinity "
      + "\(pairAffinity), planted region "
      + "\(plantedRegion.map(String.init) ?? "none"), drift \(drift)\(plantedWords), seed \(seed)"
  }
}
