import Foundation
import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

@Suite struct ConcentrationTests {
  @Test func `statistics of F8's pairs`() {
    let pairs = PairDistribution(Fixture.f8)
    #expect(pairs.total == 515)
    #expect(pairs.pairCount == 56)
    #expect(isClose(pairs.gini, 0.28436))
    #expect(isClose(pairs.entropyBits, 5.60197))
    #expect(isClose(pairs.normalisedEntropy, 0.96463))
    #expect(isClose(pairs.jain, 0.80260))
    #expect(isClose(pairs.coefficientOfVariation, 0.49593))
    #expect(isClose(pairs.topQuarterShare, 0.40583))
    #expect(pairs.pairsNeeded(for: 0.9) == 41)
  }

  @Test func `one load among zeros`() {
    let imbalance = Imbalance(loads: [0, 0, 0, 1] as [Double])
    #expect(imbalance?.gini == 0.75)
    #expect(imbalance?.maxOverMean == 4)
    #expect(imbalance?.jain == 0.25)
    #expect(imbalance?.busiest == 3)
  }

  @Test func `equal loads are exactly balanced`() {
    let imbalance = Imbalance(loads: [Int64](repeating: 3, count: 7))
    #expect(imbalance?.maxOverMean == 1)
    #expect(isClose(imbalance?.gini, 0, within: 1e-15))
    #expect(isClose(imbalance?.jain, 1, within: 1e-15))
    #expect(imbalance?.busiest == 0)
    #expect(PairDistribution(Fixture.uniform(9)).normalisedEntropy == 1)
    #expect(PairDistribution(Fixture.matrix(5) { _, _ in 3 }).pairsNeeded(for: 0.9) == 18)
  }

  @Test func `nothing to compare gives nothing`() {
    #expect(Imbalance(loads: [] as [Int64]) == nil)
    #expect(Imbalance(loads: [0, 0] as [Int64]) == nil)
    let empty = PairDistribution(TrafficMatrix(size: 3))
    #expect(empty.gini == nil)
    #expect(empty.pairsNeeded(for: 0.9) == 0)
    #expect(empty.entropyBits == 0)
    #expect(empty.share(ofTop: 2) == 0)
  }

  /// G = Σᵢ Σⱼ |xᵢ − xⱼ| ÷ (2·n·Σx), the definition that needs no order.
  @Test func `Gini agrees with its definition over all pairs of loads`() {
    var random = RandomStream(seed: 5)
    for _ in 0..<50 {
      let loads = (0..<(1 + random.below(30))).map { _ in Double(random.below(100)) }
      let sum = loads.reduce(0, +)
      guard sum > 0 else { continue }
      let differences = loads.reduce(0) { whole, x in
        whole + loads.reduce(0) { $0 + abs(x - $1) }
      }
      let expected = differences / (2 * Double(loads.count) * sum)
      #expect(isClose(Imbalance(loads: loads)?.gini, expected, within: 1e-12))
    }
  }

  @Test func `scale changes no dimensionless statistic`() {
    var random = RandomStream(seed: 6)
    for _ in 0..<20 {
      let matrix = Fixture.random(6, &random)
      var scaled = matrix
      for cell in scaled.cells.indices { scaled.cells[cell] *= 3 }
      let (one, three) = (PairDistribution(matrix), PairDistribution(scaled))
      #expect(isClose(three.gini, one.gini ?? 0, within: 1e-12))
      #expect(isClose(three.entropyBits, one.entropyBits, within: 1e-12))
      #expect(isClose(three.topQuarterShare, one.topQuarterShare, within: 1e-12))
      #expect(three.pairsNeeded(for: 0.9) == one.pairsNeeded(for: 0.9))
      let loads = (matrix.columnSums, scaled.columnSums)
      let (few, many) = (Imbalance(loads: loads.0), Imbalance(loads: loads.1))
      #expect(isClose(many?.maxOverMean, few?.maxOverMean ?? 0, within: 1e-12))
      #expect(
        isClose(many?.coefficientOfVariation, few?.coefficientOfVariation ?? 0, within: 1e-12))
    }
  }

  /// Reference: the top 6, 14 and 28 of 56 pairs carry 26 %, 47.5 % and 75.4 %.
  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func `coverage of MixNet's measured matrix`() throws {
    let pairs = PairDistribution(try Fixture.real("mixnet/mixnet_tokens_8x8_measured.txt"))
    #expect(isClose(pairs.share(ofTop: 6), 0.2601479642893038, within: 1e-12))
    #expect(isClose(pairs.topQuarterShare, 0.4753866255314872, within: 1e-12))
    #expect(isClose(pairs.share(ofTop: 28), 0.7540279410415183, within: 1e-12))
    #expect(pairs.pairsNeeded(for: 0.9) == 39)
  }
}
