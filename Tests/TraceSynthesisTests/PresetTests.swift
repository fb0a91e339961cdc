import Testing
import TraceModel
import TraceSynthesis

@Suite struct PresetTests {
  @Test(arguments: ModelPreset.all)
  func everyPresetFitsItsLayout(preset: ModelPreset) throws {
    #expect(preset.layout.defect == nil)
    #expect(preset.model.expertCount % preset.layout.parallelism.expert == 0)
    try SynthesisPlan(preset: preset).validate()
    #expect(try ModelPreset.named(preset.name) == preset)
    #expect(preset.model.compute.expertForwardNanoseconds > 0)
    #expect(preset.model.compute.referenceTokensPerRank == preset.tokensPerRank)
  }

  @Test func publishedSizesOfTheLayoutsHold() {
    #expect(ModelPreset.mixtral8x7B.layout.rankCount == 128)
    #expect(ModelPreset.mixtral8x7B.layout.parallelism.expertGroupCount == 4 * 4)
    #expect(ModelPreset.mixtral8x22B.layout.rankCount == 1024)
    #expect(ModelPreset.deepSeekV3.layout.rankCount == 1024)
    #expect(ModelPreset.mixtral8x7B.tokensPerRank * 4 == 32_768)
  }

  @Test func chosenLayersAreDividedOverTheStagesWhenAskedFor() throws {
    var plan = SynthesisPlan(preset: .mixtral8x7B)
    plan.layers = [0, 1, 2, 5, 6]
    #expect(plan.layers.map { plan.stage(ofLayer: $0) } == [0, 0, 0, 0, 0])
    plan.sharesOutLayers = true
    #expect(plan.layout.parallelism.pipeline == 4)
    #expect(plan.layers.map { plan.stage(ofLayer: $0) } == [0, 0, 1, 2, 3])
    try plan.validate()
    plan.layers = [0, 1, 2]
    #expect(throws: SynthesisError.self) { try plan.validate() }
    plan.layers = Array(0..<plan.model.layerCount)
    let shared = plan.layers.map { plan.stage(ofLayer: $0) }
    plan.sharesOutLayers = false
    #expect(shared == plan.layers.map { plan.stage(ofLayer: $0) })
  }

  @Test func deepSeekDispatchesInEightBitsWithScales() {
    let bytes = ModelPreset.deepSeekV3.model.bytesPerToken
    #expect(bytes.dispatchForward == 7168 + 56 * 4)
    #expect(bytes.combineForward == 14_336)
    // 0.516 of BF16, as measured in practice.
    #expect(Double(bytes.dispatchForward) / Double(bytes.combineForward) == 0.515625)
  }

  @Test func mixtralsComputeIsNearTheProfile() {
    let compute = ModelPreset.mixtral8x7B.model.compute
    #expect(compute.expertForwardNanoseconds > 25e6 && compute.expertForwardNanoseconds < 35e6)
    #expect(compute.expertBackwardNanoseconds == 2 * compute.expertForwardNanoseconds)
  }

  /// Billions of parameters that the model cards name; DeepSeek-V3's 671 include three dense layers
  /// and a prediction module that the preset leaves out.
  @Test(arguments: [
    ("mixtral-8x7b", 46.7), ("mixtral-8x22b", 140.6), ("llama-moe", 6.7), ("qwen-moe", 14.3),
    ("deepseek-v3", 669),
  ])
  func declaredSizesAddUpToTheModel(name: String, billions: Double) throws {
    let model = try ModelPreset.named(name).model
    let sizes = try #require(model.sizes)
    let perLayer = sizes.denseParametersPerLayer + model.expertCount * sizes.parametersPerExpert
    let all = model.layerCount * perLayer + 2 * sizes.embeddingParameters
    #expect(abs(Double(all) / 1e9 / billions - 1) < 0.01, "\(all)")
  }

  /// Production measured 60 % tensor to 30 % expert traffic (MixNet, section 3).
  @Test func mixtralsRanksTalkTwiceAsMuchToTensorAsToExpertPartners() throws {
    var plan = SynthesisPlan(preset: .mixtral8x7B, tokensPerRank: 64)
    plan.layers = [0, 8, 16, 24]
    plan.iterations = 1
    (plan.skew, plan.pairAffinity) = (0, 0)
    var buffer = TraceBuffer()
    let metadata = try synthesiseTrace(plan, into: &buffer)
    let full = try Workload(
      trace: Trace(
        metadata: metadata, operations: buffer.operations, routing: buffer.routing), grain: .rank
    ).addingDeclaredTraffic(DeclaredTraffic(hasPipeline: false, hasData: false))
    func bytes(_ role: Role) -> Double {
      Double(full.matrix(of: full.steps.filter { $0.role == role }).withoutDiagonal.total)
    }
    #expect(abs(bytes(.tensor) / (bytes(.tensor) + bytes(.expert)) - 0.63) < 0.01)
  }

  @Test func unknownNamesListTheKnownOnes() {
    let error = #expect(throws: SynthesisError.self) { try ModelPreset.named("mixtral") }
    #expect(error?.description.contains("mixtral-8x7b") == true)
  }

  @Test func fewerTokensStandForAsManyBytesAndAsMuchCompute() {
    let preset = ModelPreset.qwenMoE
    let plan = SynthesisPlan(preset: preset, tokensPerRank: preset.tokensPerRank / 8)
    #expect(plan.model.tokensPerLoggedToken == 8)
    #expect(plan.model.compute == preset.model.compute)
    #expect(
      plan.model.bytesPerLoggedToken(in: .dispatchForward)
        == preset.model.bytesPerLoggedToken(in: .dispatchForward) * 8)
  }

  @Test func plansThatCannotBeCarriedOutAreRefused() {
    let changes: [(inout SynthesisPlan) -> Void] = [
      { $0.iterations = 0 }, { $0.layers = [] }, { $0.layers = [2, 1] }, { $0.layers = [4] },
      { $0.tokensPerRank = 0 }, { $0.model.topK = 9 }, { $0.model.expertCount = 6 },
      { $0.skew = -1 }, { $0.drift = 2 }, { $0.pairAffinity = .nan }, { $0.layout.serverCount = 3 },
      // What would overflow or fill any memory.
      { $0.iterations = Int.max }, { $0.microBatches = Int.max }, { $0.tokensPerRank = Int.max },
      { $0.iterations = 1 << 40 }, { $0.tokensPerRank = 1 << 27 },
      { $0.layout = Layout(serverCount: 1 << 40, gpusPerServer: 1 << 40) },
      { $0.layout = Layout(serverCount: 100_000, gpusPerServer: 1) },
      { $0.model.tokensPerLoggedToken = Int.max },
      {
        $0.model.tokensPerLoggedToken = 1_000_000_000
        $0.model.bytesPerToken = PhaseBytes(all: 4_000_000)
      },
    ]
    for change in changes {
      var plan = smallPlan()
      change(&plan)
      #expect(throws: SynthesisError.self) { try plan.validate() }
    }
  }
}
