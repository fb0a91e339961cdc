import Replay
import TestSupport
import Testing
import TraceModel

/// A packet-level simulation of one of the scenarios, and how far fluid times are from it.
struct PacketRun: Sendable, CustomStringConvertible {
  var scenario: PeerScenario
  /// File of the run's flows.
  var file: String
  /// By which part of the packets' completion ours may be earlier; it must not be later.
  var largestError: Double
  /// What the errors are, as parts of the packets' times, worked out from the reference fluid's file.
  ///
  /// Of the completion, of flows on average and with their sign, of receivers on average and at most.
  var completion: Double
  var flows: (mean: Double, bias: Double)
  var receivers: (mean: Double, most: Double)

  var description: String { file }

  static let all = [
    PacketRun(
      scenario: PeerScenario.all[0], file: "S1_htsim_uec", largestError: 0.05,
      completion: -0.02483, flows: (0.02638, -0.02151), receivers: (0.01586, 0.03292)),
    PacketRun(
      scenario: PeerScenario.all[0], file: "S1_htsim_ndp", largestError: 0.05,
      completion: -0.03081, flows: (0.03017, -0.02929), receivers: (0.03097, 0.04421)),
    PacketRun(
      scenario: PeerScenario.all[1], file: "S3_htsim_uec", largestError: 0.1,
      completion: -0.08484, flows: (0.19271, -0.02713), receivers: (0.03892, 0.08801)),
  ]

  /// The scenario's fabric with what packets cost: 64 of 4,096 bytes are headers, and six links of
  /// 500 ns lie on the way to the receiver and as many on the way of the acknowledgement.
  var fabric: FabricSpecification {
    var fabric = scenario.fabric
    fabric.payloadEfficiency = 4032.0 / 4096
    fabric.latencyNanoseconds = 2 * 6 * 500
    return fabric
  }

  /// The same tree by the radix of its switches: non-blocking, but for the uplinks of the pods.
  var declaredFabric: FabricSpecification {
    var fabric = fabric
    var tree = FatTree(
      switchRadix: 2 * scenario.network.serversPerLeaf, serverCount: scenario.nodes,
      nicsPerServer: 1)
    tree.podOversubscription = scenario.network.podOversubscription
    fabric.electrical = tree
    return fabric
  }
}

/// How near flows that share max-min fairly come to simulated packets (uet-htsim, and csg-htsim's NDP)
/// on the same all-to-alls: no fabric may look worse than it is, and none better by more than a bound.
@Suite(
  .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
  .enabled(if: PeerScenario.areFastEnough, "peer scenarios run in release builds"))
struct PacketLevelTests {
  @Test(arguments: PacketRun.all)
  func completionIsOptimisticByAFewPercent(_ run: PacketRun) throws {
    let packets = try #require(
      try PeerScenario.peerTimes(run.file).map(\.microseconds).max())
    let result = try replay(run.scenario.workload(), on: run.declaredFabric)
    let error = result.completionNanoseconds / 1000 / packets - 1
    #expect(error < 0 && error > -run.largestError)
    #expect(abs(error - run.completion) < 1e-4)
    #expect((98...100.0001).contains(result.total.percentOfBound))
  }

  @Test(arguments: PacketRun.all)
  func flowsAndReceiversErrAsTheReferenceFluidDoes(_ run: PacketRun) throws {
    let packets = try PeerScenario.peerTimes(run.file)
    let fabric = run.fabric
    let problem = try run.scenario.problem(on: fabric)
    let solution = try problem.solve()
    #expect(packets.count == problem.flowCount)
    var (errors, signed) = (0.0, 0.0)
    var last = [(packets: Double, fluid: Double)](repeating: (0, 0), count: run.scenario.nodes)
    for (flow, peer) in packets.enumerated() {
      #expect(peer.bytes == problem.flowBytes[flow])
      let fluid = (solution.finish[flow] + fabric.latencyNanoseconds) / 1000
      let error = fluid / peer.microseconds - 1
      errors += abs(error)
      signed += error
      last[peer.destination].packets = max(last[peer.destination].packets, peer.microseconds)
      last[peer.destination].fluid = max(last[peer.destination].fluid, fluid)
    }
    let flowCount = Double(packets.count)
    #expect(abs(errors / flowCount - run.flows.mean) < 1e-4)
    #expect(abs(signed / flowCount - run.flows.bias) < 1e-4)
    let receivers = last.map { $0.fluid / $0.packets - 1 }
    let mean = receivers.reduce(0) { $0 + abs($1) } / Double(receivers.count)
    #expect(abs(mean - run.receivers.mean) < 1e-4)
    #expect(abs((receivers.map { abs($0) }.max() ?? 0) - run.receivers.most) < 1e-4)
    // Nearly every receiver is done earlier than with packets, and none much later.
    #expect(receivers.count { $0 < 0 } * 100 >= receivers.count * 97)
    #expect((receivers.max() ?? 1) < 0.0105)
  }
}
