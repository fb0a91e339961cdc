import Foundation
import Replay
import TestSupport
import Testing
import TraceModel

/// All-to-alls whose per-flow times were worked out by an independent fluid solver that agrees with
/// SimGrid.
struct PeerScenario: Sendable, CustomStringConvertible {
  var name: String
  var nodes: Int
  var unit: Int64
  /// Nodes whose numbers agree modulo this exchange bytes.
  var stride: Int
  var network: FatTree
  var completionMicroseconds: Double

  var description: String { name }

  static let all = [
    PeerScenario(
      name: "S1", nodes: 128, unit: 16_384, stride: 1,
      network: FatTree(serversPerLeaf: 4, leavesPerPod: 4), completionMicroseconds: 2083.717),
    PeerScenario(
      name: "S3", nodes: 1024, unit: 4_096, stride: 32,
      network: FatTree(
        serversPerLeaf: 8, leavesPerPod: 8, leafOversubscription: 1, podOversubscription: 4),
      completionMicroseconds: 485.188),
  ]

  /// One all-to-all of servers.
  func workload() -> Workload {
    var matrix = TrafficMatrix(size: nodes)
    for source in 0..<nodes {
      for destination in Swift.stride(from: source % stride, to: nodes, by: stride)
      where destination != source {
        matrix[source, destination] = Int64((31 * source + 17 * destination) % 97 + 1) * unit
      }
    }
    var demands = DemandSet()
    let demand = demands.append(matrix)
    return Workload(
      grain: .server, layout: Layout(serverCount: nodes, gpusPerServer: 1), demands: demands,
      steps: [
        .init(
          operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
          layer: 0, group: 0, demand: demand)
      ])
  }

  /// One NIC of 400 Gb/s per server.
  var fabric: FabricSpecification {
    FabricSpecification(name: name, summary: "", electrical: network, nicsPerServer: 1)
  }

  func problem(on other: FabricSpecification? = nil) throws -> FluidProblem {
    let workload = workload()
    let built = try FabricNetwork(other ?? fabric, layout: workload.layout, grain: .server)
    let term = DemandTerm(
      demand: workload.steps[0].demand, isTransposed: false, bytesPerUnit: 1, isExpert: true)
    return RoutedDemand(PhaseDemand([term], of: workload), on: built, circuits: nil)
      .fluidProblem()
  }

  /// Microseconds at which each flow ended in one of the peers' runs, by source and destination.
  static func peerTimes(_ name: String) throws -> [PeerFlow] {
    try Programs.run(
      ["gzip", "-dc", RealInputs.path("peers/fct/\(name).csv.gz")]
    ).output.split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: ",")
      return PeerFlow(
        destination: try #require(Int(cells[1])), bytes: try #require(Double(cells[2])),
        microseconds: try #require(Double(cells[3])))
    }
  }

  /// A debug build needs half a minute for one of them.
  #if DEBUG
    static let areFastEnough = false
  #else
    static let areFastEnough = true
  #endif
}

/// One line of a peer's run.
struct PeerFlow {
  var destination: Int
  var bytes: Double
  var microseconds: Double
}

@Suite(
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
  .enabled(if: PeerScenario.areFastEnough, "peer scenarios run in release builds"))
struct PeerScenarioTests {
  @Test(arguments: PeerScenario.all)
  func everyFlowEndsWhenTheReferenceSays(_ scenario: PeerScenario) throws {
    try expect(
      try scenario.problem(), endsAsIn: "\(scenario.name)_fluid_spray",
      completionMicroseconds: scenario.completionMicroseconds)
  }

  @Test func fixedPathsEndWhenTheReferenceSays() throws {
    try expect(
      fixedPathAllToAll(), endsAsIn: "S1_fluid_dmodk", completionMicroseconds: 2105.960)
  }

  private func expect(
    _ problem: FluidProblem, endsAsIn name: String, completionMicroseconds: Double
  ) throws {
    let reference = try PeerScenario.peerTimes(name)
    let solution = try problem.solve()
    #expect(reference.count == problem.flowCount)
    #expect(abs(solution.completion / 1000 - completionMicroseconds) < 0.0006)
    var mismatches = 0
    for (flow, peer) in reference.enumerated() {
      #expect(peer.bytes == problem.flowBytes[flow])
      // The file has three decimals.
      let error = abs(solution.finish[flow] / 1000 - peer.microseconds)
      if error > 1e-6 * peer.microseconds + 0.0005001 { mismatches += 1 }
    }
    #expect(mismatches == 0)
  }

  /// S1 over one fixed path per destination: 8 pods of 4 leaves of 4 servers, D-mod-k.
  private func fixedPathAllToAll() -> FluidProblem {
    let nodes = 128
    var problem = FluidProblem(linkCapacity: [Double](repeating: 50, count: 6 * nodes))
    for source in 0..<nodes {
      for destination in 0..<nodes where destination != source {
        let (spine, core) = (destination % 4, destination / 4 % 4)
        var path = [source]
        if source / 4 != destination / 4 {
          path.append(2 * nodes + source / 4 * 4 + spine)
          if source / 16 != destination / 16 {
            path.append(4 * nodes + (source / 16 * 4 + spine) * 4 + core)
            path.append(5 * nodes + (destination / 16 * 4 + spine) * 4 + core)
          }
          path.append(3 * nodes + destination / 4 * 4 + spine)
        }
        path.append(nodes + destination)
        problem.appendFlow(
          bytes: Double(((31 * source + 17 * destination) % 97 + 1) * 16_384),
          over: path.map { Int32($0) })
      }
    }
    return problem
  }
}
