import LocalityAnalysis
import TestSupport
import Testing
import TraceModel

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
      #expect(
        report.synthetic == SyntheticSign(.permutedRows, demandCount: 1, examinedCount: 1))
      #expect(
        report.verdict.first?.sentence.contains("rows are permutations of one vector") == true)
    }
    let measured = try Fixture.real("mixnet/mixnet_tokens_8x8_measured.txt")
    #expect(!rowsPermuteOneVector(measured))
    #expect(!rowsPermuteOneVector(measured.withoutDiagonal))
    #expect(analyseLocality(expertWorkload([(0, 0, measured)])).synthetic == nil)
  }

  @Test func `symmetric, circulant and tiny matrices are regular for a reason`() {
    let triangle = TrafficMatrix(rows: [[0, 3, 5], [3, 0, 7], [5, 7, 0]])
    let byDistance = Fixture.matrix(8) { [0, 9, 5, 2, 1, 4, 7, 3][($1 - $0 + 8) % 8] }
    let symmetric = Fixture.matrix(8) { [0, 9, 5, 2, 1, 4, 7, 3][$0 ^ $1] }
    for matrix in [triangle, byDistance, symmetric] { #expect(!rowsPermuteOneVector(matrix)) }
  }

  /// Tokens of each source drawn from one Zipf law, two experts each, anew in every iteration.
  private func drawn(
    iterations: Int, tokens: Int, seed: UInt64, weights: (Int, Int) -> [Double]
  ) -> [(Int32, Int32, TrafficMatrix)] {
    var random = RandomStream(seed: seed)
    return (0..<iterations).map { iteration in
      var matrix = TrafficMatrix(size: 8)
      for source in 0..<8 {
        for _ in 0..<tokens {
          var left = weights(iteration, source)
          for _ in 0..<2 {
            var point = random.unit() * left.reduce(0, +)
            let expert = left.firstIndex { weight in
              point -= weight
              return point < 0
            }
            guard let expert else { continue }
            matrix[source, expert] += 1
            left[expert] = 0
          }
        }
      }
      return (Int32(iteration), 0, matrix)
    }
  }

  @Test func `independent rows trigger, whatever a token weighs`() {
    let zipf = (1...8).map { 1 / Double($0) }
    let demands = drawn(iterations: 4, tokens: 2048, seed: 3) { iteration, _ in
      (0..<8).map { zipf[($0 + 3 * iteration) % 8] }
    }
    for scale in [1, 8192] as [Int64] {
      let scaled = demands.map { entry in
        var matrix = entry.2
        for cell in matrix.cells.indices { matrix.cells[cell] *= scale }
        return (entry.0, entry.1, matrix)
      }
      let report = analyseLocality(expertWorkload(scaled))
      #expect(report.synthetic?.rule == .independentRows)
      #expect(report.verdict.first?.topic == .warning)
      let later = report.verdict.filter { ![.warning, .scope, .optics].contains($0.topic) }
      #expect(!later.isEmpty)
      for line in later { #expect(line.sentence.hasSuffix("That holds for the generator only.")) }
    }
    // Without own bytes the other cells tell.
    let remote = demands.map { ($0.0, $0.1, $0.2.withoutDiagonal) }
    #expect(analyseLocality(expertWorkload(remote)).synthetic?.rule == .independentRows)
    // Guessed senders are independent by construction.
    let guessed = expertWorkload(
      demands, provenance: ["routing.sourceRank": Provenance(.inferred, method: "blocks")])
    #expect(analyseLocality(guessed).synthetic == nil)
  }

  @Test func `pairs that never drift trigger, drifting ones do not`() {
    let affine = { (shift: Int) in
      { (iteration: Int, source: Int) -> [Double] in
        (0..<8).map { ($0 + source + shift * iteration) % 8 == 0 ? 3 : 1 }
      }
    }
    let still = drawn(iterations: 4, tokens: 2048, seed: 4, weights: affine(0))
    #expect(analyseLocality(expertWorkload(still)).synthetic?.rule == .noDrift)
    let moving = drawn(iterations: 4, tokens: 2048, seed: 5, weights: affine(1))
    #expect(analyseLocality(expertWorkload(moving)).synthetic == nil)
    // The same matrix again is a replay, not a generator.
    let same = (0..<4).map { (Int32($0), Int32(0), still[0].2) }
    #expect(analyseLocality(expertWorkload(same)).synthetic == nil)
  }

  @Test func `few tokens and even traffic prove nothing`() {
    let zipf = (1...8).map { 1 / Double($0) }
    let few = drawn(iterations: 4, tokens: 20, seed: 6) { _, _ in zipf }
    #expect(analyseLocality(expertWorkload(few)).synthetic == nil)
    let even = (0..<4).map { (Int32($0), Int32(0), Fixture.uniform(8, bytes: 10_000)) }
    #expect(analyseLocality(expertWorkload(even)).synthetic == nil)
    let product = Fixture.matrix(8) { 100 * ($0 + 1) * ($1 + 1) }
    #expect(analyseLocality(expertWorkload([(0, 0, product)])).synthetic == nil)
  }

  /// The same draws in each of several expert groups, which never meet.
  @Test func `pairs that never drift trigger in several expert groups, too`() {
    let affine = { (_: Int, source: Int) -> [Double] in
      (0..<8).map { ($0 + source) % 8 == 0 ? 3 : 1 }
    }
    var set = DemandSet()
    var steps: [Workload.Step] = []
    for group in 0..<2 {
      let draws = drawn(iterations: 4, tokens: 2048, seed: 20 + UInt64(group), weights: affine)
      for (iteration, _, small) in draws {
        var matrix = TrafficMatrix(size: 16)
        for source in 0..<8 {
          for expert in 0..<8 {
            matrix[8 * group + source, 8 * group + expert] = small[source, expert]
          }
        }
        steps.append(
          Workload.Step(
            operation: 2 * iteration + Int32(group), kind: .allToAll, role: .expert,
            phase: .dispatchForward, iteration: iteration, layer: 0, group: Int32(group),
            demand: set.append(matrix)))
      }
    }
    let workload = Workload(
      grain: .server,
      layout: Layout(
        serverCount: 16, gpusPerServer: 1, parallelism: Parallelism(expert: 8, data: 16)),
      demands: set, steps: steps)
    #expect(analyseLocality(workload).synthetic?.rule == .noDrift)
  }

  /// 8,192 counts for 49 degrees of freedom are few, twenty times as many are not.
  @Test func `many small demands tell as much as a large one`() {
    let even = { (_: Int, _: Int) in [Double](repeating: 1, count: 8) }
    let one = analyseLocality(
      expertWorkload(drawn(iterations: 1, tokens: 64, seed: 8, weights: even)))
    #expect(one.synthetic == nil)
    #expect(one.notes.contains { $0.hasPrefix("too few tokens to tell") })
    let many = analyseLocality(
      expertWorkload(drawn(iterations: 40, tokens: 512, seed: 8, weights: even)))
    #expect(many.synthetic?.rule == .independentRows)
    #expect(!many.notes.contains { $0.hasPrefix("too few tokens to tell") })
    // Structure as weak as the measured matrix's shows at the same power.
    let weak = drawn(iterations: 40, tokens: 512, seed: 8) { _, source in
      (0..<8).map { ($0 + source) % 8 < 4 ? 1.28 : 1 }
    }
    #expect(analyseLocality(expertWorkload(weak)).synthetic?.rule != .independentRows)
  }
}
