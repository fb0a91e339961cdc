import Testing
import TraceModel

@testable import Replay

@Suite struct MatchingTests {
  /// Calls back with every permutation of 0 ..< count.
  static func forEachPermutation(_ count: Int, _ body: ([Int]) -> Void) {
    func extend(_ prefix: [Int]) {
      if prefix.count == count { return body(prefix) }
      for next in 0..<count where !prefix.contains(next) { extend(prefix + [next]) }
    }
    extend([])
  }

  /// The best matching by trying the lowest free end alone and with every other.
  static func bestPairWeight(size: Int, weights: [Int64], used: Set<Int> = []) -> Int64 {
    guard let end = (0..<size).first(where: { !used.contains($0) }) else { return 0 }
    var best = bestPairWeight(size: size, weights: weights, used: used.union([end]))
    for other in end + 1..<max(end + 1, size)
    where !used.contains(other) && weights[end * size + other] > 0 {
      best = max(
        best,
        weights[end * size + other]
          + bestPairWeight(size: size, weights: weights, used: used.union([end, other])))
    }
    return best
  }

  static func pairWeight(_ partner: [Int32], size: Int, weights: [Int64]) -> Int64 {
    var total: Int64 = 0
    for end in 0..<size where partner[end] > Int32(end) {
      total += weights[end * size + Int(partner[end])]
    }
    return total
  }

  static func symmetric(_ size: Int, below bound: Int, _ random: inout RandomStream) -> [Int64] {
    var weights = [Int64](repeating: 0, count: size * size)
    for left in 0..<size {
      for right in 0..<left {
        weights[left * size + right] = Int64(random.below(bound))
        weights[right * size + left] = weights[left * size + right]
      }
    }
    return weights
  }

  @Test func assignmentsHaveTheKnownWeights() throws {
    let a4 = try #require(maximumWeightAssignment(size: 4, weights: Fixtures.a4.cells))
    #expect(weight(of: a4, in: Fixtures.a4.cells) == 17)
    #expect(a4 == [1, 0, 3, 2])
    let f8 = try #require(maximumWeightAssignment(size: 8, weights: Fixtures.f8.cells))
    #expect(weight(of: f8, in: Fixtures.f8.cells) == 114)
    #expect(f8 == [5, 7, 6, 1, 2, 3, 4, 0])
  }

  @Test func noPermutationBeatsAnAssignment() throws {
    var random = RandomStream(seed: 3)
    for size in 1...7 {
      // Small weights have many ties, large ones none.
      let bound = size % 2 == 0 ? 4 : 1 << 40
      let weights = (0..<size * size).map { _ in Int64(random.below(bound)) }
      let found = try #require(maximumWeightAssignment(size: size, weights: weights))
      #expect(Set(found).count == size)
      var best: Int64 = 0
      Self.forEachPermutation(size) { permutation in
        best = max(best, weight(of: permutation.map(Int32.init), in: weights))
      }
      #expect(weight(of: found, in: weights) == best)
    }
  }

  @Test func forbiddenPairsAreNeverAssigned() throws {
    let weights: [Int64] = [9, 1, -1, 1, -1, 2, 9, -1, -1]
    #expect(maximumWeightAssignment(size: 3, weights: weights) == [1, 2, 0])
    #expect(maximumWeightAssignment(size: 2, weights: [5, -1, 5, -1]) == nil)
    #expect(maximumWeightAssignment(size: 0, weights: []) == [])
  }

  @Test func pairsHaveTheKnownWeights() {
    let a4 = maximumWeightPairs(size: 4, weights: Fixtures.a4.foldedBySum())
    #expect(a4 == [1, 0, 3, 2])
    let weights = Fixtures.f8.foldedBySum()
    let f8 = maximumWeightPairs(size: 8, weights: weights)
    #expect(f8 == [7, 4, 6, 5, 1, 3, 2, 0])
    #expect(Self.pairWeight(f8, size: 8, weights: weights) == 96)
  }

  @Test func anOddCycleKeepsOneEnd() {
    let triangle: [Int64] = [0, 1, 1, 1, 0, 1, 1, 1, 0]
    let partner = maximumWeightPairs(size: 3, weights: triangle)
    #expect(partner.filter { $0 < 0 }.count == 1)
    #expect(Self.pairWeight(partner, size: 3, weights: triangle) == 1)
    #expect(maximumWeightPairs(size: 1, weights: [0]) == [-1])
  }

  @Test(arguments: [3, 10, 1 << 30]) func noMatchingBeatsTheBlossoms(bound: Int) {
    var random = RandomStream(seed: UInt64(bound))
    for size in 2...8 {
      for _ in 0..<40 {
        var weights = Self.symmetric(size, below: bound, &random)
        // Sparse graphs have odd components and nested blossoms.
        for cell in weights.indices where cell / size < cell % size && random.below(3) == 0 {
          weights[cell] = 0
          weights[cell % size * size + cell / size] = 0
        }
        let partner = maximumWeightPairs(size: size, weights: weights)
        for end in 0..<size where partner[end] >= 0 { #expect(partner[Int(partner[end])] == end) }
        #expect(
          Self.pairWeight(partner, size: size, weights: weights)
            == Self.bestPairWeight(size: size, weights: weights))
      }
    }
  }

  @Test func aMatchingIsAtMostTwiceTheGreedyOne() {
    var random = RandomStream(seed: 5)
    for size in [20, 41] {
      let weights = Self.symmetric(size, below: 1000, &random)
      let best = Self.pairWeight(
        maximumWeightPairs(size: size, weights: weights), size: size, weights: weights)
      let greedy = greedyCircuits(
        size: size, portsPerServer: 1, demand: { weights[$0 * size + $1] }, urgency: finishTime)
      var total: Int64 = 0
      for left in 0..<size {
        for right in 0..<left where greedy[left, right] > 0 {
          total += weights[left * size + right]
        }
      }
      #expect(best >= total && best <= 2 * total)
    }
  }

  @Test func thresholdMatchingsExistExactlyUpToTheBottleneck() throws {
    var random = RandomStream(seed: 9)
    for size in 2...6 {
      let cells = (0..<size * size).map { _ in Int64(random.below(12)) }
      var best: Int64 = 0
      Self.forEachPermutation(size) { permutation in
        best = max(
          best, permutation.enumerated().map { cells[$0.offset * size + $0.element] }.min()!)
      }
      let found = bottleneckMatching(size: size, cells: cells)
      #expect(found?.smallest ?? 0 == best)
      #expect(perfectMatching(size: size, cells: cells.span, atLeast: best + 1) == nil)
      if let found {
        let smallest = (0..<size).map { cells[$0 * size + Int(found.receiver[$0])] }.min()
        #expect(Set(found.receiver).count == size && smallest == best)
      }
    }
  }

  @Test func degreeBoundedChoicesAreTheBest() {
    var random = RandomStream(seed: 21)
    for size in 3...4 {
      for ports in 1...3 {
        let weights = (0..<size * size).map { Int64($0 / size == $0 % size ? 0 : random.below(9)) }
        let chosen = maximumWeightCells(size: size, ports: ports, weights: weights)
        #expect(Self.total(chosen, weights) == Self.bestCells(size, ports, weights, paired: false))
        let folded = Self.symmetric(size, below: 9, &random)
        let pairs = PairSubgraph(size: size, ports: ports, weights: folded)
        #expect(pairs.isExact)
        let best = Self.bestCells(size, ports, folded, paired: true)
        #expect(Self.total(pairs.isChosen, folded) == best)
        let rounds = PairSubgraph(size: size, ports: ports, weights: folded, exactNodeLimit: 0)
        #expect(Self.total(rounds.isChosen, folded) <= best)
        #expect(2 * Self.total(rounds.isChosen, folded) >= best)
      }
    }
  }

  static func total(_ chosen: [Bool], _ weights: [Int64]) -> Int64 {
    zip(chosen, weights).reduce(0) { $0 + ($1.0 ? $1.1 : 0) }
  }

  /// The best choice of cells (or of cells and their mirror images) by trying all.
  static func bestCells(_ size: Int, _ ports: Int, _ weights: [Int64], paired: Bool) -> Int64 {
    let cells = weights.indices.filter {
      $0 / size != $0 % size && weights[$0] > 0 && (!paired || $0 / size < $0 % size)
    }
    var best: Int64 = 0
    for subset in 0..<(1 << cells.count) {
      var rows = [Int](repeating: 0, count: size)
      var columns = rows
      var total: Int64 = 0
      for (bit, cell) in cells.enumerated() where subset >> bit & 1 == 1 {
        rows[cell / size] += 1
        columns[cell % size] += 1
        total += weights[cell]
        if paired {
          rows[cell % size] += 1
          columns[cell / size] += 1
          total += weights[cell]
        }
      }
      if max(rows.max()!, columns.max()!) <= ports { best = max(best, total) }
    }
    return best
  }
}
