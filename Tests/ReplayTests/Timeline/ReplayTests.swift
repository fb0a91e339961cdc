import Replay
import TestSupport
import Testing
import TraceModel

/// A fabric whose NICs carry one byte per nanosecond, so that times are bytes divided by ports.
func unitFabric(
  _ scheduler: (any CircuitScheduler)?, optical: Int = 6, nics: Int = 8, servers: Int = 8,
  sharing: SharingMode = .splitOptimal, delay: ReconfigurationDelay = .instant,
  scope: ReconfigurationScope = .allStop
) -> FabricSpecification {
  FabricSpecification(
    name: "unit", summary: "one byte per nanosecond and NIC",
    optical: scheduler.map {
      OpticalLayer(
        nicsPerServer: optical, scheduler: $0, regions: .contiguous(servers: servers),
        delay: delay, scope: scope)
    }, nicsPerServer: nics, nicBitsPerSecond: 8e9, sharing: sharing)
}

@Suite struct ReplayBehaviourTests {
  static let delay = ReconfigurationDelay(name: "test", switchingNanoseconds: 5)

  @Test func everyPhaseIsAboveItsBoundAndCircuitOptimum() throws {
    for scheduler in CircuitSchedulers.standing {
      for sharing in SharingMode.allCases {
        let result = try replay(
          Workloads.oneGPUPerServer([Fixtures.f8, Fixtures.p8(3)], phases: Phase.allToAlls),
          on: unitFabric(scheduler, sharing: sharing))
        #expect(result.phases.count == 8)
        for phase in result.phases {
          #expect(phase.percentOfBound <= 100.0001)
          #expect(phase.percentOfBound > 0)
          #expect(try #require(phase.percentOfCircuitOptimum) <= 100.0001)
          let total = Double(phase.layer == 0 ? Fixtures.f8.total : 680)
          #expect(abs(phase.bytes.total - total) < 1e-9 * total)
        }
        #expect(result.total.percentOfBound <= 100.0001)
      }
    }
  }

  @Test(arguments: NICPolicy.allCases, [3.6e12, 16e9])
  func everyRankPhaseIsAboveItsBoundAndCircuitOptimum(
    policy: NICPolicy, scaleUpBitsPerSecond: Double
  ) throws {
    var random = RandomStream(seed: 11)
    let workload = Workloads.ranks(servers: 4, gpus: 4, layers: 2, &random)
    for electrical in [
      Crossbar(), FatTree(serversPerLeaf: 1, leavesPerPod: 2, leafOversubscription: 4),
    ] as [any ElectricalNetwork] {
      for scheduler in CircuitSchedulers.standing {
        for sharing in [SharingMode.exclusive, .splitFair] {
          var fabric = unitFabric(scheduler, servers: 4, sharing: sharing)
          fabric.electrical = electrical
          fabric.nicPolicy = policy
          fabric.scaleUpBitsPerSecond = scaleUpBitsPerSecond
          let result = try replay(workload, on: fabric)
          for phase in result.phases {
            #expect(phase.percentOfBound <= 100.0001)
            #expect((phase.percentOfCircuitOptimum ?? 100) <= 100.0001)
            if policy == .pooled && electrical is Crossbar {
              #expect(phase.circuitOptimumNanoseconds != nil)
            }
          }
          #expect(result.total.percentOfBound <= 100.0001)
        }
      }
    }
  }

  @Test func matchedCircuitsReachTheGoldenTimes() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    let always = try replay(workload, on: unitFabric(ElectricalAwareGreedy()))
    #expect(always.phases.map(\.durationNanoseconds) == [10.625, 10.625])
    let never = try replay(
      workload, on: unitFabric(ElectricalAwareGreedy()), options: ReplayOptions(policy: .never))
    #expect(never.phases.map(\.durationNanoseconds) == [10.625, 41.5])
    let fixed = try replay(workload, on: unitFabric(Circulant()))
    #expect(fixed.phases.map(\.durationNanoseconds) == [20.25, 20.25])
    #expect(fixed.total.reconfigurations == 0)
  }

  @Test func aForwardReconfigurationIsExposedAndABackwardOneHidesBehindCompute() throws {
    let workload = Workloads.oneGPUPerServer(
      [Fixtures.p8(3)], compute: 3, phases: Phase.allToAlls)
    let result = try replay(
      workload, on: unitFabric(ElectricalAwareGreedy(), delay: Self.delay))
    // 4 × 3 of compute, 4 × 10.625 of bytes and 7 of waiting.
    #expect(result.phases.map(\.hasReconfigured) == [true, false, true, false])
    #expect(result.phases.map(\.blockedNanoseconds) == [5, 0, 2, 0])
    #expect(result.total.exposedNanoseconds == 7)
    #expect(result.total.hiddenNanoseconds == 3)
    #expect(result.total.completionNanoseconds == 61.5)
    let instant = try replay(workload, on: unitFabric(ElectricalAwareGreedy()))
    #expect(
      result.completionNanoseconds - instant.completionNanoseconds
        == result.total.exposedNanoseconds)
  }

  @Test func unchangedCircuitsCostNothingWhenOnlyChangedPortsStop() throws {
    let workload = Workloads.oneGPUPerServer(
      [Fixtures.p8(3), Fixtures.p8(3)], phases: [.dispatchForward])
    for (scope, expected) in [
      (ReconfigurationScope.allStop, 10.0), (.changedPortsOnly, 5.0),
    ] {
      let result = try replay(
        workload, on: unitFabric(ElectricalAwareGreedy(), delay: Self.delay, scope: scope))
      #expect(result.total.blockedNanoseconds == expected)
    }
    let free = try replay(
      workload,
      on: unitFabric(ElectricalAwareGreedy(), delay: Self.delay, scope: .changedPortsOnly),
      options: ReplayOptions(chargesFirstConfiguration: false))
    #expect(free.total.blockedNanoseconds == 0)
    #expect(
      free.effectiveParameters.contains(EffectiveParameter("first configuration charged", "no")))
  }

  @Test func aThresholdChangesOnlyForGainsAboveTheWait() throws {
    // Matched saves 41.5 − 10.625 = 30.875 over the other phase's circuits.
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    for (delay, count) in [(30.0, 2), (31.0, 1)] {
      let fabric = unitFabric(
        ElectricalAwareGreedy(), delay: ReconfigurationDelay(switchingNanoseconds: delay))
      let result = try replay(
        workload, on: fabric, options: ReplayOptions(policy: .threshold(factor: 1)))
      #expect(result.total.reconfigurations == count)
    }
  }

  @Test func giveUpStopsEarlyAndSaysSo() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    let result = try replay(
      workload, on: unitFabric(nil), options: ReplayOptions(giveUpAfterNanoseconds: 1))
    #expect(result.isAbandoned)
    #expect(result.phases.count == 1)
    #expect(result.notes.contains { $0.contains("given up") })
  }

  @Test func everyPresetReplaysARankWorkload() throws {
    var random = RandomStream(seed: 5)
    let workload = Workloads.ranks(servers: 4, gpus: 4, layers: 2, &random, compute: 1e5)
    let presets = FabricCatalogue.presets(layout: workload.layout)
    #expect(Set(presets.map(\.name)).count == presets.count)
    var names: [String] = []
    for fabric in presets {
      let result = try replay(workload, on: fabric)
      names.append(result.fabric)
      #expect(result.total.percentOfBound <= 100.0001)
      #expect(result.total.percentOfBound > 5)
      #expect(!result.busiestLinks.isEmpty)
      #expect(result.busiestLinks.allSatisfy { $0.utilisation <= 1.0001 })
      #expect(result.isExpertTrafficOnly)
      #expect(fabric.billOfMaterials(for: workload.layout).totalUSD > 0)
      #expect(FabricCatalogue.preset(named: fabric.name, layout: workload.layout) != nil)
    }
    #expect(names.count >= 7)
  }

  @Test func forwardingLoadsTheScaleUpLinksAndPinningTheSpine() throws {
    // Rank 0 of server 0 to rank 3 (second GPU) of server 1.
    var matrix = TrafficMatrix(size: 4)
    matrix[0, 3] = 1000
    var demands = DemandSet()
    let demand = demands.append(matrix)
    let workload = Workload(
      grain: .rank, layout: Layout(serverCount: 2, gpusPerServer: 2), demands: demands,
      steps: [
        .init(
          operation: 0, kind: .allToAll, role: .expert, phase: .dispatchForward, iteration: 0,
          layer: 0, group: 0, demand: demand)
      ])
    func links(_ policy: NICPolicy) throws -> Set<String> {
      let fabric = FabricSpecification(
        name: "rails", summary: "", electrical: RailOptimised(serversPerLeaf: 1),
        nicsPerServer: 2, nicPolicy: policy)
      return Set(try replay(workload, on: fabric).busiestLinks.map(\.name))
    }
    #expect(
      try links(.pinned) == [
        "server 0 NIC 0 up", "rail leaf 0 up", "rail leaf 3 down", "server 1 NIC 1 down",
      ])
    #expect(
      try links(.railForward) == [
        "rank 0 scale-up out", "rank 1 scale-up in", "server 0 scale-up, all GPUs",
        "server 0 NIC 1 up", "rail leaf 1 up", "rail leaf 3 down", "server 1 NIC 1 down",
      ])
  }

  @Test func trafficAcrossRegionsUsesTheElectricalNetwork() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    let result = try replay(workload, on: unitFabric(Circulant(), servers: 4))
    let crossing = Fixtures.f8.aggregated(
      by: [0, 0, 0, 0, 1, 1, 1, 1], groupCount: 2
    ).withoutDiagonal.total
    #expect(result.bytes.electrical >= Double(crossing))
    #expect(result.phases[0].bound.name == "electrical NIC")
    let noCandidate = try replay(workload, on: unitFabric(Circulant(), servers: 1))
    #expect(noCandidate.bytes.circuits == 0)
    #expect(noCandidate.notes.contains { $0.contains("no optical candidate") })
  }

  @Test func workloadsThatContradictThemselvesAreRefused() throws {
    let workload = Workloads.oneGPUPerServer([Fixtures.f8])
    let tooSmall = Workload(
      grain: .server, layout: Layout(serverCount: 4, gpusPerServer: 1),
      demands: workload.demands, steps: workload.steps)
    let error = #expect(throws: ReplayError.self) {
      try replay(tooSmall, on: unitFabric(nil))
    }
    #expect(error?.location == "demand 0")
    let unreachable = #expect(throws: ReplayError.self) {
      try replay(workload, on: unitFabric(MixNetGreedy(.literal), optical: 2, nics: 2))
    }
    #expect(unreachable?.location.contains("→") == true)
    #expect(throws: ReplayError.self) {
      try replay(workload, on: unitFabric(Circulant(), optical: 9))
    }
  }

  @Test func latencyIsAddedOncePerPhase() throws {
    var fabric = unitFabric(nil)
    fabric.latencyNanoseconds = 2
    let workload = Workloads.oneGPUPerServer([Fixtures.p8(3), Fixtures.p8(2)])
    let result = try replay(workload, on: fabric)
    let plain = try replay(workload, on: unitFabric(nil))
    #expect(abs(result.completionNanoseconds - plain.completionNanoseconds - 4) < 1e-9)
  }
}

@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct ShippedMatrixReplayTests {
  @Test(arguments: [
    (SharingMode.splitOptimal, 8486.6), (.splitFair, 11_085.7), (.exclusive, 10_897),
  ])
  func mixNetTakesWhatIsKnown(sharing: SharingMode, expected: Double) throws {
    let workload = Workloads.oneGPUPerServer([try Fixtures.shipped()])
    let result = try replay(
      workload, on: unitFabric(MixNetGreedy(.continue), sharing: sharing))
    #expect(abs(result.completionNanoseconds - expected) < 0.05)
    #expect(result.phases[0].bound.name == "NIC")
    #expect(abs(result.phases[0].bound.nanoseconds - 8486.6) < 0.05)
    #expect(result.phases[0].circuitCount == 24)
  }

  @Test func aCirculantIsAsGoodAndReconfiguringCannotBeMeasured() throws {
    let demand = try Fixtures.shipped()
    let workload = Workloads.oneGPUPerServer(
      [demand, demand], iterations: [0, 1], phases: Phase.allToAlls)
    let fabric = unitFabric(MixNetGreedy(.continue))
    let value = try #require(try topologyValue(of: workload, on: fabric).value)
    #expect(abs(value - 0.00212) < 0.00001)
    let alone = try topologyValue(of: demand, opticalPorts: 6, electricalPorts: 2)
    #expect(abs(try #require(alone.value) - value) < 1e-9)
    #expect(!Measurement.value(value).isWorthwhile)
    #expect(try reconfigurationValue(of: workload, on: fabric).value == nil)
  }
}
