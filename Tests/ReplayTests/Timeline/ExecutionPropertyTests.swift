import Foundation
import Replay
import TestSupport
import Testing
import TraceModel

/// What must hold on any input.
@Suite struct ExecutionPropertyTests {
  @Test(arguments: SharingMode.allCases) func symmetricEndsRunAsOnePhaseAfterTheOther(
    sharing: SharingMode
  ) throws {
    // All servers send and receive the same, so nobody is ever ahead.
    let workload = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(1)], compute: 3, phases: Phase.allToAlls)
    for fabric in [
      unitFabric(Circulant(), sharing: sharing), unitFabric(nil, sharing: sharing),
      unitFabric(MixNetGreedy(.code), servers: 4, sharing: .exclusive),
    ] {
      let network = try FabricNetwork(fabric, layout: workload.layout, grain: .server)
      let result = try replay(workload, on: fabric, options: ReplayOptions(policy: .never))
      let first = PhaseDemand(
        [DemandTerm(demand: 0, isTransposed: false, bytesPerUnit: 1, isExpert: true)], of: workload)
      let circuits = fabric.optical.map { optical in
        CircuitSet(
          first.regionMatrices(on: network).map {
            optical.scheduler.circuits(
              for: $0, opticalPorts: optical.nicsPerServer, electricalPorts: 2)
          })
      }
      var serial = 0.0
      for step in workload.steps {
        let term = DemandTerm(
          demand: step.demand, isTransposed: step.isTransposed, bytesPerUnit: 1, isExpert: true)
        serial += 3
        serial += try PhaseSolver(network)
          .solve(PhaseDemand([term], of: workload), circuits: circuits).completion
      }
      if fabric.optical?.scheduler.name != "mixnet-code" {
        #expect(abs(result.completionNanoseconds - serial) < 1e-9 * serial)
      } else {
        #expect(result.completionNanoseconds <= serial * (1 + 1e-9))
      }
    }
  }

  @Test func everyByteIsOnItsLinks() throws {
    var random = RandomStream(seed: 12)
    let matrices = (0..<3).map { _ in Fixtures.random(8, &random) }
    let result = try replay(
      Workloads.oneGPUPerServer(matrices, phases: Phase.allToAlls),
      on: unitFabric(MixNetGreedy(.continue), servers: 4, sharing: .splitFair),
      options: ReplayOptions(busiestLinkCount: 1000))
    let total = 4 * Double(matrices.reduce(0) { $0 + $1.total })
    #expect(abs(result.bytes.total - total) < 1e-9 * total)
    for end in ["up", "down"] {
      let nics = result.busiestLinks.filter { $0.tier == .nic && $0.name.hasSuffix(end) }
      #expect(nics.count == 8)
      let sum = nics.reduce(0) { $0 + $1.bytes }
      #expect(abs(sum - result.bytes.electrical) < 1e-9 * total)
    }
    let circuits = result.busiestLinks.filter { $0.tier == .circuit }.reduce(0) { $0 + $1.bytes }
    #expect(abs(circuits - result.bytes.circuits) < 1e-9 * total)
    #expect(result.busiestLinks.allSatisfy { $0.utilisation <= 1 + 1e-9 })
  }
}

/// An all-to-all over one link for every ordered pair takes as long as its largest entry
/// (uncontended rounds of an htsim fork of MixNet's simulator).
@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct FullMeshIdentityTests {
  @Test(
    arguments: [
      ("mixnet/mixnet_tokens_8x8_measured.txt", 8192, 1.7874e6),
      ("mixnet/mixnet_wm_ep16_zipf.txt", 32_768, 10.8705e6),
    ] as [(String, Int64, Double)])
  func anUncontendedRoundLastsAsLongAsItsLargestPair(
    file: String, bytesPerUnit: Int64, nanoseconds: Double
  ) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: RealInputs.path(file)))
    let matrix = TrafficMatrix(rows: try JSONDecoder().decode([[Int64]].self, from: data))
      .withoutDiagonal
    let servers = matrix.size
    let fabric = FabricSpecification(
      name: "mesh", summary: "a circuit for every pair",
      optical: OpticalLayer(
        nicsPerServer: servers - 1, scheduler: Circulant(),
        regions: .contiguous(servers: servers)),
      nicsPerServer: servers, nicBitsPerSecond: 400e9, latencyNanoseconds: 2000)
    let result = try replay(
      Workloads.oneGPUPerServer([matrix], bytesPerUnit: bytesPerUnit), on: fabric)
    #expect(abs(result.completionNanoseconds - nanoseconds) < 1e-4 * nanoseconds)
  }
}
