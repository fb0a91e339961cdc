import Testing
import TraceModel

@Suite struct PipelineOrderTests {
  private func words(stage: Int, of stages: Int, microBatches: Int) -> String {
    PipelineOrder.passes(ofStage: stage, stageCount: stages, microBatchCount: microBatches)
      .map { ($0.isBackward ? "B" : "F") + String($0.microBatch) }
      .joined(separator: " ")
  }

  /// Four stages, eight micro-batches: Narayanan and others, SC 2021, figure 4.
  @Test func stagesWarmUpThenAlternateThenDrain() {
    let all = (0..<4).map { words(stage: $0, of: 4, microBatches: 8) }
    #expect(all[0] == "F0 F1 F2 F3 B0 F4 B1 F5 B2 F6 B3 F7 B4 B5 B6 B7")
    #expect(all[1] == "F0 F1 F2 B0 F3 B1 F4 B2 F5 B3 F6 B4 F7 B5 B6 B7")
    #expect(all[2] == "F0 F1 B0 F2 B1 F3 B2 F4 B3 F5 B4 F6 B5 F7 B6 B7")
    #expect(all[3] == "F0 B0 F1 B1 F2 B2 F3 B3 F4 B4 F5 B5 F6 B6 F7 B7")
    #expect(words(stage: 0, of: 4, microBatches: 2) == "F0 F1 B0 B1")
    #expect(words(stage: 0, of: 1, microBatches: 2) == "F0 B0 F1 B1")
    #expect(words(stage: 0, of: 3, microBatches: 0) == "")
  }

  @Test(arguments: [(1, 3), (2, 1), (3, 2), (4, 8), (8, 8), (5, 13)])
  func sortingBySlotsGivesEveryStagesOrder(stages: Int, microBatches: Int) {
    for stage in 0..<stages {
      let passes = PipelineOrder.passes(
        ofStage: stage, stageCount: stages, microBatchCount: microBatches)
      #expect(Set(passes).count == 2 * microBatches)
      let slots = passes.map { PipelineOrder.slot(of: $0, inStage: stage, stageCount: stages) }
      #expect(zip(slots, slots.dropFirst()).allSatisfy { $0 < $1 }, "\(slots)")
    }
  }

  @Test(arguments: [(2, 4), (4, 8), (8, 3)])
  func noPassStandsBeforeItsInput(stages: Int, microBatches: Int) {
    func slot(_ stage: Int, _ microBatch: Int, _ isBackward: Bool) -> Int {
      PipelineOrder.slot(
        of: PipelinePass(microBatch: microBatch, isBackward: isBackward), inStage: stage,
        stageCount: stages)
    }
    for microBatch in 0..<microBatches {
      for stage in 1..<stages {
        #expect(slot(stage - 1, microBatch, false) < slot(stage, microBatch, false))
        #expect(slot(stage, microBatch, true) < slot(stage - 1, microBatch, true))
      }
      #expect(slot(stages - 1, microBatch, false) < slot(stages - 1, microBatch, true))
    }
  }
}
