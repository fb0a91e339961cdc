import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

@Suite struct PlacementSearchTests {
  private func layer(_ matrix: TrafficMatrix) -> ExpertLoads.LayerLoads {
    ExpertLoads.LayerLoads(
      layer: 0, sources: (0..<Int32(matrix.size)).map(\.self), tokens: matrix.cells)
  }

  /// The busiest port under some slots, from the workload's own routing of tokens.
  private func busiestPort(
    _ loads: ExpertLoads.LayerLoads, _ slots: [Int32], experts: Int, _ layout: Layout
  ) throws -> (port: Double, across: Double) {
    let placement = try ExpertPlacement(
      expertCount: experts, layers: [.init(layer: 0, experts: slots)], on: layout)
    var matrix = TrafficMatrix(size: layout.serverCount)
    for (row, source) in loads.sources.enumerated() {
      for expert in 0..<experts {
        let rank = placement.rank(ofExpert: expert, layer: 0, from: Int(source))
        matrix[Int(source) / layout.gpusPerServer, rank / layout.gpusPerServer] +=
          loads.tokens[row * experts + expert]
      }
    }
    let network = matrix.withoutDiagonal
    return (
      Double(max(network.rowSums.max() ?? 0, network.columnSums.max() ?? 0)),
      Double(network.total)
    )
  }

  @Test func scoresAreThoseOfTheTokensUnderThePlacement() throws {
    var random = RandomStream(seed: 17)
    let layouts = [
      Layout(serverCount: 4, gpusPerServer: 2),
      Layout(serverCount: 4, gpusPerServer: 2, parallelism: Parallelism(expert: 4, data: 8)),
      Layout(
        serverCount: 4, gpusPerServer: 2,
        parallelism: Parallelism(tensor: 2, expert: 4, expertTensor: 2, data: 4)),
    ]
    for layout in layouts {
      let ranks = layout.parallelism.expert
      for _ in 0..<8 {
        let loads = ExpertLoads.LayerLoads(
          layer: 0, sources: (0..<8).map { Int32($0) },
          tokens: (0..<64).map { _ in Int64(random.below(100)) })
        let extra = (0..<ranks).map { _ in Int32(random.below(8)) }
        let all = (0..<8).map { Int32($0) } + extra
        let start = random.permutation(all.count).map { all[$0] }
        let search = PlacementSearch(loads, expertCount: 8, layout: layout)
        let truth = try busiestPort(loads, start, experts: 8, layout)
        let apart = Array(0..<4)
        #expect(search.value(of: start, for: .busiestPort) == truth.port)
        #expect(search.value(of: start, for: .across(regionOf: apart)) == truth.across)
        // After a search the scores that were kept up to date are still the true ones.
        let ports = search.improved(start, for: .busiestPort)
        #expect(ports.start == truth.port && ports.end <= truth.port && ports.isLocalOptimum)
        #expect(ports.end == (try busiestPort(loads, ports.slots, experts: 8, layout)).port)
        let across = search.improved(start, for: .across(regionOf: apart))
        #expect(across.end <= truth.across)
        #expect(across.end == (try busiestPort(loads, across.slots, experts: 8, layout)).across)
        #expect(Set(ports.slots).count == 8 && Set(across.slots).count == 8)
      }
    }
  }

  @Test func aClosureIsSearchedAsWellAndTheLimitIsKept() {
    let matrix = Fixture.f8
    let search = PlacementSearch(
      layer(matrix), expertCount: 8, layout: Layout(serverCount: 8, gpusPerServer: 1),
      evaluationLimit: 10)
    var asked = 0
    let result = search.improved(
      [7, 6, 5, 4, 3, 2, 1, 0],
      for: .score { slots in
        asked += 1
        return slots.enumerated().reduce(0) { $0 + Double(abs(Int($1.element) - $1.offset)) }
      })
    #expect(result.end < result.start)
    #expect(result.evaluations == 10 && !result.isLocalOptimum)
    #expect(asked <= 21)
  }

  /// One expert on each of five servers: every order is tried.
  @Test func tinySearchesAreComparedWithEveryPermutation() {
    var random = RandomStream(seed: 23)
    let layout = Layout(serverCount: 5, gpusPerServer: 1)
    var optimal = 0
    for _ in 0..<20 {
      let loads = ExpertLoads.LayerLoads(
        layer: 0, sources: (0..<5).map { Int32($0) },
        tokens: (0..<25).map { _ in Int64(random.below(100)) })
      let search = PlacementSearch(loads, expertCount: 5, layout: layout)
      var best = Double.infinity
      forEachPermutation(5) { best = min(best, search.value(of: $0, for: .busiestPort)) }
      let all = search.bestOfEveryOrder([0, 1, 2, 3, 4], for: .busiestPort)
      #expect(all.evaluations == 120 && all.end == best)
      #expect(search.value(of: all.slots, for: .busiestPort) == best)
      let found = search.improved([0, 1, 2, 3, 4], for: .busiestPort)
      #expect(found.end >= best && found.end <= found.start)
      if found.end == best { optimal += 1 }
    }
    #expect(optimal >= 10)
  }

  @Test func expertsMoveToTheServersThatAloneUseThem() throws {
    // Server s uses experts 2(3 − s) and 2(3 − s) + 1 only.
    let layout = Layout(serverCount: 4, gpusPerServer: 2)
    var tokens = [Int64](repeating: 0, count: 64)
    for source in 0..<8 {
      for expert in 0..<8 where expert / 2 == 3 - source / 2 { tokens[source * 8 + expert] = 10 }
    }
    let loads = ExpertLoads.LayerLoads(
      layer: 0, sources: (0..<8).map { Int32($0) }, tokens: tokens)
    let search = PlacementSearch(loads, expertCount: 8, layout: layout)
    let result = search.improved(
      ExpertPlacement.contiguousSlots(of: 8), for: .across(regionOf: Array(0..<4)))
    #expect(result.start == 160 && result.end == 0)
    // One region: nothing can be won.
    let one = search.improved(
      ExpertPlacement.contiguousSlots(of: 8), for: .across(regionOf: [0, 0, 0, 0]))
    #expect(one.start == 0 && one.end == 0)
  }

  @Test func aPlanIsNeverWorseThanContiguousBlocks() throws {
    var random = RandomStream(seed: 29)
    let layout = Layout(serverCount: 4, gpusPerServer: 2)
    for _ in 0..<5 {
      let loads = ExpertLoads.LayerLoads(
        layer: 0, sources: (0..<8).map { Int32($0) },
        tokens: (0..<128).map { _ in Int64(random.below(50) * random.below(3)) })
      let weights = loads.totals.map { Float($0) }
      let plain = try PlacementPlanner(layout: layout, expertCount: 16)
      let spare = try PlacementPlanner(layout: layout, expertCount: 16, spareSlotsPerRank: 1)
      let contiguous = ExpertPlacement.contiguousSlots(of: 16)
      let search = PlacementSearch(loads, expertCount: 16, layout: layout)
      let start = search.value(of: contiguous, for: .busiestPort)
      let moved = search.value(of: plain.slots(for: loads, goal: .busiestPort), for: .busiestPort)
      let copied = search.value(of: spare.slots(for: loads, goal: .busiestPort), for: .busiestPort)
      #expect(moved <= start && copied <= start)
      let balanced = plain.slots(for: loads, goal: .busiestRank)
      #expect(
        plain.shape.imbalance(of: balanced, weights: weights)
          <= plain.shape.imbalance(of: contiguous, weights: weights))
    }
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func movingExpertsOfTheMeasuredLayerWinsLittleAndReplicasMore() throws {
    let matrix = try Fixture.real("mixnet/mixnet_tokens_8x8_measured.txt")
    let loads = layer(matrix)
    let layout = Layout(serverCount: 8, gpusPerServer: 1)
    let search = PlacementSearch(loads, expertCount: 8, layout: layout)
    let contiguous = ExpertPlacement.contiguousSlots(of: 8)
    let moved = search.improved(contiguous, for: .busiestPort)
    #expect(moved.start == 67_893 && moved.end == 66_806)
    var best = Double.infinity
    var count = 0
    forEachPermutation(8) {
      best = min(best, search.value(of: $0, for: .busiestPort))
      count += 1
    }
    #expect(count == 40_320 && best == 66_806)
    let plain = try PlacementPlanner(layout: layout, expertCount: 8)
    let order = plain.slots(for: loads, goal: .busiestPort)
    #expect(plain.triesEveryOrder && search.value(of: order, for: .busiestPort) == best)
    let planner = try PlacementPlanner(layout: layout, expertCount: 8, spareSlotsPerRank: 1)
    let slots = planner.slots(for: loads, goal: .busiestPort)
    let copied = planner.slots(for: loads, goal: .busiestRank)
    let port = search.value(of: slots, for: .busiestPort)
    #expect(port < 26_000, "\(slots) \(port)")
    #expect(planner.shape.imbalance(of: copied, weights: loads.totals.map { Float($0) }) < 1.1)
    let headroom = ReplicaHeadroom(loads: loads.totals, placeCount: 8)
    let wins = [8, 9, 10, 12, 16].map { headroom.largestWin(slotCount: $0, busiest: 77_703) }
    for (win, expected) in zip(wins, [1.00, 1.74, 1.83, 2.37, 2.37]) {
      #expect(isClose(win, expected, within: 0.005))
    }
    #expect(isClose(headroom.headroom(busiest: 77_703), 2.371, within: 0.001))
  }
}

/// Calls `body` with every order of 0 ..< count (Heap's algorithm).
private func forEachPermutation(_ count: Int, _ body: ([Int32]) -> Void) {
  var order = (0..<count).map { Int32($0) }
  var state = [Int](repeating: 0, count: count)
  body(order)
  var index = 1
  while index < count {
    if state[index] < index {
      order.swapAt(index % 2 == 0 ? 0 : state[index], index)
      body(order)
      state[index] += 1
      index = 1
    } else {
      state[index] = 0
      index += 1
    }
  }
}
