import LocalityAnalysis
import Testing
import TraceModel

@Suite struct PartitionMethodTests {
  private func share(_ traffic: SymmetricTraffic, _ regionOf: [Int]) -> Double {
    traffic.share(inside: Grouping(name: "found", regionOf: regionOf))
  }

  /// Without enumeration at the coarsest level.
  private func multilevel(_ traffic: SymmetricTraffic, _ size: Int) -> [Int] {
    multilevelPartition(traffic, size: size, coarsest: 0)
  }

  private func sizes(_ regionOf: [Int]) -> [Int] {
    Grouping(name: "found", regionOf: regionOf).members.map(\.count).sorted()
  }

  @Test func `levels and cuts find the best regions of F8`() {
    let traffic = SymmetricTraffic(Fixture.f8)
    for (size, golden) in [(2, 0.18641), (4, 0.49320)] {
      let exact = share(traffic, exactPartition(traffic, size: size))
      #expect(isClose(exact, golden))
      #expect(isClose(share(traffic, multilevel(traffic, size)), exact, within: 1e-12))
      #expect(isClose(share(traffic, spectralPartition(traffic, size: size)), exact, within: 1e-12))
    }
  }

  /// Each is at most the best of all partitions, and the better of both nearly always that one.
  @Test func `up to 12 servers both are compared with all partitions`() {
    var random = RandomStream(seed: 31)
    var (cases, best) = (0, 0)
    for count in 2...12 {
      for _ in 0..<4 {
        let traffic = SymmetricTraffic(Fixture.random(count, &random))
        guard traffic.total > 0 else { continue }
        for size in 1...count {
          let all = regionSizes(of: count, by: size)
          let exact = share(traffic, exactPartition(traffic, size: size))
          let found = [multilevel(traffic, size), spectralPartition(traffic, size: size)]
          for regionOf in found {
            #expect(share(traffic, regionOf) <= exact + 1e-12)
            #expect(sizes(regionOf) == all, "\(count) servers by \(size)")
          }
          let most = found.map { share(traffic, $0) }.max() ?? 0
          #expect(most >= 0.85 * exact, "\(count) servers by \(size)")
          cases += 1
          if most >= exact - 1e-12 { best += 1 }
        }
      }
    }
    #expect(cases > 250)
    #expect(Double(best) >= 0.93 * Double(cases), "\(best) of \(cases)")
  }

  @Test func `refinement and shaking are never worse than their start and keep sizes`() {
    var random = RandomStream(seed: 32)
    for count in [5, 16, 23, 40] {
      let traffic = SymmetricTraffic(Fixture.random(count, &random))
      for size in [2, 3, count / 2] {
        let start = Grouping(name: "", order: random.permutation(count), size: size).regionOf
        let refined = refinedPartition(traffic, from: start)
        let shaken = shakenPartition(traffic, from: refined)
        #expect(share(traffic, refined) >= share(traffic, start))
        #expect(share(traffic, shaken) >= share(traffic, refined))
        #expect(sizes(refined) == sizes(start))
        #expect(sizes(shaken) == sizes(start))
      }
    }
  }

  /// Where nothing is left to gain by one exchange, the prefix of no chain was skipped either.
  @Test func `no exchange that gains is overlooked`() {
    var random = RandomStream(seed: 36)
    for count in [13, 24, 40] {
      for size in [2, 3, count / 2] {
        let traffic = SymmetricTraffic(Fixture.random(count, &random))
        guard traffic.total > 0 else { continue }
        let start = Grouping(name: "", order: random.permutation(count), size: size).regionOf
        let regionOf = refinedPartition(traffic, from: start)
        let inside = traffic.inside(regionOf)
        for first in 0..<count {
          for second in 0..<first where regionOf[first] != regionOf[second] {
            var exchanged = regionOf
            exchanged.swapAt(first, second)
            #expect(traffic.inside(exchanged) <= inside * (1 + 1e-9))
          }
        }
      }
    }
  }

  /// Two pairs must be taken apart at once: any one exchange loses.
  @Test func `refinement goes through a loss`() {
    // Heavy pairs {0,1} and {4,5} want to trade places; each holds together more than it is drawn.
    var matrix = TrafficMatrix(size: 8)
    func join(_ left: Int, _ right: Int, _ bytes: Int64) { matrix[left, right] = bytes }
    for (left, right) in [(0, 1), (2, 3), (4, 5), (6, 7)] { join(left, right, 100) }
    for (left, right) in [(0, 6), (1, 7), (4, 2), (5, 3)] { join(left, right, 30) }
    let traffic = SymmetricTraffic(matrix)
    let start = [0, 0, 0, 0, 1, 1, 1, 1]
    for first in 0..<4 {
      for second in 4..<8 {
        var exchanged = start
        exchanged.swapAt(first, second)
        #expect(traffic.inside(exchanged) < traffic.inside(start))
      }
    }
    #expect(refinedPartition(traffic, from: start) == [1, 1, 0, 0, 0, 0, 1, 1])
  }

  @Test func `pairs are those that going down the sorted bytes gives`() {
    var random = RandomStream(seed: 33)
    for count in [2, 8, 20] {
      let traffic = SymmetricTraffic(Fixture.random(count, &random))
      var pairs: [(Double, Int, Int)] = []
      for row in 0..<count {
        for column in row + 1..<max(row + 1, count) {
          pairs.append((traffic.weights[row * count + column], row, column))
        }
      }
      pairs.sort { $0.0 != $1.0 ? $0.0 > $1.0 : ($0.1, $0.2) < ($1.1, $1.2) }
      // Equal weights may be taken in another order, so the sums are compared.
      var free = Set(0..<count)
      var naive = 0.0
      for (weight, left, right) in pairs where free.contains(left) && free.contains(right) {
        free.subtract([left, right])
        naive += weight
      }
      let found = heavyEdgePairs(traffic)
      #expect(sizes(found) == [Int](repeating: 2, count: count / 2))
      #expect(isClose(traffic.inside(found), naive, within: 0.02 * naive))
    }
  }

  /// D⁻¹ W x = λ x, and no other vector but the constant one has a larger λ.
  @Test func `the second vector is one of the random walk`() {
    var random = RandomStream(seed: 34)
    for count in [4, 9, 20] {
      let traffic = SymmetricTraffic(Fixture.matrix(count) { _, _ in 1 + random.below(100) })
      let vector = secondVector(traffic)
      let image = step(traffic, vector)
      let value = product(image, vector) / product(vector, vector)
      for (left, right) in zip(image, vector) { #expect(abs(left - value * right) < 1e-9) }
      #expect(isClose(value, largestValue(traffic), within: 1e-6), "\(count) servers")
    }
  }

  /// The largest value beside 1 by iterating I + D⁻¹ W with the constant part taken out.
  private func largestValue(_ traffic: SymmetricTraffic) -> Double {
    let count = traffic.size
    let degrees = (0..<count).map { row in
      traffic.weights[row * count..<(row + 1) * count].reduce(0, +)
    }
    var vector = (0..<count).map { Double($0 * $0 % 7) - 3 }
    var value = 0.0
    for _ in 0..<20_000 {
      let constant = product(degrees, vector) / degrees.reduce(0, +)
      vector = vector.map { $0 - constant }
      let next = zip(step(traffic, vector), vector).map { $0 + $1 }
      value = next.map(abs).reduce(0, +) / vector.map(abs).reduce(0, +) - 1
      let length = next.map(abs).reduce(0, +)
      vector = next.map { $0 / length }
    }
    return value
  }

  private func step(_ traffic: SymmetricTraffic, _ vector: [Double]) -> [Double] {
    (0..<traffic.size).map { row in
      let weights = Array(traffic.weights[row * traffic.size..<(row + 1) * traffic.size])
      return product(weights, vector) / weights.reduce(0, +)
    }
  }

  private func product(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for (one, other) in zip(left, right) { sum += one * other }
    return sum
  }

  @Test func `cuts separate two blocks that hardly talk, and servers without traffic do no harm`() {
    let blocks = Fixture.matrix(14) {
      $0 > 11 || $1 > 11 ? 0 : $0 % 2 == $1 % 2 ? 50 : 1
    }
    let traffic = SymmetricTraffic(blocks)
    let found = spectralPartition(traffic, size: 7)
    for server in 0..<12 { #expect(found[server] == found[server % 2]) }
    #expect(found[0] != found[1])
    let none = SymmetricTraffic(TrafficMatrix(size: 4))
    #expect(sizes(spectralPartition(none, size: 2)) == [2, 2])
    #expect(sizes(multilevel(none, 2)) == [2, 2])
  }

  /// Regions that chance alone cannot hide: pairs inside send a half more, or three times as much.
  @Test(arguments: [(8, 1.5), (2, 3.0)])
  func `regions of 64 servers under strong noise are found in every seed`(
    size: Int, factor: Double
  ) throws {
    for seed in 1...UInt64(10) {
      var random = RandomStream(seed: seed, purpose: UInt64(64_000 + size))
      let regionOf = random.permutation(64).map { $0 / size }
      let matrix = Fixture.matrix(64) {
        let inside = regionOf[$0] == regionOf[$1] ? factor : 1
        return Int(inside * (0.5 + random.unit()) * 1e6)
      }
      let planted = try #require(intraRegionShare(matrix, regionOf: regionOf))
      let best = try #require(bestPartition(matrix, size: size))
      #expect(best.share >= planted, "seed \(seed)")
    }
  }

  private func regionSizes(of count: Int, by size: Int) -> [Int] {
    Grouping.contiguous(serverCount: count, size: size).members.map(\.count).sorted()
  }
}
