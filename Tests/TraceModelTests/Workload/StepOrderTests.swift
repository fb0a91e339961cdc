import Testing
import TraceModel

@Suite struct StepOrderTests {
  private func passes(_ steps: [Workload.Step], stage: Int32) -> String {
    var words: [String] = []
    for step in steps where step.stage == stage {
      let word = (step.phase.isBackward ? "B" : "F") + String(step.microBatch)
      if words.last != word { words.append(word) }
    }
    return words.joined(separator: " ")
  }

  @Test func stagesTakeTheirMicroBatchesOneForwardOneBackward() throws {
    let workload = try Workload(
      trace: pipelinedTrace(pipelinedLayout, layers: 4, microBatches: 3, iterations: 2))
    let first = workload.steps.filter { $0.iteration == 0 }
    #expect(passes(first, stage: 0) == "F0 F1 B0 F2 B1 B2")
    #expect(passes(first, stage: 1) == "F0 B0 F1 B1 F2 B2")
    #expect(workload.steps.map(\.iteration) == workload.steps.map(\.iteration).sorted())
    let forward = first.filter { $0.microBatch == 1 && $0.stage == 1 && $0.group == 4 }
    #expect(
      forward.map { "\($0.layer) \($0.phase.name)" } == [
        "2 dispatch-forward", "2 combine-forward", "3 dispatch-forward", "3 combine-forward",
        "3 combine-backward", "3 dispatch-backward", "2 combine-backward", "2 dispatch-backward",
      ])
  }

  @Test func aPassOfOneStageStandsInOnePiece() throws {
    let steps = try Workload(
      trace: pipelinedTrace(pipelinedLayout, layers: 4, microBatches: 5)
    ).steps
    var seen = Set<[Int32]>()
    var last: [Int32] = []
    for step in steps {
      let pass = [step.microBatch, step.stage, step.phase.isBackward ? 1 : 0]
      if pass != last { #expect(seen.insert(pass).inserted) }
      last = pass
    }
    #expect(seen.count == 5 * 2 * 2)
  }

  @Test func recordedTimesDecideWhereAllAreKnown() throws {
    var trace = pipelinedTrace(pipelinedLayout, layers: 2, microBatches: 3)
    for row in trace.operations.rows.indices {
      trace.operations.rows[row].start = Int64(1_000 - row)
      trace.operations.rows[row].end = Int64(1_001 - row)
    }
    let starts = try Workload(trace: trace).steps.map(\.start)
    #expect(starts == starts.sorted())
  }

  @Test func unknownStagesAreOneStage() throws {
    var trace = pipelinedTrace(pipelinedLayout, layers: 2, microBatches: 2)
    for row in trace.operations.rows.indices {
      trace.operations.rows[row].stage = Operation.unknown
    }
    let steps = try Workload(trace: trace).steps
    #expect(passes(steps, stage: Operation.unknown) == "F0 B0 F1 B1")
  }
}
