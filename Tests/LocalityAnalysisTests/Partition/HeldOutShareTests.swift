import LocalityAnalysis
import Testing
import TraceModel

@Suite struct HeldOutShareTests {
  /// Independent noise in every iteration: what is found in one half is nothing in the other.
  @Test func `noise has regions on its own bytes only`() throws {
    var random = RandomStream(seed: 41)
    let demands = (0..<4).map { iteration in
      (Int32(iteration), Int32(0), Fixture.matrix(32) { _, _ in random.below(1_000) })
    }
    let report = analyseLocality(expertWorkload(demands))
    #expect(report.split.fitted.count == 2)
    #expect(report.split.scored.count == 2)
    for point in report.curve where [2, 4, 8].contains(point.size) {
      let heldOut = try #require(point.heldOut)
      #expect(point.best.share > 1.15 * point.uniform)
      #expect(abs(heldOut / point.uniform - 1) < 0.1)
      #expect(point.bestShare == heldOut)
    }
    let sentence = report.verdict.first { $0.topic == .regions }?.sentence
    #expect(sentence?.contains("same bytes") == false)
  }

  @Test func `every share of a point is of the scored bytes, except that of the fit`() throws {
    var random = RandomStream(seed: 42)
    let (fitted, scored) = (Fixture.random(10, &random), Fixture.random(10, &random))
    let order = random.permutation(10)
    let curve = localityCurve(fitted, scoredOn: scored, sizes: [2, 5, 10], declaredOrder: order)
    for point in curve {
      let regionOf = point.best.grouping.regionOf
      let contiguous = Grouping.contiguous(serverCount: 10, size: point.size).regionOf
      let declared = Grouping(name: "", order: order, size: point.size).regionOf
      #expect(point.best == bestPartition(fitted, size: point.size))
      #expect(point.heldOut == intraRegionShare(scored, regionOf: regionOf))
      #expect(point.contiguous == intraRegionShare(scored, regionOf: contiguous))
      #expect(point.declared == intraRegionShare(scored, regionOf: declared))
    }
    #expect(curve.last?.heldOut == 1)
  }

  @Test func `one iteration is fitted and scored on the same bytes, and says so`() throws {
    let report = analyseLocality(expertWorkload([(3, 0, Fixture.f8), (3, 1, Fixture.p8)]))
    #expect(report.split.isScoredOnItself)
    #expect(report.split.sentence.hasPrefix("fitted and scored on the same bytes"))
    #expect(report.curve.allSatisfy { $0.heldOut == nil && $0.bestShare == $0.best.share })
    let sentence = report.verdict.first { $0.topic == .regions }?.sentence
    #expect(sentence?.hasSuffix("Fitted and scored on the same bytes.") == true)
  }

  @Test func `iterations without bytes between servers leave nothing to hold out`() {
    let empty = TrafficMatrix(size: 8)
    let report = analyseLocality(
      expertWorkload([(0, 0, Fixture.f8), (1, 0, empty), (Operation.unknown, 0, Fixture.p8)]))
    #expect(report.split.isScoredOnItself)
    let whole = report.curve.first { $0.size == 4 }
    var both = Fixture.f8
    both.add(Fixture.p8)
    #expect(whole?.best == bestPartition(both, size: 4))
  }
}
