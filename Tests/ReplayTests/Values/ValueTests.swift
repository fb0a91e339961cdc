import Replay
import Testing
import TraceModel

@Suite struct ValueTests {
  /// Eight iterations of two layers whose pairs alternate.
  static let alternating = Workloads.oneGPUPerServer(
    (0..<8).flatMap { _ in [Fixtures.p8(3), Fixtures.p8(2)] },
    iterations: (0..<8).flatMap { [Int32($0), Int32($0)] })

  @Test func reconfiguringPaysForAlternatingPairs() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    let value = try #require(try reconfigurationValue(of: Self.alternating, on: fabric).value)
    // No static circuits serve both better than the circulant's 20.25 by much.
    #expect(value > 0.5)
    #expect(value <= 20.25 / 10.625 - 1 + 1e-9)
    let breakEven = try #require(try breakEvenDelay(of: Self.alternating, on: fabric).value)
    #expect(abs(breakEven - value * 10.625) < 1e-6)
  }

  @Test func oneMatrixMeasuresNothingAboutReconfiguring() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    let single = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(3)], iterations: [0, 1], phases: Phase.allToAlls)
    guard case .notMeasurable(let reason) = try reconfigurationValue(of: single, on: fabric) else {
      Issue.record("a single matrix gave a number")
      return
    }
    #expect(reason.contains("single"))
    let oneIteration = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    #expect(try reconfigurationValue(of: oneIteration, on: fabric).value == nil)
  }

  @Test func pairStructureIsWorthATopology() throws {
    let fabric = unitFabric(ElectricalAwareGreedy())
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3)])
    let value = try #require(try topologyValue(of: workload, on: fabric).value)
    #expect(abs(value - (20.25 / 10.625 - 1)) < 1e-9)
    #expect(Measurement.value(value).isWorthwhile)
    #expect(try topologyValue(of: workload, on: unitFabric(nil)).value == nil)
  }
}
