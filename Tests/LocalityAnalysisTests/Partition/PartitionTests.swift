import Foundation
import LocalityAnalysis
import Testing
import TraceModel

@Suite struct PartitionTests {
  @Test func `planted blocks against contiguous region size`() {
    let expected = [1: 0, 2: 0.2941, 4: 0.8824, 8: 1]
    for (size, share) in expected {
      let grouping = Grouping.contiguous(serverCount: 8, size: size)
      let found = intraRegionShare(Fixture.b8, regionOf: grouping.regionOf)
      #expect(isClose(found, share, within: 5e-5))
    }
  }

  @Test func `best, worst and contiguous bisection of F8`() throws {
    let best = try #require(bestPartition(Fixture.f8, size: 4))
    #expect(isClose(best.share, 0.49320))
    #expect(best.method == .exact)
    #expect(best.grouping.members == [[0, 2, 5, 6], [1, 3, 4, 7]])
    let contiguous = Grouping.contiguous(serverCount: 8, size: 4)
    #expect(isClose(intraRegionShare(Fixture.f8, regionOf: contiguous.regionOf), 0.39612))
    // Regions of equal size hold equally many pairs, so the worst is the best of the complement.
    let complement = Fixture.matrix(8) { Int(100 - Fixture.f8[$0, $1]) }
    let worst = try #require(bestPartition(complement, size: 4)).grouping
    #expect(isClose(intraRegionShare(Fixture.f8, regionOf: worst.regionOf), 0.35534))
  }

  @Test func `best pairing of F8`() throws {
    let best = try #require(bestPartition(Fixture.f8, size: 2))
    #expect(isClose(best.share, 0.18641))
    #expect(best.grouping.members == [[0, 5], [1, 7], [2, 6], [3, 4]])
  }

  @Test func `uniform traffic gives every even partition the same share`() throws {
    for size in [1, 2, 3, 4, 6, 12] {
      let expected = Double(size - 1) / 11
      #expect(
        isClose(uniformIntraRegionShare(serverCount: 12, size: size), expected, within: 1e-12))
      let best = try #require(bestPartition(Fixture.uniform(12), size: size))
      #expect(isClose(best.share, expected, within: 1e-12))
    }
  }

  @Test func `regions of one server keep nothing, one region keeps all`() throws {
    var random = RandomStream(seed: 21)
    for count in [2, 5, 8, 17] {
      let matrix = Fixture.random(count, &random)
      #expect(bestPartition(matrix, size: 1)?.share == 0)
      #expect(bestPartition(matrix, size: count)?.share == 1)
      #expect(bestPartition(matrix, size: count)?.method == .exact)
    }
    #expect(bestPartition(TrafficMatrix(size: 4), size: 2) == nil)
    #expect(intraRegionShare(TrafficMatrix(size: 2), regionOf: [0, 0]) == nil)
  }

  /// Recursion over who joins the lowest free server, in regions of any order of sizes.
  @Test func `enumeration agrees with a naive recursion, uneven sizes included`() throws {
    var random = RandomStream(seed: 22)
    for count in 2...8 {
      let matrix = Fixture.random(count, &random)
      guard matrix.total > 0 else { continue }
      for size in 1...count {
        let best = try #require(bestPartition(matrix, size: size))
        let sizes = [Int](repeating: size, count: count / size) + [count % size].filter { $0 > 0 }
        let naive = naiveBest(matrix, free: Set(0..<count), sizes: sizes) / Double(matrix.total)
        #expect(isClose(best.share, naive, within: 1e-12), "\(count) servers by \(size)")
        #expect(best.grouping.members.map(\.count).sorted() == sizes.sorted())
        let scored = intraRegionShare(matrix, regionOf: best.grouping.regionOf)
        #expect(isClose(scored, best.share, within: 1e-12))
      }
    }
  }

  @Test func `relabelling servers leaves the best share unchanged`() throws {
    var random = RandomStream(seed: 23)
    for _ in 0..<10 {
      let count = 3 + random.below(6)
      let matrix = Fixture.random(count, &random)
      guard matrix.total > 0 else { continue }
      let names = random.permutation(count)
      let renamed = Fixture.matrix(count) { Int(matrix[names[$0], names[$1]]) }
      for size in 1...count {
        let (one, other) = (bestPartition(matrix, size: size), bestPartition(renamed, size: size))
        #expect(isClose(other?.share, try #require(one).share, within: 1e-12))
      }
    }
  }

  @Test func `above the exact limit the heuristic is never below its starts`() throws {
    var random = RandomStream(seed: 24)
    let matrix = Fixture.random(20, &random)
    for size in [2, 3, 4, 5, 7, 10] {
      let declared = Grouping(name: "declared", order: random.permutation(20), size: size)
      let best = try #require(bestPartition(matrix, size: size, starts: [declared]))
      let contiguous = Grouping.contiguous(serverCount: 20, size: size)
      #expect(best.method != .exact)
      #expect(best.share >= intraRegionShare(matrix, regionOf: declared.regionOf) ?? 1)
      #expect(best.share >= intraRegionShare(matrix, regionOf: contiguous.regionOf) ?? 1)
      #expect(
        best.grouping.members.map(\.count).sorted()
          == contiguous.members.map(\.count).sorted())
    }
  }

  /// Shuffled blocks, heavy inside (800 … 1199) and noise outside that is evenly spread below 400:
  /// even blocks of two, whose bytes are then a fiftieth of all, must come out.
  @Test(arguments: [2, 4, 8, 16], [UInt64(1), 2, 3])
  func `planted regions of 256 servers are found`(size: Int, seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let places = random.permutation(256)
    let matrix = Fixture.matrix(256) {
      let together = places[$0] / size == places[$1] / size
      return together ? 800 + random.below(400) : random.below(400)
    }
    let planted = Grouping(name: "planted", regionOf: places.map { $0 / size })
    let truth = try #require(intraRegionShare(matrix, regionOf: planted.regionOf))
    let best = try #require(bestPartition(matrix, size: size))
    #expect(best.share >= 0.99 * truth)
  }

  @Test func `the curve rises from none to all and nests`() throws {
    var random = RandomStream(seed: 25)
    let matrix = Fixture.random(24, &random)
    let curve = localityCurve(matrix, sizes: divisors(of: 24) + [5, 99, 0])
    #expect(curve.map(\.size) == [1, 2, 3, 4, 5, 6, 8, 12, 24])
    #expect(curve.first?.best.share == 0)
    #expect(curve.last?.best.share == 1)
    for point in curve {
      #expect(point.isEven == (point.size != 5))
      #expect(point.best.share >= point.contiguous)
      for larger in curve where larger.size % point.size == 0 {
        #expect(larger.best.share >= point.best.share)
      }
    }
    #expect(curve[4].lastRegionSize == 4)
    #expect(localityCurve(TrafficMatrix(size: 4), sizes: [2]).isEmpty)
  }

  @Test func `declared order keeps expert groups together`() {
    // Tensor 1, expert 2 over servers (0, 1), (2, 3); pipeline doubles it.
    let layout = Layout(
      serverCount: 8, gpusPerServer: 1,
      parallelism: Parallelism(expert: 2, pipeline: 2, data: 4))
    #expect(ExpertBlocks(layout, at: .server).blockOf == [0, 0, 1, 1, 2, 2, 3, 3])
    // Expert-tensor 2 puts the lanes of one group on neighbours: {0, 2} and {1, 3}.
    let lanes = Layout(
      serverCount: 4, gpusPerServer: 1, parallelism: Parallelism(tensor: 2, expert: 2, data: 2))
    #expect(ExpertBlocks(lanes, at: .server).blockOf == [0, 1, 0, 1])
    #expect(declaredServerOrder(lanes) == [0, 2, 1, 3])
  }
}

private func naiveBest(_ matrix: TrafficMatrix, free: Set<Int>, sizes: [Int]) -> Double {
  guard let first = free.min() else { return 0 }
  var best = -Double.infinity
  for size in Set(sizes) {
    var left = sizes
    left.remove(at: left.firstIndex(of: size) ?? 0)
    for others in subsets(of: free.subtracting([first]).sorted(), count: size - 1) {
      let group = [first] + others
      var inside = 0.0
      for source in group {
        for destination in group { inside += Double(matrix[source, destination]) }
      }
      best = max(best, inside + naiveBest(matrix, free: free.subtracting(group), sizes: left))
    }
  }
  return best
}

private func subsets(of elements: [Int], count: Int) -> [[Int]] {
  if count == 0 { return [[]] }
  guard elements.count >= count else { return [] }
  let rest = Array(elements.dropFirst())
  return subsets(of: rest, count: count - 1).map { [elements[0]] + $0 }
    + subsets(of: rest, count: count)
}
