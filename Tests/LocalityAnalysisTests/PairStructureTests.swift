import Foundation
import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

@Suite struct PairStructureTests {
  @Test func `mutual information of known matrices`() throws {
    #expect(isClose(PairStructure(Fixture.f8)?.mutualInformationBits, 0.36182))
    #expect(isClose(PairStructure(Fixture.p8)?.mutualInformationBits, 1.59948))
    #expect(PairStructure(Fixture.shift8)?.mutualInformationBits == 3)
    let uniform = try #require(PairStructure(Fixture.uniform(8)))
    #expect(isClose(uniform.mutualInformationBits, 0.19265))
  }

  /// The excess is the divergence from the quasi-independent matrix.
  ///
  /// For equal margins that matrix is uniform, hence 3 − log₂(8/7) for the shift; F8's was fitted
  /// with numpy.
  @Test func `excess is what remains above the empty diagonal`() throws {
    #expect(isClose(PairStructure(Fixture.shift8)?.excessBits, 3 - log2(8.0 / 7), within: 1e-12))
    #expect(isClose(PairStructure(Fixture.p8)?.excessBits, 1.4068374869903613, within: 1e-9))
    #expect(isClose(PairStructure(Fixture.b8)?.excessBits, 0.6510051057078786, within: 1e-9))
    #expect(isClose(PairStructure(Fixture.f8)?.excessBits, 0.16890747147394797, within: 1e-9))
    #expect(isClose(PairStructure(Fixture.f8)?.rankOneResidual, 0.19138161595117303, within: 1e-9))
    #expect(isClose(PairStructure(Fixture.f8)?.diagonalBaselineBits, 0.1929145561652, within: 1e-9))
  }

  @Test(arguments: [2, 3, 5, 8, 13, 64]) func `uniform traffic has exactly no excess`(size: Int)
    throws
  {
    let structure = try #require(PairStructure(Fixture.uniform(size, bytes: 7)))
    #expect(structure.excessBits == 0)
    #expect(structure.rankOneResidual == 0)
    let baseline = log2(Double(size) / Double(size - 1))
    #expect(isClose(structure.diagonalBaselineBits, baseline, within: 1e-12))
  }

  /// Hot senders and hot receivers alone: a[i]·b[j] off the diagonal, however skewed.
  @Test func `products of send and receive factors have no excess`() throws {
    var random = RandomStream(seed: 7)
    for size in 3...12 {
      let send = (0..<size).map { _ in 1 + random.below(1000) }
      let receive = (0..<size).map { _ in 1 + random.below(1000) }
      let structure = try #require(PairStructure(Fixture.matrix(size) { send[$0] * receive[$1] }))
      #expect(structure.excessBits == 0)
      #expect(structure.mutualInformationBits > 0)
    }
  }

  @Test func `one end in all traffic is explained by its totals`() throws {
    let star = Fixture.matrix(6) { $0 == 2 || $1 == 2 ? 5 + $0 : 0 }
    let structure = try #require(PairStructure(star))
    #expect(structure.excessBits < 1e-3)
  }

  @Test func `never negative, unchanged by scale and by direction`() throws {
    var random = RandomStream(seed: 11)
    for _ in 0..<40 {
      let matrix = Fixture.random(2 + random.below(9), &random)
      guard let structure = PairStructure(matrix) else { continue }
      #expect(structure.mutualInformationBits >= 0)
      #expect(structure.excessBits >= 0)
      #expect(structure.excessBits <= structure.mutualInformationBits)
      #expect((0...1).contains(structure.rankOneResidual))
      var scaled = matrix
      for cell in scaled.cells.indices { scaled.cells[cell] *= 1000 }
      let same = try #require(PairStructure(scaled))
      #expect(isClose(same.excessBits, structure.excessBits, within: 1e-9))
      #expect(isClose(same.rankOneResidual, structure.rankOneResidual, within: 1e-9))
      let turned = try #require(PairStructure(matrix.transposed))
      #expect(isClose(turned.excessBits, structure.excessBits, within: 1e-6))
    }
  }

  @Test func `no bytes between ends give nothing`() {
    #expect(PairStructure(TrafficMatrix(size: 4)) == nil)
    #expect(PairStructure(TrafficMatrix(size: 0)) == nil)
    #expect(PairStructure(TrafficMatrix(rows: [[5]])) == nil)
  }

  /// 41 free cells of 8 × 8, 1000 tokens: 41 / (2000 · ln 2).
  @Test func `chance alone shows some excess in few tokens`() {
    let floor = PairStructure.samplingFloorBits(ends: 8, tokens: 1000)
    #expect(isClose(floor, 41 / (2000 * log(2)), within: 1e-12))
    var random = RandomStream(seed: 3)
    var sum = 0.0
    for _ in 0..<100 {
      var matrix = TrafficMatrix(size: 8)
      for _ in 0..<1000 {
        let source = random.below(8)
        matrix[source, (source + 1 + random.below(7)) % 8] += 1
      }
      sum += PairStructure(matrix)?.excessBits ?? 0
    }
    #expect(isClose(sum / 100, floor, within: 0.1 * floor))
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func `MixNet's measured matrix has hot experts and no hot pairs`() throws {
    let matrix = try Fixture.real("mixnet/mixnet_tokens_8x8_measured.txt")
    #expect(matrix.columnSums == [77703, 44706, 8042, 26001, 31953, 24035, 7237, 42467])
    #expect(matrix.withoutDiagonal.total == 228_839)
    let structure = try #require(PairStructure(matrix))
    #expect(isClose(structure.withDiagonalBits, 0.011190213996888274, within: 1e-9))
    #expect(isClose(structure.mutualInformationBits, 0.19611371212166376, within: 1e-9))
    // The plain product of the margins with its diagonal zeroed would leave 0.0222 bit.
    #expect(isClose(structure.excessBits, 0.010300954935055, within: 1e-9))
    #expect(isClose(structure.rankOneResidual, 0.04357141373135, within: 1e-9))
    #expect(isClose(Imbalance(loads: matrix.columnSums)?.maxOverMean, 2.371307373046875))
  }
}
