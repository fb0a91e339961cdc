import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceIngest
import TraceModel
import TraceSynthesis

@Suite struct RoutingWritersTests {
  @Test func theSameSeedGivesTheSameBytesAndAnotherSeedDoesNot() throws {
    try withScratchFolder { folder in
      var files: [Data] = []
      for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] as [(String, UInt64)] {
        let path = folder.appendingPathComponent(name + ".mixt").path
        try synthesiseTraceFile(smallPlan(seed: seed), path: path)
        files.append(try Data(contentsOf: URL(fileURLWithPath: path)))
      }
      #expect(files[0] == files[1])
      #expect(files[0] != files[2])
    }
  }

  @Test(arguments: ["", ".gz", ".zst"])
  func routerLogsReadBackAsTheSameTrace(suffix: String) throws {
    try withScratchFolder { folder in
      let plan = smallPlan()
      let paths = try synthesiseRouterLogs(
        plan, folder: folder.appendingPathComponent("logs").path, suffix: suffix)
      #expect(paths.count == 8)
      #expect(try TraceReaderCatalogue.identify(paths[0]) == RouterTraceReader.self)
      var read = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: paths, options: IngestOptions(layout: plan.layout, model: plan.model), into: &read)
      let written = try routing(of: plan)
      #expect(read.routing == written.routing)
      #expect(read.operations == written.operations)
      #expect(summary.ledgers.allSatisfy { $0.isBalanced && $0.used == 3 * 2 * 2 })
      let mixt = folder.appendingPathComponent("t.mixt").path
      try synthesiseTraceFile(plan, path: mixt)
      let stored = try TraceFile(path: mixt).trace()
      #expect(stored.metadata.notes == [plan.summary])
      #expect(try Workload(trace: stored).demands.amount == workload(read, plan).demands.amount)
    }
  }

  private func workload(_ buffer: TraceBuffer, _ plan: SynthesisPlan) throws -> Workload {
    try Workload(
      trace: Trace(
        metadata: TraceMetadata(layout: plan.layout, model: plan.model),
        operations: buffer.operations, routing: buffer.routing))
  }

  @Test func everyTokenIsRoutedOnceInEachLayerOfItsStage() throws {
    let plan = smallPlan()
    let buffer = try routing(of: plan)
    #expect(
      buffer.routing.tokens.reduce(0, +)
        == Int64(plan.iterations * plan.microBatches * plan.layers.count * 4 * plan.tokensPerRank))
    let byID = Dictionary(uniqueKeysWithValues: buffer.operations.rows.map { ($0.id, $0) })
    for row in 0..<buffer.routing.count {
      let operation = try #require(byID[buffer.routing.operation[row]])
      let rank = Int(buffer.routing.sourceRank[row])
      #expect(
        plan.layout.parallelism.stage(ofRank: rank) == plan.stage(ofLayer: Int(operation.layer)))
      #expect(plan.layout.parallelism.expertGroup(ofRank: rank) == Int(operation.group))
    }
    #expect(buffer.operations.count == 3 * 2 * 4 * 4)
  }

  @Test func aLayersRoutingDoesNotDependOnWhichOthersAreWritten() throws {
    let all = try routing(of: smallPlan())
    var plan = smallPlan()
    plan.layers = [2]
    let one = try routing(of: plan)
    let ids = Set(all.operations.rows.filter { $0.layer == 2 }.map(\.id))
    let rows = (0..<all.routing.count).filter { ids.contains(all.routing.operation[$0]) }
    #expect(rows.map { all.routing.tokens[$0] } == one.routing.tokens)
    #expect(rows.map { all.routing.sourceRank[$0] } == one.routing.sourceRank)
  }

  @Test func everyNICHasItsAddress() {
    let addresses = smallPlan().addressedLayout.addresses
    #expect(addresses.count == 8)
    #expect(addresses.last == NICAddress(text: "10.0.3.1", server: 3, nic: 1))
  }
}
