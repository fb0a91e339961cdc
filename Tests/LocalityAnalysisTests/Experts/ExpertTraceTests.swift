import LocalityAnalysis
import Testing
import TraceModel

/// A trace of dispatches: each entry is one operation and its rows.
func routedTrace(
  _ operations: [(iteration: Int32, layer: Int32, rows: [(source: Int32, set: [Int32])])],
  layout: Layout, experts: Int, copies: CopyRule = .perExpert, unit: RoutingUnit = .tokens
) -> Trace {
  var trace = Trace(
    metadata: TraceMetadata(
      layout: layout,
      model: ExpertModel(
        name: "test", layerCount: 4, expertCount: experts, topK: 2, hiddenSize: 8,
        copies: copies), routingUnit: unit))
  for (id, operation) in operations.enumerated() {
    trace.operations.append(
      Operation(
        id: Int32(id), kind: .allToAll, role: .expert, phase: .dispatchForward, grain: .rank,
        iteration: operation.iteration, microBatch: 0, layer: operation.layer, group: 0))
    for row in operation.rows {
      trace.routing.append(
        operation: Int32(id), sourceRank: row.source, tokens: 10, expertSet: row.set)
    }
  }
  return trace
}

@Suite struct ExpertLoadTests {
  private let layout = Layout(serverCount: 2, gpusPerServer: 2)

  @Test func loadsAreCountedByLayerSourceExpertAndIteration() throws {
    let trace = routedTrace(
      [
        (5, 2, [(1, [0, 3]), (0, [3])]), (5, 0, [(2, [1])]), (9, 2, [(1, [0, 1])]),
      ], layout: layout, experts: 4)
    let loads = try ExpertLoads(of: trace)
    #expect(loads.iterations == [5, 9])
    #expect(loads.layers.map(\.layer) == [0, 2])
    #expect(loads.layers[1].sources == [0, 1])
    #expect(loads.layers[1].tokens == [0, 0, 0, 10, 20, 10, 0, 10])
    #expect(loads.layers[1].totals == [20, 10, 0, 20])
    #expect(Array(loads.totals(iteration: 0, layer: 1)) == [10, 0, 0, 20])
    #expect(Array(loads.totals(iteration: 1, layer: 1)) == [10, 10, 0, 0])
    #expect(Array(loads.totals(iteration: 1, layer: 0)) == [0, 0, 0, 0])
    let half = try ExpertLoads(of: trace, iterations: [9])
    #expect(half.layers.map(\.totals) == [[10, 10, 0, 0]])
  }

  @Test func rowsOutsideTheLayoutAreRefused() {
    for row: (Int32, [Int32]) in [(4, [0]), (0, [4]), (-1, [0])] {
      let trace = routedTrace([(0, 0, [row])], layout: layout, experts: 4)
      #expect(throws: WorkloadError.self) { try ExpertLoads(of: trace) }
    }
  }

  @Test func trafficOfAPlacementIsMeasuredOnTheIterationsAskedFor() throws {
    // Rank 0 sends 10 tokens to experts 0 and 3; in iteration 1 to 1 and 3.
    let trace = routedTrace(
      [(0, 1, [(0, [0, 3])]), (1, 1, [(0, [1, 3])])], layout: layout, experts: 4)
    let blocks = try ExpertPlacement(contiguousBlocksOf: 4, on: layout)
    let before = try PlacedTraffic(of: trace, placement: blocks)
    #expect(before.copiesBetweenServers == 20 && before.imbalance == 2)
    let moved = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 1, experts: [0, 3, 1, 2])], on: layout)
    #expect(
      try PlacedTraffic(of: trace, iterations: [0], placement: moved).copiesBetweenServers == 0)
    #expect(
      try PlacedTraffic(of: trace, iterations: [1], placement: moved).copiesBetweenServers == 10)
  }

  @Test func theBusiestPortIsTheLargerDirectionOfEachOperation() throws {
    // Iteration 0: ranks 0 and 1 send 20 to server 1. Iteration 1: both servers send 10.
    let trace = routedTrace(
      [(0, 0, [(0, [2]), (1, [3])]), (1, 0, [(0, [2]), (2, [0])])], layout: layout, experts: 4)
    let blocks = try ExpertPlacement(contiguousBlocksOf: 4, on: layout)
    let traffic = try PlacedTraffic(of: trace, placement: blocks)
    #expect(traffic.busiestPortCopies == 30 && traffic.copiesBetweenServers == 40)
    #expect(traffic.busiestRankAssignments == 20)
  }

  @Test func operationsThatKnowNoLayerArePlacedAsOneMore() throws {
    // Ranks 0 and 1 use the experts of server 1, ranks 2 and 3 those of server 0, in no known layer.
    let rows: [(source: Int32, set: [Int32])] = [(0, [2]), (1, [3]), (2, [0]), (3, [1])]
    for copies in [CopyRule.perExpert, .perServer] {
      let trace = routedTrace([(0, -1, rows)], layout: layout, experts: 4, copies: copies)
      let planner = try PlacementPlanner(layout: layout, expertCount: 4)
      let loads = try ExpertLoads(of: trace)
      let moved = try planner.placement(for: loads, goal: .across(regionOf: [0, 1]))
      let saving = try #require(try planner.placement(savingCopiesOf: trace, loads: loads))
      for placement in [moved, saving] {
        #expect(placement.layers.map(\.layer) == [-1])
        #expect(try PlacedTraffic(of: trace, placement: placement).copiesBetweenServers == 0)
      }
    }
  }

  @Test func copiesPerServerFromCountsAreCalledAnUpperBound() throws {
    let sets = routedTrace(
      [(0, 0, [(0, [2, 3])])], layout: layout, experts: 4, copies: .perServer)
    let counts = routedTrace(
      [(0, 0, [(0, [2]), (0, [3])])], layout: layout, experts: 4, copies: .perServer,
      unit: .assignments)
    let blocks = try ExpertPlacement(contiguousBlocksOf: 4, on: layout)
    let exact = try PlacedTraffic(of: sets, placement: blocks)
    let bound = try PlacedTraffic(of: counts, placement: blocks)
    #expect(exact.copiesBetweenServers == 10 && !exact.isUpperBound)
    #expect(bound.copiesBetweenServers == 20 && bound.isUpperBound)
    #expect(exact.assignmentsBetweenServers == 20)
    #expect(CoActivation(of: counts, layer: 0) == nil)
    #expect(CoActivation(of: sets, layer: 1) == nil)
  }

  @Test func expertsThatShareTokensAreGatheredAndCopiesSaved() throws {
    // Experts 0 and 2 go together, and 1 and 3: in blocks of two servers every token needs both.
    let trace = routedTrace(
      [(0, 0, [(0, [0, 2]), (1, [1, 3]), (2, [0, 2]), (3, [0, 2])])], layout: layout, experts: 4,
      copies: .perServer)
    let together = try #require(CoActivation(of: trace, layer: 0))
    #expect(together.tokens[0 * 4 + 2] == 30 && together.tokens[1 * 4 + 3] == 10)
    #expect(together.tokens[0 * 4 + 1] == 0 && together.tokens[2 * 4 + 2] == 30)
    let slots = together.gatheredSlots(rankCount: 4, ranksPerServer: 2)
    #expect(slots == [0, 2, 1, 3])
    let blocks = try ExpertPlacement(contiguousBlocksOf: 4, on: layout)
    let gathered = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 0, experts: slots)], on: layout)
    #expect(together.copiesBetweenServers(under: blocks) == 40)
    // Ranks 2 and 3 send to server 0, rank 1 to server 1.
    #expect(together.copiesBetweenServers(under: gathered) == 30)
    for placement in [blocks, gathered] {
      #expect(
        try PlacedTraffic(of: trace, placement: placement).copiesBetweenServers
          == together.copiesBetweenServers(under: placement))
    }
  }
}

@Suite struct CoActivationPlanTests {
  /// Random sets in which experts i and i + 4 mostly go together, on four servers of one rank.
  @Test func plansForTokenSetsSaveCopiesAndAreNeverWorse() throws {
    let layout = Layout(serverCount: 4, gpusPerServer: 1)
    var random = RandomStream(seed: 31)
    var rows: [(source: Int32, set: [Int32])] = []
    for _ in 0..<60 {
      let first = random.below(8)
      let second = random.below(4) == 0 ? (first + 1) % 8 : (first + 4) % 8
      rows.append((Int32(random.below(4)), [Int32(min(first, second)), Int32(max(first, second))]))
    }
    let trace = routedTrace([(0, 0, rows)], layout: layout, experts: 8, copies: .perServer)
    let planner = try PlacementPlanner(layout: layout, expertCount: 8)
    let loads = try ExpertLoads(of: trace)
    let plan = try #require(try planner.placement(savingCopiesOf: trace, loads: loads))
    let blocks = try ExpertPlacement(contiguousBlocksOf: 8, on: layout)
    func copies(_ placement: ExpertPlacement) throws -> Int64 {
      try PlacedTraffic(of: trace, placement: placement).copiesBetweenServers
    }
    let pairs = try ExpertPlacement(
      expertCount: 8, layers: [.init(layer: 0, experts: [0, 4, 1, 5, 2, 6, 3, 7])], on: layout)
    // A local optimum: near what was planted, and better than the start.
    #expect(try Double(copies(plan)) <= Double(copies(pairs)) * 1.1)
    #expect(try copies(plan) < copies(blocks))
    var counts = trace
    counts.metadata.routingUnit = .assignments
    #expect(try planner.placement(savingCopiesOf: counts, loads: loads) == nil)
  }
}

@Suite struct PlacementCostTests {
  private let layout = Layout(serverCount: 2, gpusPerServer: 2)

  @Test func stayingCostsNothing() throws {
    let blocks = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 0, experts: [0, 1, 2, 3])], on: layout)
    let move = MigrationCost(to: blocks, parametersPerExpert: 100)
    #expect(move.movedExperts == 0 && move.movedBytes == 0 && move.busiestServerBytes == 0)
    let replicas = ReplicaCost(of: blocks, parametersPerExpert: 100)
    #expect(replicas.memoryBytes == 0 && replicas.gradientBytesPerIteration == 0)
  }

  @Test func movesAreCountedByWhatRanksLack() throws {
    // Experts 1 and 2 change places; 14 bytes of weight and optimizer per parameter.
    let placement = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 0, experts: [0, 2, 1, 3])], on: layout)
    let move = MigrationCost(to: placement, parametersPerExpert: 100)
    #expect(move.movedExperts == 2 && move.movedBytes == 2_800)
    #expect(move.busiestServerBytes == 1_400)
    #expect(move.nanoseconds(serverBytesPerNanosecond: 7) == 200)
    #expect(
      move.breakEvenIterations(savedNanosecondsPerIteration: 30, serverBytesPerNanosecond: 7) == 7)
    for saved in [0.0, -5] {
      #expect(
        move.breakEvenIterations(
          savedNanosecondsPerIteration: saved, serverBytesPerNanosecond: 7) == nil)
    }
  }

  @Test func aMoveTakesAsLongAsTheServerThatSendsAll() throws {
    // Every rank gets a replica of expert 0, which server 0 alone has.
    let layout = Layout(serverCount: 8, gpusPerServer: 1)
    let placement = try ExpertPlacement(
      expertCount: 8, layers: [.init(layer: 0, experts: (0..<8).flatMap { [$0, 0] })], on: layout)
    let move = MigrationCost(to: placement, parametersPerExpert: 100)
    #expect(move.movedExperts == 7 && move.movedBytes == 7 * 1_400)
    #expect(move.busiestServerBytes == 7 * 1_400)
    #expect(
      move.breakEvenIterations(savedNanosecondsPerIteration: 1_400, serverBytesPerNanosecond: 1)
        == 7)
  }

  @Test func aServerGetsAnExpertOnceForAllOfItsRanks() throws {
    let placement = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 0, experts: [0, 1, 1, 0, 2, 0, 3, 0])], on: layout)
    let move = MigrationCost(to: placement, parametersPerExpert: 100)
    // Rank 0 gets expert 1 and rank 1 expert 0 from each other; ranks 2 and 3 share one copy of 0.
    #expect(move.movedExperts == 4 && move.busiestServerBytes == 1_400)
    // The next layer needs its own.
    let both = try ExpertPlacement(
      expertCount: 4,
      layers: (0..<2).map { .init(layer: $0, experts: [0, 1, 1, 0, 2, 0, 3, 0]) }, on: layout)
    #expect(MigrationCost(to: both, parametersPerExpert: 100).busiestServerBytes == 2_800)
  }

  @Test func aReplicaCostsItsStateAndTwiceItsGradient() throws {
    let placement = try ExpertPlacement(
      expertCount: 4, layers: [.init(layer: 0, experts: [0, 3, 1, 3, 2, 0, 3, 0])], on: layout)
    let cost = ReplicaCost(of: placement, parametersPerExpert: 100)
    #expect(cost.replicas == 4)
    #expect(cost.memoryBytes == 4 * 100 * 16)
    // Three holders of each of two experts: 2 × (3 − 1) × 200 bytes, twice.
    #expect(cost.gradientBytesPerIteration == 2 * 800)
    let sharded = ReplicaCost(
      of: placement, parametersPerExpert: 100, bytes: ParameterBytes(optimizer: 0))
    #expect(sharded.memoryBytes == 4 * 100 * 4)
  }
}
