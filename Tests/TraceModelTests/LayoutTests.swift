import Testing
import TraceModel

@Suite struct ParallelismTests {
  @Test(arguments: [
    Parallelism(tensor: 4, expert: 8, pipeline: 4, data: 8),
    Parallelism(tensor: 2, expert: 4, expertTensor: 1, pipeline: 2, data: 8),
    Parallelism(tensor: 1, context: 2, expert: 16, pipeline: 1, data: 16),
  ])
  func everyRankIsInExactlyOneExpertGroupAtItsIndex(parallelism: Parallelism) {
    #expect(parallelism.defect == nil)
    var seen = [Int](repeating: 0, count: parallelism.rankCount)
    for group in 0..<parallelism.expertGroupCount {
      for (index, rank) in parallelism.ranks(ofExpertGroup: group).enumerated() {
        seen[rank] += 1
        #expect(parallelism.expertGroup(ofRank: rank) == group)
        #expect(parallelism.expertIndex(ofRank: rank) == index)
      }
    }
    #expect(seen.allSatisfy { $0 == 1 })
  }

  @Test func expertGroupsOfMixNetsMixtralSpanTheServersOfOneRegion() {
    // Mixtral 8x7B in MixNet: EP 8 × TP 4 on servers of 8 GPUs, so 4 servers make a region
    // (MixNet, section 5.1: servers = EP × TP / 8).
    let parallelism = Parallelism(tensor: 4, expert: 8, pipeline: 4, data: 8)
    let servers = Set(parallelism.ranks(ofExpertGroup: 0).map { $0 / 8 })
    #expect(servers == [0, 1, 2, 3])
    #expect(parallelism.expertGroupCount == 16)
  }

  @Test func saysWhySizesDoNotFit() {
    #expect(Parallelism(tensor: 2, expert: 3, data: 4).defect?.contains("divided") == true)
    #expect(Parallelism(tensor: 0).defect?.contains("tensor") == true)
    #expect(Layout(serverCount: 3, gpusPerServer: 2).defect == nil)
    #expect(Layout(serverCount: 3, gpusPerServer: 2, serversPerScaleUpDomain: 2).defect != nil)
    #expect(
      Layout(serverCount: 2, gpusPerServer: 8, parallelism: Parallelism(data: 8)).defect?
        .contains("16 ranks") == true)
  }
}

@Suite struct TrafficMatrixTests {
  @Test func aggregationKeepsEveryByte() {
    var random = RandomStream(seed: 3)
    var matrix = TrafficMatrix(size: 12)
    for index in matrix.cells.indices { matrix.cells[index] = Int64(random.below(1_000)) }
    let halves = matrix.aggregated(by: (0..<12).map { $0 / 6 }, groupCount: 2)
    #expect(halves.total == matrix.total)
    #expect(
      halves[0, 1]
        == (0..<6).reduce(0) { sum, row in sum + (6..<12).reduce(0) { $0 + matrix[row, $1] } })
    #expect(matrix.transposed.rowSums == matrix.columnSums)
    #expect(
      matrix.withoutDiagonal.total == matrix.total - (0..<12).reduce(0) { $0 + matrix[$1, $1] })
  }
}

@Suite struct LedgerTests {
  @Test func balancesOnlyWhenEveryUnitIsAccountedFor() {
    var ledger = Ledger(unit: "packets", source: "a.pcap")
    ledger.read = 10
    ledger.used = 6
    ledger.skip("not RDMA", count: 2, first: "packet 3")
    ledger.skip("not RDMA", count: 1, first: "packet 9")
    #expect(!ledger.isBalanced)
    #expect(!ledger.hasDamage)
    ledger.reject("too short", first: "byte 77")
    #expect(ledger.isBalanced)
    #expect(ledger.hasDamage)
    #expect(ledger.skipped == [Ledger.Entry(reason: "not RDMA", count: 3, first: "packet 3")])
  }
}

@Suite struct WorkloadTests {
  @Test func aTransposedStepMovesTheDemandTheOtherWay() {
    var demands = DemandSet()
    var matrix = TrafficMatrix(size: 4)
    matrix[0, 3] = 5
    matrix[1, 2] = 7
    let demand = demands.append(matrix)
    let layout = Layout(serverCount: 2, gpusPerServer: 2)
    let steps = [Phase.dispatchForward, .combineForward].map {
      Workload.Step(
        operation: 0, kind: .allToAll, role: .expert, phase: $0, iteration: 0, layer: 0,
        demand: demand, isTransposed: $0.runsFromExperts, bytesPerUnit: 10)
    }
    let workload = Workload(grain: .rank, layout: layout, demands: demands, steps: steps)
    #expect(workload.matrix(of: [steps[0]])[0, 3] == 50)
    #expect(workload.matrix(of: [steps[1]])[3, 0] == 50)
    let servers = workload.matrix(of: steps, at: .server)
    #expect(servers[0, 1] == 120 && servers[1, 0] == 120 && servers[0, 0] == 0)
  }
}
