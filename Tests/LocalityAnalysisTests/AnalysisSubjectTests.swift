import LocalityAnalysis
import Testing
import TraceModel

@Suite struct AnalysisSubjectTests {
  /// One step per entry on one layout, role `other` or `data`.
  private func workload(
    _ entries: [(kind: OperationKind, matrix: TrafficMatrix)], layout: Layout,
    provenance: [String: Provenance] = [:]
  ) -> Workload {
    var demands = DemandSet()
    let steps = entries.enumerated().map { number, entry in
      Workload.Step(
        operation: Int32(number), kind: entry.kind, role: .other, phase: .unspecified,
        iteration: Operation.unknown, layer: Operation.unknown,
        demand: demands.append(entry.matrix))
    }
    return Workload(
      grain: .rank, layout: layout, demands: demands, steps: steps, provenance: provenance)
  }

  private let ring = Fixture.matrix(8) { ($0 + 1) % 8 == $1 ? 1_000_000 : 0 }
  private let servers = Layout(serverCount: 8, gpusPerServer: 1)

  @Test func `a ring that a collective was lowered to is no pair structure`() {
    let mixed = analyseLocality(
      workload([(.allReduce, ring), (.allToAll, Fixture.uniform(8, bytes: 9))], layout: servers))
    #expect(mixed.subject == "all-to-alls")
    #expect(mixed.networkProfile.excessInformation == .value(0, .bits))
    let alone = analyseLocality(workload([(.allReduce, ring)], layout: servers))
    #expect(alone.networkProfile.excessInformation.number == nil)
    #expect(alone.verdict.contains { $0.sentence.contains("each fabric chooses anew") })
    let recorded = analyseLocality(
      workload([(.allReduce, Fixture.uniform(8)), (.unknown, ring)], layout: servers))
    #expect(recorded.subject == "all traffic")
    #expect(recorded.networkProfile.bytes == 8_000_000)
  }

  @Test func `one guessed server leaves its ranks to be read, and the guess is said`() {
    let skewed = Fixture.matrix(8) { 100 + ($1 == 2 ? 900 : 0) + $0 }
    let guess = ["layout": Provenance(.inferred, method: "GPU numbers of the ranks")]
    let report = analyseLocality(
      workload(
        [(.allToAll, skewed)], layout: Layout(serverCount: 1, gpusPerServer: 8), provenance: guess))
    #expect(report.structureProfile.label == "rank")
    #expect(report.networkProfile.receiveMaxOverMean.number == nil)
    let lines = report.verdict.map(\.sentence)
    #expect(lines.contains { $0.hasPrefix("Hot receivers: rank 2 receives") })
    #expect(lines.contains { $0.hasPrefix("No pair structure") })
    #expect(
      lines.contains {
        $0.hasPrefix("No optical candidate: there is one server.")
          && $0.contains("guessed layout (GPU numbers of the ranks)")
      })
    let declared = analyseLocality(
      workload([(.allToAll, skewed)], layout: Layout(serverCount: 1, gpusPerServer: 8)))
    #expect(!declared.verdict.contains { $0.sentence.contains("guessed layout") })
  }

  /// A capture of eight servers that saw one NIC of each.
  @Test func `idle NICs do not repeat the matrix of the servers`() {
    let layout = Layout(serverCount: 8, gpusPerServer: 8)
    var matrix = TrafficMatrix(size: 64)
    for source in 0..<8 {
      for destination in 0..<8 where source != destination {
        matrix[source * 8, destination * 8] = Int64(10 + source * destination)
      }
    }
    let few = analyseLocality(expertWorkload([(0, 0, matrix)], layout: layout, grain: .nic))
    #expect(few.profiles.map(\.label) == ["server"])
    matrix[1, 9] = 5
    let more = analyseLocality(expertWorkload([(0, 0, matrix)], layout: layout, grain: .nic))
    #expect(more.profiles.map(\.label) == ["nic", "server"])
  }
}

@Suite struct ExpertBlockTests {
  private let layout = Layout(
    serverCount: 8, gpusPerServer: 1, parallelism: Parallelism(expert: 4, data: 8))

  @Test func `one stray byte joins no blocks`() {
    var matrix = Fixture.matrix(8) { $0 / 4 == $1 / 4 ? 1000 : 0 }
    matrix[0, 7] = 1
    let report = analyseLocality(expertWorkload([(0, 0, matrix)], layout: layout))
    #expect(report.networkProfile.blockCount == 2)
    #expect(report.networkProfile.excessInformation == .value(0, .bits))
    #expect(isClose(report.networkProfile.shareBetweenBlocks, 1.0 / 24_001, within: 1e-12))
  }

  @Test func `blocks that exchange more than a thousandth are one`() {
    var matrix = Fixture.matrix(8) { $0 / 4 == $1 / 4 ? 1000 : 0 }
    matrix[0, 7] = 13
    let blocks = ExpertBlocks(blockOf: [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(blocks.joined(by: matrix).blockOf == [Int](repeating: 0, count: 8))
    #expect(blocks.joined(by: matrix).shareOutside(of: matrix) == 0)
    matrix[0, 7] = 11
    #expect(blocks.joined(by: matrix).blockOf == blocks.blockOf)
    // Ends that only talk to other blocks join them.
    let alone = ExpertBlocks(blockOf: [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(alone.joined(by: Fixture.uniform(8)).largestSize == 8)
  }
}
