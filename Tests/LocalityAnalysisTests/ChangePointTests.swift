import Foundation
import LocalityAnalysis
import Testing
import TraceModel

@Suite struct ChangePointTests {
  /// Vectors around a mean that moves where told to.
  private func series(
    _ count: Int, changesAt: [Int], step: Double, dimension: Int = 5, seed: UInt64
  ) -> [[Double]] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { index in
      let level = Double(changesAt.count { $0 <= index })
      var vector: [Double] = []
      for place in 0..<dimension {
        // Sum of uniforms: near enough to normal, variance 1.
        var noise = -6.0
        for _ in 0..<12 { noise += random.unit() }
        vector.append(place % 2 == 0 ? noise + step * level : noise - step * level)
      }
      return vector
    }
  }

  @Test func `planted changes are found where they are`() {
    var found = 0
    for seed in 0..<40 as Range<UInt64> {
      let vectors = series(40, changesAt: [13, 27], step: 4, seed: seed)
      if changePoints(of: vectors) == [13, 27] { found += 1 }
    }
    #expect(found >= 38)
  }

  @Test func `noise has no changes, but now and then by chance`() {
    var seen = 0
    for seed in 100..<140 as Range<UInt64> {
      let noise = series(40, changesAt: [], step: 0, seed: seed)
      if !changePoints(of: noise).isEmpty { seen += 1 }
      #expect(!drifts(noise, cutAt: changePoints(of: noise)))
    }
    #expect(seen <= 2)
  }

  @Test func `a walk drifts, a change does not`() {
    var random = RandomStream(seed: 12)
    var place = [Double](repeating: 0, count: 20)
    let walk = (0..<20).map { _ in
      for axis in place.indices { place[axis] += random.unit() - 0.5 }
      return place
    }
    #expect(drifts(walk, cutAt: changePoints(of: walk)))
    let changed = series(20, changesAt: [10], step: 5, dimension: 20, seed: 13)
    #expect(changePoints(of: changed) == [10])
    #expect(!drifts(changed, cutAt: [10]))
  }

  @Test func `a series that stands still and jumps once`() {
    let vectors =
      [[Double]](repeating: [1, 2], count: 5) + [[Double]](repeating: [2, 1], count: 4)
    #expect(changePoints(of: vectors) == [5])
    #expect(changePoints(of: [[Double]](repeating: [3], count: 9)).isEmpty)
    #expect(changePoints(of: [[1], [9], [1]]).isEmpty)
    #expect(changePoints(of: []).isEmpty)
  }

  /// All ways to cut, without pruning.
  @Test func `agrees with optimal partitioning that prunes nothing`() {
    for seed in 200..<240 as Range<UInt64> {
      let vectors = series(14, changesAt: [4, 9], step: Double(seed % 5), dimension: 2, seed: seed)
      #expect(changePoints(of: vectors) == naive(vectors))
    }
  }

  private func naive(_ series: [[Double]]) -> [Int] {
    let (count, dimension) = (series.count, series[0].count)
    let steps = (1..<count).map { squaredDistance(series[$0], series[$0 - 1]) }.sorted()
    let middle = Double(steps.count - 1) / 2
    let median = (steps[Int(middle)] + steps[Int(middle.rounded(.up))]) / 2
    let root = 1 - 2 / (9 * Double(dimension))
    let variance = median / (2 * root * root * root) / Double(dimension)
    let price = 1.5 * Double(dimension + 1) * log(Double(count))
    func cost(_ run: Range<Int>) -> Double {
      var mean = [Double](repeating: 0, count: dimension)
      for index in run {
        for place in 0..<dimension { mean[place] += series[index][place] / Double(run.count) }
      }
      var sum = 0.0
      for index in run { sum += squaredDistance(series[index], mean) }
      return sum / variance
    }
    var best: (cost: Double, changes: [Int]) = (.infinity, [])
    for mask in 0..<(1 << (count - 1)) {
      let cuts = (1..<count).filter { mask >> ($0 - 1) & 1 == 1 }
      let edges = [0] + cuts + [count]
      guard cuts.count <= 4, zip(edges, edges.dropFirst()).allSatisfy({ $1 - $0 >= 2 }) else {
        continue
      }
      var whole = Double(cuts.count) * price
      for (start, end) in zip(edges, edges.dropFirst()) { whole += cost(start..<end) }
      if whole < best.cost { best = (whole, cuts) }
    }
    return best.changes
  }

  private func squaredDistance(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for (one, other) in zip(left, right) { sum += (one - other) * (one - other) }
    return sum
  }

  @Test func `a trace whose pairs change for good`() {
    var random = RandomStream(seed: 5)
    let demands = (0..<16).map { iteration in
      (
        Int32(iteration), Int32(0),
        Fixture.matrix(8) {
          let isHot = ($1 - $0 + 8) % 8 == (iteration < 6 ? 1 : 4)
          return 1000 + random.below(100) + (isHot ? 2000 : 0)
        }
      )
    }
    let options = LocalityOptions(readsDetails: true)
    let changes = analyseLocality(expertWorkload(demands), options: options).details?.changes
    #expect(changes?.pairs.iterations == [6])
    #expect(changes?.receipts.iterations == [])
    let few = analyseLocality(expertWorkload(Array(demands.prefix(5))), options: options)
    #expect(few.details?.changes.pairs.absence == .tooFew(have: 5, need: 6, of: "iterations"))
    // Receipts are even throughout, so guessed senders leave nothing to see.
    let guessed = expertWorkload(
      demands, provenance: ["routing.sourceRank": Provenance(.inferred, method: "blocks")])
    let blind = analyseLocality(guessed, options: options).details?.changes
    #expect(blind?.pairs.absence == .notIdentifiable("source ranks are inferred (blocks)"))
    #expect(blind?.receipts.iterations == [])
  }
}
