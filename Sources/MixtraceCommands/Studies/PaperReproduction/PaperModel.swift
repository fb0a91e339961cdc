internal import TraceModel
internal import TraceSynthesis

/// A model of the published table on its 1,024 GPUs.
///
/// The lanes of a tensor-parallel group send equal bytes to equal places, so they are one end here: a
/// server of 8 GPUs with TP 4 has two ends with four NICs each. Tensor-parallel traffic itself stays
/// on the scale-up links of all fabrics alike and is part of the fitted compute.
struct PaperModel: Sendable {
  /// As the table spells it.
  var name: String
  var preset: ModelPreset
  /// Tensor-parallel ranks that one end stands for.
  var lanes: Int
  /// Replicas on all 1,024 GPUs.
  var replicaCount: Int
  /// Expert-parallel ends of a group.
  var expert: Int
  private var pipeline: Int
  var model: ExpertModel

  static let gpuCount = 1_024
  static let gpusPerServer = 8

  /// The models of the table; names that it spells otherwise are not known.
  static let all = [
    PaperModel("Mixtral 8*22B", .mixtral8x22B, tensor: 8, expert: 8, pipeline: 8),
    PaperModel("Mixtral 8*7B", .mixtral8x7B, tensor: 4, expert: 8, pipeline: 4),
    PaperModel("Llama-MoE", .llamaMoE, tensor: 1, expert: 16, pipeline: 4),
    // MixNet, section 7.1: simulated with 32 experts on 32 ranks instead of the 64 of the model.
    PaperModel("Qwen-MoE", .qwenMoE, tensor: 1, expert: 32, pipeline: 4, expertCount: 32),
  ]

  /// The model that the table calls by a name; throws with the known names.
  static func named(_ name: String) throws -> PaperModel {
    guard let model = all.first(where: { $0.name == name }) else {
      throw VerbError(
        "the table has a model \"\(name)\"; known: \(all.map(\.name).joined(separator: ", "))")
    }
    return model
  }

  private init(
    _ name: String, _ preset: ModelPreset, tensor: Int, expert: Int, pipeline: Int,
    expertCount: Int? = nil
  ) {
    self.name = name
    self.preset = preset
    lanes = tensor
    self.expert = expert
    self.pipeline = pipeline
    replicaCount = Self.gpuCount / (tensor * expert * pipeline)
    model = preset.model
    model.expertCount = expertCount ?? model.expertCount
  }

  /// How many replicas are replayed where some were asked for: no more than there are, nil for all.
  func replicasReplayed(_ asked: Int?) -> Int { min(replicaCount, max(1, asked ?? replicaCount)) }

  /// The servers of some replicas, with lanes folded into ends.
  func layout(replicas: Int) -> Layout {
    let gpus = lanes * expert * pipeline * replicas
    return Layout(
      serverCount: gpus / Self.gpusPerServer, gpusPerServer: Self.gpusPerServer / lanes,
      nicsPerServer: Self.gpusPerServer,
      parallelism: Parallelism(expert: expert, pipeline: pipeline, data: expert * replicas))
  }

  /// Layers of one pipeline stage: as many times longer the whole iteration takes than a replayed one.
  var layersPerStage: Int { model.layerCount / pipeline }

  /// The model with one layer in each stage, and sizes with which the rings of some replicas carry per
  /// end what those of all carry: an all-reduce over N sends 2(N − 1)/N of its size.
  func replayedModel(replicas: Int) -> ExpertModel {
    var model = model
    model.layerCount = pipeline
    guard var sizes = model.sizes else { return model }
    func share(_ count: Int) -> Double { Double(count - 1) / Double(count) }
    func scaled(_ parameters: Int, by factor: Double) -> Int {
      Int((Double(parameters) * factor).rounded())
    }
    let once = 1 / Double(layersPerStage)
    var (dense, experts) = (1.0, 1.0)
    if replicas > 1, replicas < replicaCount {
      dense = share(expert * replicaCount) / share(expert * replicas)
      experts = share(replicaCount) / share(replicas)
    }
    sizes.microBatchTokens = scaled(sizes.microBatchTokens, by: once)
    sizes.denseParametersPerLayer = scaled(sizes.denseParametersPerLayer, by: dense)
    sizes.embeddingParameters = scaled(sizes.embeddingParameters, by: dense * once)
    sizes.parametersPerExpert = scaled(sizes.parametersPerExpert, by: experts)
    model.sizes = sizes
    return model
  }

  /// Tokens of a micro-batch that each end routes: micro-batch 8 × sequence 4,096 (table 1).
  var tokensPerEnd: Int { model.sizes?.microBatchTokens ?? 0 }
}
