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
    #expect(isClose(time.cosineSpread[0].number, -1.0 / 6, within: 1e-12))
    #expect(isClose(time.cosineSpread[1].number, 1, within: 1e-12))
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

  /// All cells alike but for noise: bytes are positive, so cosines are high and say nothing.
  @Test func `noise on even traffic foretells nothing`() throws {
    var random = RandomStream(seed: 61)
    let demands = (0..<12).map { iteration in
      (Int32(iteration), Int32(0), Fixture.matrix(8) { _, _ in 1000 + random.below(200) })
    }
    let report = analyseLocality(expertWorkload(demands))
    #expect(try #require(report.time.cosine.number) > 0.98)
    #expect(abs(try #require(report.time.pairCosine.number)) < 0.1)
    #expect(abs(try #require(report.time.jaccardAboveChance.number)) < 0.1)
    let line = report.verdict.first { $0.topic == .time }
    #expect(line?.sentence.hasPrefix("The last iteration does not foretell") == true)
    #expect(
      report.judgedByRegret(0.001).verdict.contains { $0.sentence.hasPrefix("There is little") })
  }

  @Test func `hot pairs that stay foretell, and completion time has the last word`() throws {
    var random = RandomStream(seed: 62)
    let demands = (0..<12).map { iteration in
      (
        Int32(iteration), Int32(0),
        Fixture.matrix(8) { ($1 - $0 + 8) % 8 == 3 ? 4000 : 1000 + random.below(200) }
      )
    }
    let report = analyseLocality(expertWorkload(demands))
    #expect(try #require(report.time.pairCosine.number) > 0.95)
    func sentence(_ report: LocalityReport) -> String {
      report.verdict.first { $0.topic == .time }?.sentence ?? ""
    }
    #expect(sentence(report).hasPrefix("The last iteration foretells the next: beyond"))
    let judged = report.judgedByRegret(0.4)
    #expect(judged.time.regret == .value(0.4, .share))
    #expect(
      sentence(judged).hasPrefix(
        "The last iteration does not foretell the next: circuits for the last iteration are 40 % slower"
      ))
  }

  @Test func `hot receivers that stay are told from hot pairs`() throws {
    let demands = (0..<4).map {
      (Int32($0), Int32(0), Fixture.matrix(8) { _, to in 100 * (to + 1) })
    }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(
      time.pairCosine
        == .notIdentifiable("totals per end explain every pair: there is nothing to foretell"))
    #expect(isClose(time.receiptCosine.number, 1, within: 1e-12))
  }

  @Test func `iterations with a gap between them are not successive`() {
    let shifts = (0..<2).map { shift in Fixture.matrix(8) { ($0 + shift + 1) % 8 == $1 ? 1 : 0 } }
    let demands = [(0, 0), (1, 0), (5, 1), (6, 1)].map { (Int32($0.0), Int32(0), shifts[$0.1]) }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(time.layers[0].cosines == [1, 1])
    #expect(time.lags.points.map(\.lag) == [1, 4, 5, 6])
    #expect(time.lags.points.map(\.cosine) == [1, 0, 0, 0])
    let sparse = [0, 10, 20].map { (Int32($0), Int32(0), shifts[0]) }
    let none = TimeSimilarity(expertWorkload(sparse), experts)
    #expect(none.cosine.number == nil)
    #expect(none.lags.points.map(\.lag) == [10, 20])
  }

  @Test(arguments: [2, 3, 5]) func `a planted period is found`(length: Int) {
    var random = RandomStream(seed: UInt64(70 + length))
    let demands = (0..<20).map { iteration in
      (
        Int32(iteration), Int32(0),
        Fixture.matrix(8) {
          ($1 - $0 + 8) % 8 == iteration % length + 1 ? 4000 : 900 + random.below(200)
        }
      )
    }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(time.lags.period == .value(Double(length), .iterations))
  }

  /// Each iteration takes over all but one in ten of the pairs of the last: similarity 0.9^lag,
  /// halved against lag 1 after about 6.6 more iterations.
  @Test func `the half-life of planted drift`() throws {
    var random = RandomStream(seed: 80)
    var matrix = Fixture.matrix(16) { _, _ in random.below(1000) }
    var demands: [(Int32, Int32, TrafficMatrix)] = []
    for iteration in 0..<60 {
      for cell in matrix.cells.indices where cell % 17 != 0 && random.below(10) == 0 {
        matrix.cells[cell] = Int64(random.below(1000))
      }
      demands.append((Int32(iteration), 0, matrix))
    }
    let time = TimeSimilarity(expertWorkload(demands), experts)
    #expect(time.lags.period.number == nil)
    #expect(abs(try #require(time.lags.pairHalfLife.number) - 7.6) < 1)
  }
}
