import Testing
import TraceModel

@Suite struct DeclaredTrafficTests {
  /// 3 tokens of 8 values of 2 bytes: 48 bytes of activations.
  private let sizes = TrainingSizes(
    microBatchTokens: 3, denseParametersPerLayer: 1_000, parametersPerExpert: 300,
    embeddingParameters: 50)

  private func workload(
    _ layout: Layout = pipelinedLayout, grain: Grain = .rank, microBatches: Int = 3
  ) throws -> Workload {
    try Workload(
      trace: pipelinedTrace(layout, layers: 4, microBatches: microBatches, sizes: sizes),
      grain: grain)
  }

  @Test func ringsMoveTwoNMinusOneNthsOfTheSize() {
    var random = RandomStream(seed: 5)
    for _ in 0..<500 {
      let (bytes, count) = (random.below(100_000), 1 + random.below(40))
      let expected = (2 * (count - 1) * bytes + count - 1) / count
      #expect(RingLowering.allReduceBytes(Int64(bytes), count: count) == Int64(expected))
    }
    #expect(RingLowering.allReduceBytes(1 << 60, count: 2) == 1 << 60)
  }

  @Test func ringsOfMegatronsGroupsCloseOnThemselves() {
    let parallelism = Parallelism(tensor: 2, expert: 2, pipeline: 2, data: 4)
    func ring(_ stride: Int, _ count: Int) -> [Int: Int] {
      var next: [Int: Int] = [:]
      RingLowering.forEachNeighbour(
        inStage: 1, of: parallelism, stride: stride, count: count
      ) { next[$0] = $1 }
      return next
    }
    #expect(ring(1, 2) == [8: 9, 9: 8, 10: 11, 11: 10, 12: 13, 13: 12, 14: 15, 15: 14])
    #expect(ring(2, 4) == [8: 10, 10: 12, 12: 14, 14: 8, 9: 11, 11: 13, 13: 15, 15: 9])
    // Expert-data partners: one expert group of four ranks further on.
    #expect(ring(4, 2) == [8: 12, 12: 8, 9: 13, 13: 9, 10: 14, 14: 10, 11: 15, 15: 11])
    #expect(ring(1, 1).isEmpty)
  }

  @Test func bytesOfEachRoleFollowFromTheSizes() throws {
    let plain = try workload()
    let full = try plain.addingDeclaredTraffic()
    #expect(full.bytes(of: .expert) == plain.bytes(of: .expert))
    // 48 bytes over 2 ranks: 2·(1/2)·48 from each of 16 ranks, 2 layers a stage, 2 passes, 3 batches.
    #expect(full.bytes(of: .tensor) == 48 * 16 * 2 * 2 * 3)
    // Half of 48 bytes from each of 8 ranks, forward and backward, 3 batches.
    #expect(full.bytes(of: .pipeline) == 24 * 8 * 2 * 3)
    // Dense: 2 layers and one table over 2 lanes, 2 bytes each, over 4 ranks; experts: 2 layers of 1
    // expert over 2 lanes, over 2 ranks.
    let dense = ((2 * 1_000 + 50) / 2 * 2) * 2 * 3 / 4
    let experts = (2 * 300 / 2 * 2) * 2 * 1 / 2
    #expect(full.bytes(of: .data) == Int64((dense + experts) * 16))
  }

  @Test func serversCarryWhatTheirRanksDo() throws {
    let ranks = try workload().addingDeclaredTraffic()
    let servers = try workload(grain: .server).addingDeclaredTraffic()
    for role in Role.allCases {
      let steps = ranks.steps.filter { $0.role == role }
      #expect(
        ranks.matrix(of: steps, at: .server)
          == servers.matrix(of: servers.steps.filter { $0.role == role }), "\(role.name)")
    }
    // Tensor-parallel ranks share a server, so nothing of theirs leaves it.
    let tensor = servers.matrix(of: servers.steps.filter { $0.role == .tensor })
    #expect(tensor.withoutDiagonal.total == 0 && tensor.total > 0)
  }

  @Test func everyStageHasItsInputBeforeAPassAndReducesAfterTheLast() throws {
    let full = try workload(microBatches: 4).addingDeclaredTraffic()
    for stage in 0..<2 {
      let ranks = pipelinedLayout.parallelism.stageRankCount
      // What the stage's ranks take part in, in the order of their program.
      let own = full.steps.filter { step in
        var takesPart = false
        full.forEachPair(of: step) { source, destination, _ in
          takesPart = takesPart || source / ranks == stage || destination / ranks == stage
        }
        return takesPart
      }
      var received = Set<[Int32]>()
      var isReducing = false
      for step in own {
        let isBackward: Int32 = step.phase.isBackward ? 1 : 0
        switch step.role {
        case .pipeline:
          full.forEachPair(of: step) { source, destination, _ in
            guard destination / ranks == stage else { return }
            received.insert([step.microBatch, source / ranks > stage ? 1 : 0])
          }
        case .expert:
          let isFirst = stage == (isBackward == 1 ? 1 : 0)
          #expect(isFirst || received.contains([step.microBatch, isBackward]))
          #expect(!isReducing)
        case .tensor: #expect(!isReducing)
        case .data: isReducing = true
        case .other: Issue.record("nothing else was added")
        }
      }
      #expect(isReducing)
      #expect(received.count == 4)
    }
  }

  /// A stage that starts to work in the slot in which it sends must not send after that work.
  @Test func whatAStageSendsStandsBeforeItsNextPass() throws {
    let full = try workload(microBatches: 4).addingDeclaredTraffic()
    let program = full.steps.filter {
      $0.role == .pipeline || ($0.role == .expert && $0.stage == 0)
    }
    for microBatch in 0..<4 as Range<Int32> {
      let sent = try #require(
        program.firstIndex {
          $0.role == .pipeline && $0.stage == 1 && $0.microBatch == microBatch
        })
      let before = program[..<sent].last { $0.role == .expert }
      #expect(before?.microBatch == microBatch && before?.phase == .combineForward)
    }
  }

  @Test func aPassThatDependenciesInterruptReceivesAndReducesOnce() throws {
    var trace = pipelinedTrace(pipelinedLayout, layers: 4, microBatches: 3, sizes: sizes)
    let plain = try Workload(trace: trace).addingDeclaredTraffic()
    func forward(_ phase: Phase, ofBatch microBatch: Int32) -> [Int32] {
      trace.operations.rows.filter { $0.phase == phase && $0.microBatch == microBatch }.map(\.id)
    }
    let dispatches = forward(.dispatchForward, ofBatch: 1)
    for combine in forward(.combineForward, ofBatch: 0) {
      for dispatch in dispatches {
        trace.operations.dependencies.append(.init(operation: combine, predecessor: dispatch))
      }
    }
    let interrupted = try Workload(trace: trace).addingDeclaredTraffic()
    let passes = interrupted.steps.filter { $0.role == .expert && $0.stage == 0 }
      .map { [$0.microBatch, $0.phase.isBackward ? 1 : 0] }
    let changes = zip(passes, passes.dropFirst()).filter { $0 != $1 }.count
    #expect(changes > Set(passes).count - 1, "some pass is interrupted")
    for role in Role.allCases {
      #expect(interrupted.bytes(of: role) == plain.bytes(of: role), "\(role.name)")
    }
  }

  @Test func overlappedReductionsMoveTheSameBytesAfterTheirLayersLastPass() throws {
    let plain = try workload()
    let together = try plain.addingDeclaredTraffic()
    let apart = try plain.addingDeclaredTraffic(DeclaredTraffic(overlapsBackward: true))
    #expect(apart.bytes(of: .data) == together.bytes(of: .data))
    #expect(together.steps.allSatisfy { $0.predecessors.isEmpty })
    let reductions = apart.steps.filter { $0.role == .data }
    // Dense and experts of each of four layers.
    #expect(reductions.count == 8)
    let byID = Dictionary(uniqueKeysWithValues: apart.steps.map { ($0.operation, $0) })
    var layers = Set<Int32>()
    for step in reductions {
      #expect(step.predecessors == step.predecessors.sorted() && !step.predecessors.isEmpty)
      for id in step.predecessors {
        let last = try #require(byID[id])
        #expect(last.phase == .dispatchBackward && last.microBatch == 2)
        #expect(last.stage == step.stage)
        layers.insert(last.layer)
      }
    }
    #expect(layers == [0, 1, 2, 3])
    #expect(apart.steps.filter { $0.role == .expert }.allSatisfy { $0.predecessors.isEmpty })
  }

  @Test func workloadsThatCannotBeCompletedAreRefused() throws {
    let plain = try workload()
    let full = try plain.addingDeclaredTraffic()
    #expect(throws: WorkloadError.self) { try full.addingDeclaredTraffic() }
    let unsized = try Workload(trace: pipelinedTrace(pipelinedLayout, layers: 4, microBatches: 1))
    let error = #expect(throws: WorkloadError.self) { try unsized.addingDeclaredTraffic() }
    #expect(error?.description.contains("sizes are not declared") == true)
    var steps = plain.steps
    steps[3].start = 7
    let timed = Workload(
      grain: .rank, layout: plain.layout, model: plain.model, demands: plain.demands, steps: steps)
    #expect(throws: WorkloadError.self) { try timed.addingDeclaredTraffic() }
    steps[3].start = Operation.unknownTime
    steps[3].stage = Operation.unknown
    let unplaced = Workload(
      grain: .rank, layout: plain.layout, model: plain.model, demands: plain.demands, steps: steps)
    #expect(throws: WorkloadError.self) { try unplaced.addingDeclaredTraffic() }
  }
}
