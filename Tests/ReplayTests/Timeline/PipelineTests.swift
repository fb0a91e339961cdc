import Replay
import Testing
import TraceModel

/// Stages of a pipeline that take their micro-batches one forward, one backward (1F1B).
@Suite struct PipelineTests {
  static let forward = 300.0
  static let backward = 500.0

  /// Two servers and one layer in each stage, equal compute everywhere, next to no bytes.
  static func workload(stages: Int, microBatches: Int) -> Workload {
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for stage in 0..<stages {
      let ends = [Int32(2 * stage), Int32(2 * stage + 1)]
      let demand = demands.append(source: ends, destination: ends.reversed(), amount: [1, 1])
      for microBatch in 0..<microBatches {
        for phase in Phase.allToAlls {
          let compute =
            phase == .dispatchForward ? forward : phase == .combineBackward ? backward : 0
          steps.append(
            .init(
              operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
              iteration: 0, microBatch: Int32(microBatch), stage: Int32(stage),
              layer: Int32(stage), group: Int32(stage), demand: demand,
              isTransposed: phase.runsFromExperts, computeBeforeNanoseconds: compute))
        }
      }
    }
    return Workload(
      grain: .server,
      layout: Layout(
        serverCount: 2 * stages, gpusPerServer: 1,
        parallelism: Parallelism(expert: 2, pipeline: stages, data: 2)),
      model: ExpertModel(
        name: "equal stages", layerCount: stages, expertCount: 2, topK: 1, hiddenSize: 1,
        sizes: TrainingSizes(
          microBatchTokens: 1, denseParametersPerLayer: 0, parametersPerExpert: 0)),
      demands: demands, steps: sortedAsTheyRun(steps, stageCount: stages))
  }

  static let unlimited = FabricSpecification(
    name: "unlimited", summary: "a network that takes no time", nicsPerServer: 1,
    nicBitsPerSecond: 1e24, scaleUpBitsPerSecond: 1e24)

  /// Narayanan et al., SC 2021, section 2.2.1: (p − 1)(forward + backward) of bubble in m of work.
  @Test(arguments: [(1, 3), (2, 1), (2, 4), (4, 8), (4, 2), (8, 16)])
  func stagesIdleForTheBubbleOnceTheySendToEachOther(stages: Int, microBatches: Int) throws {
    let apart = Self.workload(stages: stages, microBatches: microBatches)
    let joined = try apart.addingDeclaredTraffic()
    #expect(
      joined.steps.count { $0.role == .pipeline } == 2 * (stages - 1) * microBatches)
    let work = Double(microBatches) * (Self.forward + Self.backward)
    let result = try replay(joined, on: Self.unlimited)
    let idle = 1 - work / result.completionNanoseconds
    let bubble = Double(stages - 1) / Double(microBatches + stages - 1)
    #expect(abs(idle - bubble) < 1e-9)
    #expect(result.total.percentOfBound <= 100 + 1e-7)
    // Nothing else joins the stages.
    let free = try replay(apart, on: Self.unlimited).completionNanoseconds
    #expect(abs(free - work) < 1e-9 * work)
  }

  @Test func noStageHoldsMoreMicroBatchesThanThereAreStagesFromItOn() throws {
    let (stages, microBatches) = (4, 9)
    let joined = try Self.workload(stages: stages, microBatches: microBatches)
      .addingDeclaredTraffic()
    let phases = try replay(joined, on: Self.unlimited).phases
    for stage in 0..<stages {
      let own = phases.filter { $0.role == .expert && $0.layer == Int32(stage) }
      let forward = own.filter { $0.phase == .dispatchForward }
      let backward = own.filter { $0.phase == .dispatchBackward }
      #expect(forward.count == microBatches && backward.count == microBatches)
      for begun in forward {
        // A start is when its compute has passed.
        let start = begun.startNanoseconds - Self.forward
        let held =
          forward.count { $0.startNanoseconds - Self.forward <= start + 1e-6 }
          - backward.count { $0.startNanoseconds <= start + 1e-6 }
        #expect(held <= stages - stage)
      }
    }
  }
}
