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
