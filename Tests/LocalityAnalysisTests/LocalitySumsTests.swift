import LocalityAnalysis
import Testing
import TraceModel

/// A trace that is read in parts says what it says when it is kept.
@Suite struct LocalitySumsTests {
  /// Expert all-to-alls of several layers and iterations, some of unknown iteration, and collectives
  /// beside them.
  private func workload(seed: UInt64, hasExperts: Bool) -> Workload {
    var random = RandomStream(seed: seed)
    let layout = Layout(
      serverCount: 8, gpusPerServer: 2, nicsPerServer: 1 + random.below(2),
      serversPerScaleUpDomain: 1 + random.below(2),
      parallelism: Parallelism(expert: 4 << random.below(3), data: 16))
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    func add(_ kind: OperationKind, _ role: Role, _ phase: Phase, layer: Int, _ demand: Int) {
      let iteration = random.below(9) - 1
      steps.append(
        Workload.Step(
          operation: Int32(steps.count), kind: kind, role: role, phase: phase,
          iteration: Int32(iteration), layer: Int32(layer), demand: demand,
          isTransposed: phase.runsFromExperts, bytesPerUnit: 1 + Int64(random.below(9))))
    }
    for _ in 0..<20 {
      let demand = demands.append(Fixture.random(16, &random))
      let layer = random.below(4) - 1
      if hasExperts {
        for phase in Phase.allToAlls { add(.allToAll, .expert, phase, layer: layer, demand) }
      }
      add(
        [.allToAll, .allReduce, .unknown][random.below(3)], .data, .unspecified, layer: -1, demand)
    }
    return Workload(grain: .rank, layout: layout, demands: demands, steps: steps)
  }

  /// The report of a workload whose steps come in random parts.
  private func reportInParts(_ workload: Workload, seed: UInt64) -> (LocalityReport, LocalitySums) {
    var random = RandomStream(seed: seed)
    let part = workload.steps.map { _ in random.below(5) }
    var sums = LocalitySums(TraceOutline(workload))
    for number in 0..<5 {
      sums.add(
        Workload(
          grain: workload.grain, layout: workload.layout, demands: workload.demands,
          steps: workload.steps.filter { part[Int($0.operation)] == number },
          provenance: workload.provenance))
    }
    return (sums.report(), sums)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `parts say what the whole says`(seed: UInt64) {
    let workload = workload(seed: seed, hasExperts: seed % 3 != 0)
    let whole = analyseLocality(workload)
    let (parts, sums) = reportInParts(workload, seed: seed)
    #expect(parts.byRoleAndPhase == whole.byRoleAndPhase)
    #expect(parts.byLayer == whole.byLayer)
    #expect(parts.byIteration == whole.byIteration)
    #expect(parts.total == whole.total)
    #expect(parts.subject == whole.subject)
    #expect(parts.profiles == whole.profiles)
    #expect(parts.structureProfile == whole.structureProfile)
    #expect(parts.layerProfiles == whole.layerProfiles)
    #expect(parts.serverMatrix == whole.serverMatrix)
    #expect(parts.curve == whole.curve)
    #expect(parts.split == whole.split)
    #expect(parts.candidates == whole.candidates)
    #expect(parts.iterationCount == whole.iterationCount && parts.layerCount == whole.layerCount)

    var selection = MatrixSelection(orientation: .dispatch)
    if seed % 3 != 0 { selection.roles = [.expert] } else { selection.kinds = [.allToAll] }
    let matrix = workload.trafficMatrix(selection)?.withoutDiagonal ?? TrafficMatrix(size: 0)
    #expect(sums.pairErrorBytes == 0)
    let pairs = sums.heaviestPairs(30)
    #expect(pairs.count == 30)
    #expect(pairs.map(\.atLeast) == Array(matrix.cells.sorted(by: >).prefix(30)))
    #expect(
      pairs.allSatisfy {
        $0.atLeast == matrix[$0.source, $0.destination] && $0.atMost == $0.atLeast
      })
  }

  @Test func `combines count towards the experts, as dispatches do`() {
    let hot = Fixture.matrix(8) { _, destination in destination == 2 ? 90 : 10 }
    let workload = expertWorkload([(0, 0, hot), (1, 0, hot)], phases: Phase.allToAlls)
    let (report, sums) = reportInParts(workload, seed: 1)
    #expect(report.networkProfile.busiestReceiver == 2)
    #expect(isClose(report.networkProfile.receiveMaxOverMean.number, 4.5, within: 1e-12))
    #expect(report.networkProfile.excessInformation == .value(0, .bits))
    #expect(sums.heaviestPairs(7).allSatisfy { $0.destination == 2 })
  }

  @Test func `what was not read is not said`() {
    let even = Fixture.uniform(8)
    let (report, _) = reportInParts(expertWorkload([(0, 0, even), (1, 0, even)]), seed: 1)
    let lines = report.verdict.map(\.sentence)
    #expect(lines.contains { $0.hasSuffix("Single operations may be uneven.") })
    #expect(lines.contains { $0.hasPrefix("No lasting pair structure") })
    #expect(report.time.cosine.number == nil)
    #expect(report.notes.contains { $0.hasPrefix("signs of a generator are not looked for") })
  }

  @Test func `more ends than a matrix is made of keep exact loads and pairs within their error`() {
    let layout = Layout(
      serverCount: 640, gpusPerServer: 8, parallelism: Parallelism(expert: 64, data: 5120))
    var random = RandomStream(seed: 4)
    var exact: [[Int64]: Int64] = [:]
    var received = [Int64](repeating: 0, count: 5120)
    var demands = DemandSet()
    for _ in 0..<3 {
      var columns: (source: [Int32], destination: [Int32], amount: [Int64]) = ([], [], [])
      for source in 0..<5120 {
        for _ in 0..<24 {
          let destination = source / 64 * 64 + random.below(random.below(2) == 0 ? 4 : 64)
          let bytes = Int64(1 + random.below(1000))
          columns.source.append(Int32(source))
          columns.destination.append(Int32(destination))
          columns.amount.append(bytes)
          received[destination] += bytes
          if source != destination {
            exact[[Int64(source), Int64(destination)], default: 0] += bytes
          }
        }
      }
      _ = demands.append(
        source: columns.source, destination: columns.destination, amount: columns.amount)
    }
    let steps = (0..<3).map {
      Workload.Step(
        operation: Int32($0), kind: .allToAll, role: .expert, phase: .dispatchForward,
        iteration: Int32($0), layer: 0, demand: $0)
    }
    let workload = Workload(grain: .rank, layout: layout, demands: demands, steps: steps)
    let (report, sums) = reportInParts(workload, seed: 2)
    let ranks = report.profiles[0]
    #expect(ranks.label == "rank" && ranks.endCount == 5120)
    let worst = (0..<80).compactMap { group in
      Imbalance(loads: Array(received[group * 64..<(group + 1) * 64]))?.maxOverMean
    }.max()
    #expect(ranks.receiveMaxOverMean.number == worst)
    #expect(ranks.bytes == exact.values.reduce(0, +))
    #expect(ranks.excessInformation.number == nil)
    #expect(report.networkProfile == analyseLocality(workload).networkProfile)
    #expect(sums.pairErrorBytes > 0)
    #expect(sums.pairErrorBytes <= sums.pairBytes / 65_536)
    let pairs = sums.heaviestPairs(20)
    #expect(pairs.count == 20)
    for pair in pairs {
      let truth = exact[[Int64(pair.source), Int64(pair.destination)]] ?? 0
      #expect(pair.atLeast <= truth && truth <= pair.atMost)
    }
  }
}
