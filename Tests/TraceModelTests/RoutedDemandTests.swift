import Testing
import TraceModel

@Suite struct RoutedDemandTests {
  /// 2 servers × 4 GPUs, one expert group of 8 ranks, 16 experts: two per rank.
  private let layout = Layout(serverCount: 2, gpusPerServer: 4)

  private func demand(
    of sets: [(source: Int32, experts: [Int32], tokens: Int64)], _ copies: CopyRule
  ) throws -> [[Int32]: Int64] {
    var routing = RoutingTable()
    for set in sets {
      routing.append(
        operation: 0, sourceRank: set.source, tokens: set.tokens, expertSet: set.experts)
    }
    var demand = RoutedDemand(
      placement: try ExpertPlacement(contiguousBlocksOf: 16, on: layout), copies: copies)
    var demands = DemandSet()
    let number = try demand.append(rows: 0..<routing.count, of: routing, to: &demands)
    var result: [[Int32]: Int64] = [:]
    for pair in demands.pairs(of: number) {
      result[[demands.source[pair], demands.destination[pair]]] = demands.amount[pair]
    }
    return result
  }

  @Test func eachChosenExpertGetsACopyWhenCopiesArePerExpert() throws {
    // Experts 8 and 9 are on rank 4, 11 on rank 5, 0 on rank 0.
    #expect(
      try demand(of: [(1, [0, 8, 9, 11], 10)], .perExpert) == [
        [1, 0]: 10, [1, 4]: 20, [1, 5]: 10,
      ])
  }

  @Test func aRankWithTwoChosenExpertsGetsOneCopyWhenCopiesArePerRank() throws {
    #expect(
      try demand(of: [(1, [0, 8, 9, 11], 10)], .perRank) == [[1, 0]: 10, [1, 4]: 10, [1, 5]: 10])
  }

  @Test func aServerGetsOneCopyOnTheSendersPlaceWhenCopiesArePerServer() throws {
    // Rank 1 is GPU 1 of server 0: its copy for server 1 goes to rank 5, that for its own server
    // stays on rank 1.
    #expect(try demand(of: [(1, [0, 8, 9, 15], 10)], .perServer) == [[1, 1]: 10, [1, 5]: 10])
  }

  @Test func rowsOfOneSourceAddUp() throws {
    let rows: [(source: Int32, experts: [Int32], tokens: Int64)] = [
      (3, [2], 5), (0, [2], 7), (3, [2, 3], 1),
    ]
    #expect(try demand(of: rows, .perRank) == [[0, 1]: 7, [3, 1]: 6])
  }

  @Test func copiesShrinkFromExpertToRankToServerOnRandomRouting() throws {
    var random = RandomStream(seed: 41)
    var sets: [(source: Int32, experts: [Int32], tokens: Int64)] = []
    for _ in 0..<200 {
      let experts = random.permutation(16).prefix(4).sorted().map { Int32($0) }
      sets.append((Int32(random.below(8)), experts, Int64(1 + random.below(9))))
    }
    let tokens = sets.reduce(0) { $0 + $1.tokens }
    let perExpert = try demand(of: sets, .perExpert)
    // The naive twin: count distinct ranks and servers of each set.
    var naiveRank: [[Int32]: Int64] = [:]
    var naiveServer: [[Int32]: Int64] = [:]
    for set in sets {
      for rank in Set(set.experts.map { $0 / 2 }) {
        naiveRank[[set.source, rank], default: 0] += set.tokens
      }
      for server in Set(set.experts.map { $0 / 8 }) {
        naiveServer[[set.source, server * 4 + set.source % 4], default: 0] += set.tokens
      }
    }
    #expect(perExpert.values.reduce(0, +) == tokens * 4)
    #expect(try demand(of: sets, .perRank) == naiveRank)
    #expect(try demand(of: sets, .perServer) == naiveServer)
  }

  @Test func tokensStayInTheSendersExpertGroup() throws {
    // 8 ranks, expert parallelism 4: ranks 4…7 hold a second copy of the experts.
    let parallelism = Parallelism(expert: 4, data: 8)
    let layout = Layout(serverCount: 2, gpusPerServer: 4, parallelism: parallelism)
    let placement = try ExpertPlacement(contiguousBlocksOf: 8, on: layout)
    for source in 0..<8 {
      for expert in 0..<8 {
        #expect(placement.rank(ofExpert: expert, from: source) == source / 4 * 4 + expert / 2)
      }
    }
  }

  @Test func expertsThatCannotBeDividedAreRefused() {
    #expect(throws: WorkloadError.self) {
      try ExpertPlacement(contiguousBlocksOf: 12, on: layout)
    }
  }

  @Test func rowsOutsideTheLayoutOrTheModelAreRefused() throws {
    #expect(throws: WorkloadError.self) { try demand(of: [(8, [0], 1)], .perExpert) }
    #expect(throws: WorkloadError.self) { try demand(of: [(-1, [0], 1)], .perExpert) }
    #expect(throws: WorkloadError.self) { try demand(of: [(0, [16], 1)], .perExpert) }
    #expect(throws: WorkloadError.self) { try demand(of: [(0, [-1], 1)], .perExpert) }
    #expect(throws: WorkloadError.self) { try demand(of: [(0, [1], -1)], .perExpert) }
    #expect(try demand(of: [(0, [1], 0), (0, [1], 0)], .perExpert) == [:])
  }
}
