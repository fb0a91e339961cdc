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

  @Test func numbersThatNoClusterHasAreADefectAndNeverOverflow() {
    let huge = Parallelism(
      tensor: 1_000_000, context: 1_000_000, pipeline: 1_000_000, data: 1_000_000)
    #expect(huge.defect?.contains("ranks") == true)
    for bad in [0, -5, 1 << 40, Int.max, Int.min] {
      #expect(Parallelism(tensor: bad, data: bad).defect != nil)
      #expect(Layout(serverCount: bad, gpusPerServer: bad).defect?.contains("servers") == true)
      #expect(Layout(serverCount: 1, gpusPerServer: 1, nicsPerServer: bad).defect != nil)
      #expect(Layout(serverCount: 1, gpusPerServer: 1, serversPerScaleUpDomain: bad).defect != nil)
    }
    #expect(Layout(serverCount: 1_000_000, gpusPerServer: 1).defect == nil)
  }

  @Test func addressesMustLieOnTheServersOfTheLayout() {
    for (server, nic) in [(2, 0), (-1, 0), (0, 4), (1, -1)] {
      let address = NICAddress(text: "10.0.0.1", server: server, nic: nic)
      let layout = Layout(serverCount: 2, gpusPerServer: 4, addresses: [address])
      #expect(layout.defect?.contains("10.0.0.1") == true)
    }
  }

  @Test func modelsWithImpossibleNumbersAreADefect() {
    let good = ExpertModel(name: "m", layerCount: 1, expertCount: 8, topK: 2, hiddenSize: 16)
    #expect(good.defect == nil)
    let changes: [(inout ExpertModel) -> Void] = [
      { $0.layerCount = Int.max }, { $0.expertCount = -8 }, { $0.topK = 9 }, { $0.hiddenSize = 0 },
      { $0.bytesPerToken = PhaseBytes(all: 1 << 60) }, { $0.tokensPerLoggedToken = 0 },
      { $0.compute.expertForwardNanoseconds = .infinity },
      { $0.compute.attentionBackwardNanoseconds = -1 },
    ]
    for change in changes {
      var model = good
      change(&model)
      #expect(model.defect != nil)
    }
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
    #expect(
      ledger.imbalance
        == "a.pcap: 10 packets were read, but 6 used, 3 skipped and 0 malformed")
    #expect(!ledger.hasDamage)
    ledger.reject("too short", first: "byte 77")
    #expect(ledger.isBalanced)
    #expect(ledger.imbalance == nil)
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
