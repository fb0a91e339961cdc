import Foundation
import LocalityAnalysis
import Testing
import TraceModel

/// The oracles of the method: order, skew, both or neither.
@Suite struct TraceComplexityTests {
  private let count = 40_000
  private let alphabet = 56

  private func uniform(seed: UInt64 = 9) -> [Int32] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { _ in Int32(random.below(alphabet)) }
  }

  @Test func `independent uniform pairs have neither order nor skew`() throws {
    let complexity = try #require(TraceComplexity(symbols: uniform(), alphabet: alphabet))
    #expect(isClose(complexity.temporal, 1, within: 0.01))
    #expect(isClose(complexity.nonTemporal, 1, within: 0.01))
    #expect(complexity.shuffleCount == 10)
  }

  @Test func `the same pairs sorted have order alone`() throws {
    let complexity = try #require(
      TraceComplexity(symbols: uniform().sorted(), alphabet: alphabet))
    #expect(complexity.temporal < 0.2)
    #expect(isClose(complexity.nonTemporal, 1, within: 0.01))
  }

  @Test func `independent skewed pairs have skew alone`() throws {
    var random = RandomStream(seed: 10)
    let skewed = (0..<count).map { _ in Int32(random.below(1 + random.below(8))) }
    let complexity = try #require(TraceComplexity(symbols: skewed, alphabet: alphabet))
    #expect(isClose(complexity.temporal, 1, within: 0.02))
    #expect(complexity.nonTemporal < 0.7)
  }

  /// A shuffle of a constant is the same constant, so all of its order shows as skew.
  @Test func `one pair over and over is as good as nothing`() throws {
    let constant = [Int32](repeating: 3, count: count)
    let complexity = try #require(TraceComplexity(symbols: constant, alphabet: alphabet))
    #expect(complexity.temporal == 1)
    #expect(complexity.overall < 0.05)
  }

  @Test func `the same seed gives the same bits, an empty sequence nothing`() {
    let once = TraceComplexity(symbols: uniform(), alphabet: alphabet, seed: 4)
    #expect(once == TraceComplexity(symbols: uniform(), alphabet: alphabet, seed: 4))
    #expect(TraceComplexity(symbols: [], alphabet: 3) == nil)
  }

  /// Phrases of 0,0 0,0 1,…: (0) (00) (1) (0 1): four phrases of log₂ 2 = 1 bit and their number.
  @Test func `the size of a sequence done by hand`() {
    let symbols: [Int32] = [0, 0, 0, 1, 0, 1]
    // log₂ 1 + log₂ 2 + log₂ 3 + log₂ 4 and four symbols.
    let expected = 0 + 1 + log2(3.0) + 2 + 4
    #expect(isClose(lempelZivBits(symbols.span, alphabet: 2), expected, within: 1e-12))
  }

  @Test func `a trace whose pairs alternate has order, a steady one has skew`() throws {
    let options = LocalityOptions(readsDetails: true)
    func complexity(_ shift: (Int) -> Int) throws -> TraceComplexity {
      let demands = (0..<24).map { iteration in
        (
          Int32(iteration), Int32(0),
          Fixture.matrix(8) { ($1 - $0 + 8) % 8 == shift(iteration) ? 900 : 10 }
        )
      }
      let report = analyseLocality(expertWorkload(demands), options: options)
      return try #require(report.details?.complexity)
    }
    let moving = try complexity { $0 % 7 + 1 }
    let steady = try complexity { _ in 3 }
    #expect(moving.temporal < 0.8)
    #expect(isClose(steady.temporal, 1, within: 0.02))
    #expect(steady.nonTemporal < 0.75)
    #expect(moving.nonTemporal > 0.95)
  }

  /// Groups run side by side: what one draws says nothing of the other, and no pair leads across.
  @Test(arguments: [1, 2, 4]) func `even draws in several expert groups have no order`(
    groups: Int
  ) throws {
    var random = RandomStream(seed: 31)
    let size = 8 * groups
    let layout = Layout(
      serverCount: size, gpusPerServer: 1, parallelism: Parallelism(expert: 8, data: size))
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for iteration in 0..<20 {
      for group in 0..<groups {
        let matrix = Fixture.matrix(size) { source, destination in
          source / 8 == group && destination / 8 == group ? 900 + random.below(200) : 0
        }
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: .dispatchForward,
            iteration: Int32(iteration), layer: 0, group: Int32(group),
            demand: demands.append(matrix)))
      }
    }
    let workload = Workload(grain: .server, layout: layout, demands: demands, steps: steps)
    let report = analyseLocality(workload, options: LocalityOptions(readsDetails: true))
    let complexity = try #require(report.details?.complexity)
    #expect(isClose(complexity.temporal, 1, within: 0.01))
    #expect(isClose(complexity.nonTemporal, 1, within: 0.01))
    #expect(abs(complexity.symbolCount - 65_536) <= groups)
  }
}
