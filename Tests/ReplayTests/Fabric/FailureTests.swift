import Replay
import Testing
import TraceModel

@Suite struct FailureTests {
  static let layout = Layout(serverCount: 8, gpusPerServer: 1, nicsPerServer: 8)

  static func time(_ fabric: FabricSpecification, _ failures: [Failure], _ matrix: TrafficMatrix)
    throws -> ReplayResult
  {
    var broken = fabric
    broken.failures = failures
    return try replay(Workloads.oneGPUPerServer([matrix]), on: broken)
  }

  static let tree = FabricSpecification(
    name: "tree", summary: "",
    electrical: FatTree(
      serversPerLeaf: 2, leavesPerPod: 2, leafOversubscription: 2, podOversubscription: 4),
    nicsPerServer: 8, nicBitsPerSecond: 8e9)

  @Test(arguments: [
    "server 3", "server 0 nic 7", "leaf 2 uplink 0", "rail leaf 12 uplink 3", "link 0 5",
    "region 1 plane 0", "controller",
  ])
  func wordsAreReadAsTheyAreWritten(text: String) throws {
    #expect(try #require(Failure(text)).description == text)
  }

  @Test(arguments: ["", "server", "server x", "server -1", "nic 3", "leaf uplink 0", "plane 1"])
  func otherWordsAreRefused(text: String) {
    #expect(Failure(text) == nil)
  }

  @Test func oneNICOfEightIsAnEighthOfItsServersRate() throws {
    let fabric = unitFabric(nil)
    var matrix = TrafficMatrix(size: 8)
    matrix[2, 5] = 56
    #expect(try Self.time(fabric, [], matrix).completionNanoseconds == 7)
    #expect(try Self.time(fabric, [.nic(server: 2, nic: 3)], matrix).completionNanoseconds == 8)
    // The same NIC cannot fail twice.
    let twice: [Failure] = [.nic(server: 2, nic: 3), .nic(server: 2, nic: 3)]
    #expect(try Self.time(fabric, twice, matrix).completionNanoseconds == 8)
    #expect(
      try Self.time(fabric, [.nic(server: 5, nic: 0), .nic(server: 5, nic: 1)], matrix)
        .completionNanoseconds == 56.0 / 6)
  }

  /// Two servers of four GPUs and NICs; rank 1 and rank 5 are peers.
  static func exchange(
    _ failures: [Failure], _ policy: NICPolicy, sending rank: Int, to other: Int
  ) throws -> ReplayResult {
    var matrix = TrafficMatrix(size: 8)
    matrix[rank, other] = 60
    matrix[2, 6] = 60
    var demands = DemandSet()
    let demand = demands.append(matrix)
    let workload = Workload(
      grain: .rank, layout: Layout(serverCount: 2, gpusPerServer: 4), demands: demands,
      steps: [
        .init(
          operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
          layer: 0, group: 0, demand: demand)
      ])
    return try replay(
      workload,
      on: FabricSpecification(
        name: "rails", summary: "", electrical: RailOptimised(serversPerLeaf: 1), nicsPerServer: 4,
        nicBitsPerSecond: 8e9, nicPolicy: policy, failures: failures))
  }

  @Test(arguments: [NICPolicy.pinned, .railForward])
  func theGPUsOfADeadRailUseTheNext(policy: NICPolicy) throws {
    let healthy = try Self.exchange([], policy, sending: 1, to: 5)
    #expect(healthy.completionNanoseconds == 60)
    // Rail 1 shares NIC 2 with rail 2, at the sender, at the receiver or at both.
    for failures in [
      [Failure.nic(server: 0, nic: 1)], [.nic(server: 1, nic: 1)],
      [.nic(server: 0, nic: 1), .nic(server: 1, nic: 1)],
    ] {
      let broken = try Self.exchange(failures, policy, sending: 1, to: 5)
      #expect(broken.completionNanoseconds == 120)
      #expect(broken.total.boundNanoseconds == 120)
    }
    // After the last rail comes the first.
    let last = try Self.exchange([.nic(server: 0, nic: 3)], policy, sending: 3, to: 7)
    #expect(last.completionNanoseconds == 60)
    let none = (0..<4).map { Failure.nic(server: 0, nic: $0) }
    #expect(throws: ReplayError.self) { try Self.exchange(none, policy, sending: 1, to: 5) }
  }

  @Test func aDeadRailGathersAndScattersOverScaleUpLinks() throws {
    let layout = Layout(serverCount: 2, gpusPerServer: 4)
    func names(_ failures: [Failure]) throws -> [String] {
      let network = try FabricNetwork(
        FabricSpecification(
          name: "rails", summary: "", nicsPerServer: 4, nicPolicy: .pinned, failures: failures),
        layout: layout, grain: .rank)
      var names: [String] = []
      network.forEachLink(.electrical, from: 1, to: 5) {
        names.append(network.links.name[Int($0)].description)
      }
      return names
    }
    #expect(try names([]) == ["server 0 NIC 1 up", "server 1 NIC 1 down"])
    #expect(
      try names([.nic(server: 0, nic: 1), .nic(server: 1, nic: 1), .nic(server: 1, nic: 2)]) == [
        "rank 1 scale-up out", "server 0 scale-up, all GPUs", "rank 2 scale-up in",
        "server 0 NIC 2 up", "server 1 NIC 3 down", "rank 7 scale-up out",
        "server 1 scale-up, all GPUs", "rank 5 scale-up in",
      ])
  }

  @Test func aSpareHasNICsOfItsOwn() throws {
    var matrix = TrafficMatrix(size: 8)
    matrix[2, 5] = 56
    let failures: [Failure] = [.nic(server: 2, nic: 0), .nic(server: 2, nic: 1), .server(2)]
    #expect(try Self.time(unitFabric(nil), failures, matrix).completionNanoseconds == 7)
    // Two of eight NICs are electrical: both work in the spare.
    let split = StaticOpticalTests.fabric(forwards: true)
    #expect(try Self.time(split, failures, matrix).completionNanoseconds == 28)
    #expect(
      try Self.time(split, [.nic(server: 2, nic: 0), .server(2)], matrix).completionNanoseconds
        == 28)
  }

  @Test func anUplinkIsItsPartOfThePool() throws {
    // Leaves of two servers have eight cables up for sixteen NICs.
    var matrix = TrafficMatrix(size: 8)
    matrix[0, 2] = 56
    matrix[1, 3] = 56
    #expect(try Self.time(Self.tree, [], matrix).completionNanoseconds == 14)
    let failed = Failure.uplink(tier: "leaf", group: 0, cable: 5)
    #expect(try Self.time(Self.tree, [failed], matrix).completionNanoseconds == 16)
  }

  @Test func fixedPathsTakeTheNextCable() throws {
    var fixed = Self.tree
    fixed.electrical = FatTree(
      serversPerLeaf: 2, leavesPerPod: 2, routing: .destinationModulo)
    fixed.nicsPerServer = 1
    var matrix = TrafficMatrix(size: 8)
    matrix[0, 2] = 10
    matrix[1, 3] = 10
    #expect(try Self.time(fixed, [], matrix).completionNanoseconds == 10)
    let failed = Failure.uplink(tier: "leaf", group: 1, cable: 0)
    #expect(try Self.time(fixed, [failed], matrix).completionNanoseconds == 20)
  }

  @Test(arguments: 0..<12) func failuresNeverHelpUnderSpraying(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 7)
    let matrix = Fixtures.random(8, &random)
    var failures: [Failure] = [
      .nic(server: random.below(8), nic: random.below(8)),
      .nic(server: random.below(8), nic: random.below(8)),
    ]
    if seed % 2 == 0 { failures.append(.server(random.below(8))) }
    var circuits = unitFabric(
      seed % 3 == 0 ? Circulant() : MixNetGreedy(.continue), servers: 4, sharing: .exclusive)
    circuits.optical?.planes = 3
    for fabric in [Self.tree, unitFabric(nil), circuits] {
      var all = failures
      if fabric.optical != nil {
        all.append(.opticalSwitch(region: random.below(2), plane: random.below(3)))
      }
      if fabric.name == "tree" {
        all.append(.uplink(tier: "leaf", group: random.below(4), cable: random.below(4)))
      }
      let healthy = try Self.time(fabric, [], matrix)
      let broken = try Self.time(fabric, all, matrix)
      #expect(
        broken.completionNanoseconds >= healthy.completionNanoseconds * (1 - 1e-9),
        "\(fabric.name) \(all)")
      #expect(broken.total.boundNanoseconds <= broken.completionNanoseconds * (1 + 1e-9))
      #expect(DirectFixtures.near(broken.bytes.total, Double(matrix.total)))
    }
  }

  @Test func aSpareServerHasNoCircuits() throws {
    let fabric = unitFabric(Circulant(), sharing: .exclusive)
    var matrix = TrafficMatrix(size: 8)
    matrix[0, 1] = 8
    matrix[2, 3] = 8
    let healthy = try Self.time(fabric, [], matrix)
    #expect(healthy.bytes.circuits == 16)
    let broken = try Self.time(fabric, [.server(0)], matrix)
    #expect(broken.bytes.circuits == 8 && broken.bytes.electrical == 8)
    #expect(broken.completionNanoseconds == 8)
    // Two electrical NICs carry what one circuit did.
    #expect(broken.phases[0].bytes.electrical / 2 == 4)
  }

  @Test func aDarkRegionUsesItsElectricalNICs() throws {
    let fabric = unitFabric(MixNetGreedy(.continue), servers: 4, sharing: .exclusive)
    let broken = try Self.time(fabric, [.opticalSwitch(region: 1, plane: 0)], Fixtures.f8)
    let healthy = try Self.time(fabric, [], Fixtures.f8)
    #expect(broken.bytes.circuits > 0)
    #expect(broken.bytes.circuits < healthy.bytes.circuits)
  }

  @Test func withoutItsControllerCircuitsStay() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    var fabric = unitFabric(ElectricalAwareGreedy())
    let changing = try replay(workload, on: fabric)
    let staying = try replay(workload, on: fabric, options: ReplayOptions(policy: .never))
    fabric.failures = [.controller]
    fabric.sharing = .exclusive
    var healthy = fabric
    healthy.failures = []
    let failed = try replay(workload, on: fabric)
    let never = try replay(workload, on: healthy, options: ReplayOptions(policy: .never))
    #expect(failed.completionNanoseconds == never.completionNanoseconds)
    #expect(staying.completionNanoseconds > changing.completionNanoseconds)
  }

  @Test func aPairThatLosesAllWaysIsNamed() throws {
    let noNICs = (0..<8).map { Failure.nic(server: 6, nic: $0) }
    let error = #expect(throws: ReplayError.self) {
      try Self.time(unitFabric(nil), noNICs, Fixtures.f8)
    }
    #expect(error?.location.contains("server 0 → server 6") == true)
    let uplinks = (0..<8).map { Failure.uplink(tier: "leaf", group: 3, cable: $0) }
    #expect(throws: ReplayError.self) { try Self.time(Self.tree, uplinks, Fixtures.f8) }
    let ring = DirectFixtures.fabric(Ring(), nics: 2)
    #expect(throws: ReplayError.self) {
      try Self.time(ring, [.link(0, 1), .link(4, 5)], Fixtures.f8)
    }
    #expect(
      try Self.time(ring, [.link(0, 1)], DirectFixtures.uniform(8)).completionNanoseconds
        >= 16 * (1 - 1e-9))
  }

  @Test func partsThatDoNotExistAreRefused() {
    for failure in [
      Failure.server(8), .nic(server: 0, nic: 8), .uplink(tier: "leaf", group: 9, cable: 0),
      .uplink(tier: "leaf", group: 0, cable: 8), .uplink(tier: "spine", group: 0, cable: 0),
      .link(0, 1), .opticalSwitch(region: 0, plane: 0), .controller,
    ] {
      let error = #expect(throws: ReplayError.self) {
        try Self.time(Self.tree, [failure], Fixtures.f8)
      }
      #expect(error?.location.contains(failure.description) == true, "\(failure)")
    }
  }
}
