import Testing
import TraceModel

@Suite struct ExpertPlacementTests {
  /// 2 servers × 4 GPUs, one expert group of 8 ranks.
  private let layout = Layout(serverCount: 2, gpusPerServer: 4)

  private func placement(_ slots: [Int32], experts: Int = 8, layer: Int32 = 3) throws
    -> ExpertPlacement
  {
    try ExpertPlacement(
      expertCount: experts,
      layers: [ExpertPlacement.LayerSlots(layer: layer, experts: slots)], on: layout)
  }

  @Test func contiguousSlotsAreContiguousBlocks() throws {
    let blocks = try ExpertPlacement(contiguousBlocksOf: 16, on: layout)
    let slots = try placement(ExpertPlacement.contiguousSlots(of: 16), experts: 16)
    for source in 0..<8 {
      for expert in 0..<16 {
        #expect(blocks.rank(ofExpert: expert, from: source) == expert / 2)
        #expect(slots.rank(ofExpert: expert, layer: 3, from: source) == expert / 2)
      }
    }
  }

  @Test func onlyTheLayersThatAreNamedAreMoved() throws {
    let placed = try placement([7, 6, 5, 4, 3, 2, 1, 0])
    #expect(placed.rank(ofExpert: 0, layer: 3, from: 2) == 7)
    for layer: Int32 in [-1, 0, 2, 4, 9_999] {
      #expect(placed.rank(ofExpert: 0, layer: layer, from: 2) == 0)
    }
  }

  @Test func operationsThatKnowNoLayerArePlacedTogether() throws {
    let placed = try placement([7, 6, 5, 4, 3, 2, 1, 0], layer: -1)
    #expect(placed.rank(ofExpert: 0, from: 2) == 7)
    for layer: Int32 in [0, 1, 9_999] {
      #expect(placed.rank(ofExpert: 0, layer: layer, from: 2) == 0)
    }
    let both = try ExpertPlacement(
      expertCount: 8,
      layers: [
        .init(layer: 0, experts: [1, 0, 2, 3, 4, 5, 6, 7]),
        .init(layer: -1, experts: [7, 6, 5, 4, 3, 2, 1, 0]),
      ], on: layout)
    #expect([-1, 0, 1].map { both.rank(ofExpert: 0, layer: $0, from: 2) } == [7, 1, 0])
  }

  @Test func theNearestReplicaIsOnTheRankThenInTheServerThenInTurn() throws {
    // Expert 0 on ranks 0, 2 and 6; expert 7 nowhere but on rank 7.
    let placed = try placement([0, 1, 1, 2, 2, 0, 3, 3, 4, 4, 5, 5, 6, 0, 6, 7])
    // Ranks 0, 2 and 6 hold it; 1 and 3 take those of server 0 in turn.
    let ranks = (0..<8).map { placed.rank(ofExpert: 0, layer: 3, from: $0) }
    #expect(ranks == [0, 2, 2, 2, 6, 6, 6, 6])
    // Only server 0 holds expert 1, on its ranks 0 and 1: the others take turns.
    #expect((4..<8).map { placed.rank(ofExpert: 1, layer: 3, from: $0) } == [0, 1, 0, 1])
    #expect((0..<8).allSatisfy { placed.rank(ofExpert: 7, layer: 3, from: $0) == 7 })
  }

  @Test func everyExpertGroupIsFilledAlike() throws {
    // Expert parallelism 4: ranks 4…7 hold a second copy of the experts.
    let layout = Layout(
      serverCount: 2, gpusPerServer: 4, parallelism: Parallelism(expert: 4, data: 8))
    let placed = try ExpertPlacement(
      expertCount: 4,
      layers: [ExpertPlacement.LayerSlots(layer: 0, experts: [2, 0, 3, 1])], on: layout)
    for source in 0..<8 {
      let holders = (0..<4).map { placed.rank(ofExpert: $0, layer: 0, from: source) }
      #expect(holders == [1, 3, 0, 2].map { source / 4 * 4 + $0 })
    }
  }

  @Test func aRowGivesEachRankAndServerOneCopyWhereverItsExpertsAre() throws {
    // Experts 0…7 on ranks 0, 4, 1, 5, …: ascending experts do not have ascending ranks or servers.
    let placed = try placement([0, 2, 4, 6, 1, 3, 5, 7], experts: 8)
    var routing = RoutingTable()
    routing.append(operation: 0, sourceRank: 1, tokens: 10, expertSet: [0, 1, 2, 3, 7])
    func demand(_ copies: CopyRule) throws -> [[Int64]] {
      var demands = DemandSet()
      var routed = RoutedDemand(placement: placed, copies: copies)
      _ = try routed.append(rows: 0..<1, of: routing, layer: 3, to: &demands)
      return demands.source.indices.map { [Int64(demands.destination[$0]), demands.amount[$0]] }
    }
    #expect(try demand(.perServer) == [[1, 10], [5, 10]])
    #expect(try demand(.perRank) == [[0, 10], [1, 10], [4, 10], [5, 10], [7, 10]])
  }

  @Test func randomPlacementsGiveTheCopiesOfANaiveTwin() throws {
    var random = RandomStream(seed: 5)
    for _ in 0..<20 {
      let extra = (0..<8).map { _ in Int32(random.below(8)) }
      let all = (0..<8).map { Int32($0) } + extra
      let slots = random.permutation(16).map { all[$0] }
      let placed = try placement(slots)
      var routing = RoutingTable()
      var naive: [Set<Int>] = []
      for _ in 0..<30 {
        let set = random.permutation(8).prefix(3).sorted().map { Int32($0) }
        let source = random.below(8)
        routing.append(operation: 0, sourceRank: Int32(source), tokens: 1, expertSet: set)
        naive.append(
          Set(
            set.map { expert in
              let holders = slots.indices.filter { slots[$0] == expert }.map { $0 / 2 }
              if holders.contains(source) { return source }
              let near = holders.filter { $0 / 4 == source / 4 }
              let choice = near.isEmpty ? holders : near
              return choice[source % choice.count]
            }))
      }
      var demands = DemandSet()
      var routed = RoutedDemand(placement: placed, copies: .perRank)
      _ = try routed.append(rows: 0..<30, of: routing, layer: 3, to: &demands)
      #expect(demands.amount.reduce(0, +) == naive.reduce(0) { $0 + Int64($1.count) })
      for rank in 0..<8 {
        let got = demands.source.indices.filter { demands.destination[$0] == rank }
          .reduce(0) { $0 + demands.amount[$1] }
        #expect(got == naive.filter { $0.contains(rank) }.count)
      }
    }
  }

  @Test func slotsThatCannotHoldTheExpertsAreRefused() {
    for slots: [Int32] in [
      [], [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6, 6], [0, 1, 2, 3, 4, 5, 6, 8],
      [0, 1, 2, 3, 4, 5, 6, -1], [0, 1, 2, 3, 4, 5, 6, 7, 0],
    ] {
      #expect(throws: WorkloadError.self) { try placement(slots) }
    }
    for layer: Int32 in [-2, 10_000] {
      #expect(throws: WorkloadError.self) { try placement([0, 1, 2, 3, 4, 5, 6, 7], layer: layer) }
    }
    let twice = [ExpertPlacement.LayerSlots](
      repeating: .init(layer: 1, experts: ExpertPlacement.contiguousSlots(of: 8)), count: 2)
    #expect(throws: WorkloadError.self) {
      try ExpertPlacement(expertCount: 8, layers: twice, on: layout)
    }
  }

  @Test func aWorkloadSendsTokensWhereThePlacementHasThem() throws {
    let layout = Layout(serverCount: 4, gpusPerServer: 1)
    var trace = Trace(
      metadata: TraceMetadata(
        layout: layout,
        model: ExpertModel(
          name: "test", layerCount: 1, expertCount: 4, topK: 1, hiddenSize: 8,
          bytesPerToken: PhaseBytes(all: 10),
          compute: LayerCompute(expertForwardNanoseconds: 100, referenceTokensPerRank: 5)),
        routingUnit: .tokens))
    for (id, phase) in Phase.allToAlls.enumerated() {
      trace.operations.append(
        Operation(
          id: Int32(id), kind: .allToAll, role: .expert, phase: phase, grain: .rank, iteration: 0,
          microBatch: 0, layer: 0, group: 0, demandSource: 0))
    }
    trace.routing.append(operation: 0, sourceRank: 0, tokens: 5, expertSet: [3])
    trace.routing.append(operation: 0, sourceRank: 1, tokens: 5, expertSet: [2])
    let placed = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 0, experts: [3, 2, 3, 1, 0, 1, 0, 1])], on: layout)
    let workload = try Workload(trace: trace, placement: placed)
    // Rank 0 holds experts 3 and 2: its own tokens stay, those of rank 1 come and go.
    let matrix = workload.matrix(of: workload.steps)
    #expect(matrix.rowSums == [300, 100, 0, 0])
    #expect(matrix[0, 0] == 200)
    // All ten tokens are on one rank; in contiguous blocks two ranks have five each.
    #expect(workload.steps[1].computeBeforeNanoseconds == 200)
    let blocks = try Workload(trace: trace)
    #expect(blocks.steps[1].computeBeforeNanoseconds == 100)
    #expect(blocks.matrix(of: blocks.steps).rowSums == [100, 100, 100, 100])
    let other = try ExpertPlacement(
      contiguousBlocksOf: 4, on: Layout(serverCount: 2, gpusPerServer: 2))
    #expect(throws: WorkloadError.self) { try Workload(trace: trace, placement: other) }
  }
}
