import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

@Suite struct TimeSimilarityTests {
  private let experts = MatrixSelection(roles: [.expert], orientation: .dispatch)

  @Test func `cosine and Jaccard of hand-made matrices`() throws {
    let one = SparseTraffic(TrafficMatrix(rows: [[9, 3, 0], [4, 0, 0], [0, 0, 0]]))
    let other = SparseTraffic(TrafficMatrix(rows: [[0, 4, 0], [0, 0, 3], [0, 0, 0]]))
    // (3, 4, 0) · (4, 0, 3) / 25; the diagonal does not count.
    #expect(isClose(one.cosine(other), 12.0 / 25, within: 1e-15))
    // Heaviest pair of each: 1→0 and 0→1. All pairs: {01, 10} and {01, 12}.
    #expect(one.jaccardOfTop(other) == 0)
    #expect(isClose(one.jaccardOfTop(other, share: 1), 1.0 / 3, within: 1e-15))
    #expect(isClose(one.cosine(one), 1, within: 1e-15))
    #expect(one.cosine(SparseTraffic(TrafficMatrix(size: 3))) == nil)
    #expect(SparseTraffic(TrafficMatrix(size: 3)).jaccardOfTop(one) == nil)
  }

  @Test(arguments: [1, 2]) func `fewer than three iterations say nothing`(count: Int) {
    let demands = (0..<count).map { (Int32($0), Int32(0), Fixture.f8) }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(time.cosine == .tooFew(have: count, need: 3, of: "iterations"))
    #expect(time.jaccard.description == "too few: \(count) of 3 iterations")
    #expect(time.layers.isEmpty)
  }

  @Test func `iterations that the input does not number do not count`() {
    let demands = (0..<5).map { _ in (Operation.unknown, Int32(0), Fixture.f8) }
    #expect(
      TimeSimilarity(expertWorkload(demands), experts).cosine
        == .tooFew(have: 0, need: 3, of: "iterations"))
  }

  @Test func `a repeated matrix is like itself, its spread needs ten iterations`() {
    let demands = (0..<3).flatMap { iteration in
      [0, 1].map { (Int32(iteration), Int32($0), Fixture.f8) }
    }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(isClose(time.cosine.number, 1, within: 1e-12))
    #expect(time.jaccard.number == 1)
    #expect(time.layers.map(\.cosines.count) == [2, 2])
    #expect(time.cosineSpread[0] == .tooFew(have: 3, need: 10, of: "iterations"))
    #expect(isClose(time.adjacentLayers.number, 1, within: 1e-12))
  }

  @Test func `alternating matrices are unlike, layers apart`() {
    let shifts = (0..<2).map { shift in
      Fixture.matrix(8) { ($0 + shift + 1) % 8 == $1 ? 1 : 0 }
    }
    var demands: [(iteration: Int32, layer: Int32, matrix: TrafficMatrix)] = []
    for iteration in 0..<12 {
      demands.append((Int32(iteration), 0, shifts[iteration % 2]))
      demands.append((Int32(iteration), 1, shifts[0]))
    }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(time.layers[0].cosines == [Double](repeating: 0, count: 11))
    #expect(time.layers[1].cosines == [Double](repeating: 1, count: 11))
    #expect(time.cosine.number == 0.5)
    #expect(time.cosineSpread.map(\.number) == [0, 1])
    // Layer 0 sums to both shifts, layer 1 is one of them: 72 / (√2·6·12).
    #expect(isClose(time.adjacentLayers.number, 1 / 2.0.squareRoot(), within: 1e-12))
  }

  @Test func `layers on other servers are not compared`() {
    let first = Fixture.matrix(8) { $0 < 4 && $1 < 4 ? 1 : 0 }
    let second = Fixture.matrix(8) { $0 >= 4 && $1 >= 4 ? 1 : 0 }
    let time = TimeSimilarity(expertWorkload([(0, 0, first), (0, 1, second)]), experts)
    #expect(time.adjacentLayers.number == nil)
  }

  @Test func `guessed sources foretell nothing`() {
    let demands = (0..<4).map { (Int32($0), Int32(0), Fixture.f8) }
    let time = TimeSimilarity(expertWorkload(demands), experts, absentSources: "guessed")
    #expect(time.cosine == .notIdentifiable("guessed"))
    #expect(time.adjacentLayers == .notIdentifiable("guessed"))
  }
}

@Suite struct SyntheticDetectorTests {
  @Test func `shuffled copies of one vector trigger, with and without the diagonal`() {
    var random = RandomStream(seed: 41)
    let zipf: [Int64] = [840, 420, 280, 210, 168, 140, 120, 105]
    let rows = (0..<8).map { _ in random.permutation(8).map { zipf[$0] } }
    let matrix = TrafficMatrix(rows: rows)
    #expect(rowsPermuteOneVector(matrix))
    #expect(rowsPermuteOneVector(matrix.withoutDiagonal))
    #expect(!rowsPermuteOneVector(matrix.transposed))
    var disturbed = matrix
    disturbed[3, 4] += 1
    #expect(!rowsPermuteOneVector(disturbed))
  }

  @Test func `regular collectives and small matrices do not trigger`() {
    for matrix in [
      Fixture.uniform(8), Fixture.shift8, Fixture.p8, Fixture.b8, Fixture.f8,
      TrafficMatrix(size: 4), TrafficMatrix(size: 0), TrafficMatrix(rows: [[0, 1], [2, 0]]),
    ] {
      #expect(!rowsPermuteOneVector(matrix))
    }
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func `published Zipf matrices trigger and the measured one does not`() throws {
    for name in ["mixnet/mixnet_wm_ep8_zipf.txt", "mixnet/mixnet_wm_ep16_zipf.txt"] {
      let matrix = try Fixture.real(name)
      #expect(rowsPermuteOneVector(matrix))
      #expect(rowsPermuteOneVector(matrix.withoutDiagonal))
      let report = analyseLocality(expertWorkload([(0, 0, matrix)]))
      #expect(report.synthetic == SyntheticSign(demandCount: 1, examinedCount: 1))
      #expect(
        report.verdict.first?.sentence.contains("rows are permutations of one vector") == true)
    }
    let measured = try Fixture.real("mixnet/mixnet_tokens_8x8_measured.txt")
    #expect(!rowsPermuteOneVector(measured))
    #expect(!rowsPermuteOneVector(measured.withoutDiagonal))
    #expect(analyseLocality(expertWorkload([(0, 0, measured)])).synthetic == nil)
  }
}
