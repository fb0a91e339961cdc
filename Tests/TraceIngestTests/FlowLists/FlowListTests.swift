import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// Rows of both readers, by a naive walk: each flow's own predecessors among flows.
private struct NaiveFlow: Hashable {
  var source: Int
  var destination: Int
  var bytes: Int64
  var parents: Set<Int>
}

extension IngestedFiles {
  /// Bytes between all pairs.
  fileprivate func total(size: Int) -> [[Int64]] {
    var matrix = [[Int64]](repeating: [Int64](repeating: 0, count: size), count: size)
    for row in 0..<rows.transfers.count {
      matrix[Int(rows.transfers.source[row])][Int(rows.transfers.destination[row])] +=
        rows.transfers.bytes[row]
    }
    return matrix
  }

  /// By operation: those that must have ended before it begins, directly or not.
  fileprivate var ancestors: [Set<Int32>] {
    var found = [Set<Int32>](repeating: [], count: rows.operations.count)
    for dependency in rows.operations.dependencies.sorted(by: { $0.operation < $1.operation }) {
      found[Int(dependency.operation)].formUnion(found[Int(dependency.predecessor)])
      found[Int(dependency.operation)].insert(dependency.predecessor)
    }
    return found
  }
}

@Suite struct SimCCLFlowTests {
  private static let heading = "ID\tparent_id\tsrc\tdst\tsize\tchannel_id"

  private func read(_ lines: [String], layout: Layout? = nil) throws -> IngestedFiles {
    try ingest(
      SimCCLFlowReader.self, ranks: [([Self.heading] + lines).joined(separator: "\r\n")],
      layout: layout)
  }

  @Test func aRingOfManyFlowsIsBrokenOnce() throws {
    let count = 10_000
    let found = try read(
      (0..<count).map {
        "\($0)\t\(($0 + count - 1) % count)\t\($0 % 8)\t\(($0 + 1) % 8)\t1KB\t0"
      })
    #expect(found.notes(about: "1 waits were left out").count == 1)
    #expect(found.rows.operations.dependencies.count == count - 1)
  }

  @Test func flowsOfOneCauseAndConsequenceAreOneOperation() throws {
    let found = try read([
      "0\t-1\t0\t1\t1KB\t0", "1\t-1\t2\t3\t2KB\t0", "2\t0,1\t1\t2\t512B\t0", "3\t1,0\t3\t0\t7\t0",
      "4\t2\t2\t3\t1MB\t0",
    ])
    let rows = found.rows.operations
    #expect(rows.rows.map(\.kind) == [.unknown, .sendReceive, .sendReceive, .sendReceive])
    #expect(found.rows.transfers.operation == [0, 0, 1, 2, 3])
    #expect(found.rows.transfers.bytes == [1_024, 2_048, 512, 7, 1 << 20])
    #expect(
      rows.dependencies == [
        .init(operation: 1, predecessor: 0), .init(operation: 2, predecessor: 0),
        .init(operation: 3, predecessor: 1),
      ])
    #expect(found.isBalanced)
  }

  @Test(arguments: 0..<20) func everyFlowWaitsForItsParentsAndNoOther(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    var flows: [NaiveFlow] = []
    for id in 0..<60 {
      var parents: Set<Int> = []
      for _ in 0..<random.below(4) where id > 0 { parents.insert(random.below(id) / 4 * 4) }
      flows.append(
        NaiveFlow(
          source: random.below(8), destination: random.below(8), bytes: Int64(id + 1),
          parents: parents))
    }
    let found = try read(
      flows.enumerated().map { id, flow in
        let parents = flow.parents.sorted().map(String.init).joined(separator: ",")
        return "\(id)\t\(parents.isEmpty ? "-1" : parents)\t\(flow.source)\t\(flow.destination)\t"
          + "\(flow.bytes)\t0"
      })
    // Bytes tell the flows apart.
    var operation = [Int32](repeating: -1, count: flows.count)
    for row in 0..<found.rows.transfers.count {
      operation[Int(found.rows.transfers.bytes[row]) - 1] = found.rows.transfers.operation[row]
    }
    let ancestors = found.ancestors
    for (id, flow) in flows.enumerated() {
      var naive: Set<Int> = []
      var next = flow.parents
      while let parent = next.popFirst() {
        if naive.insert(parent).inserted { next.formUnion(flows[parent].parents) }
      }
      #expect(ancestors[Int(operation[id])] == Set(naive.map { operation[$0] }))
    }
  }

  @Test func commasMaySeparateColumns() throws {
    let found = try ingest(
      SimCCLFlowReader.self,
      ranks: [
        "ID,parent_id,src,dst,size,channel_id\n0,-1,0,1,1KB,0\n1,-1,0,2,1KB,0\n2,\"0,1\",1,0,1KB,0"
      ])
    #expect(found.rows.operations.count == 2)
    #expect(found.rows.transfers.count == 3)
  }

  @Test func badLinesAreCountedAndTheNextOnesAreRead() throws {
    let found = try read([
      "0\t-1\t0\t1\t1KB\t0", "1\t-1\t0\t1", "x\t-1\t0\t1\t1KB\t0", "2\t-1\t0\t1\t1XB\t0",
      "3\t-1\t0\t99999999\t1KB\t0", "0\t-1\t0\t1\t1KB\t0", "", "4\t77\t1\t0\t1KB\t0",
      "5\t-1\t0\t1\t9999999999TB\t0", String(repeating: "9", count: 17 << 20), "6\t0\t1\t0\t2K",
    ])
    #expect(found.rows.transfers.bytes == [1_024, 1_024])
    #expect(found.malformed["not as many columns as the heading has: the line is cut"] == 2)
    #expect(found.malformed["an ID, parent or rank that is no number"] == 1)
    #expect(found.malformed["a size that is no number of B, KB, MB, GB or TB"] == 2)
    #expect(found.malformed["a rank outside those of the layout, or of any cluster"] == 1)
    #expect(found.malformed["an ID that an earlier flow has"] == 1)
    #expect(found.malformed["the line is longer than the limit of 16 MiB"] == 1)
    #expect(found.skipped["blank line"] == 1)
    #expect(found.notes(about: "1 parents are no flow of the list").count == 1)
    #expect(found.isBalanced)
  }

  @Test func flowsThatWaitForOneAnotherAreToldAndRun() throws {
    let found = try read(["0\t1\t0\t1\t1KB\t0", "1\t0\t1\t0\t1KB\t0"])
    #expect(found.rows.operations.dependencies == [.init(operation: 1, predecessor: 0)])
    #expect(found.notes(about: "1 waits were left out").count == 1)
    let own = try read(["0\t0\t0\t1\t1KB\t0"])
    #expect(own.rows.operations.dependencies.isEmpty)
    #expect(own.notes(about: "1 waits were left out").count == 1)
  }

  @Test func ranksOutsideADeclaredLayoutAreRejected() throws {
    let found = try read(
      ["0\t-1\t0\t1\t1KB\t0", "1\t-1\t0\t2\t1KB\t0"],
      layout: Layout(serverCount: 1, gpusPerServer: 2))
    #expect(found.rows.transfers.count == 1)
    #expect(found.malformed["a rank outside those of the layout, or of any cluster"] == 1)
  }

  @Test func aListWithoutFlowsIsRefused() throws {
    #expect(throws: IngestError.self) { try read([]) }
    #expect(throws: IngestError.self) { try read(["0\t-1"]) }
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func theRealAllToAllGivesEveryPairAMegabyte() throws {
    let path = RealInputs.path("simai/simccl-alltoall-p2p-flows.tsv")
    #expect(try TraceReaderCatalogue.identify(path) == SimCCLFlowReader.self)
    let found = try IngestedFiles(SimCCLFlowReader.self, paths: [path])
    #expect(found.rows.transfers.count == 6_592)
    for (source, row) in found.total(size: 32).enumerated() {
      #expect(row == (0..<32).map { $0 == source ? 0 : 1 << 20 })
    }
    #expect(found.rows.operations.count == 832)
    // Eight rounds, one after the other.
    let depths = found.rows.operations.dependencies.reduce(
      into: [Int](repeating: 0, count: 832)
    ) { depth, row in
      depth[Int(row.operation)] = max(
        depth[Int(row.operation)], depth[Int(row.predecessor)] + 1)
    }
    #expect(depths.max() == 7)
    #expect(found.summary.layout == Layout(serverCount: 4, gpusPerServer: 8))
    #expect(found.malformed.isEmpty)
    #expect(found.isBalanced)
  }
}

@Suite struct ConnectionMatrixTests {
  @Test func flowsThatWaitForManyOthersShareAnOperationBetweenThem() throws {
    let count = 200
    let causes = (0..<count).map { "0->1 start \(1_000 * $0) size 100 send_done_trigger 1" }
    let waiters = (0..<count).map { "1->2 trigger 1 size 100 send_done_trigger \(10 + $0)" }
    let found = try read(
      (["Nodes 4", "Connections \(2 * count)"] + causes + waiters
        + ["trigger id 1 barrier count \(count)"]).joined(separator: "\n"))
    #expect(found.rows.operations.count == 2 * count + 1)
    #expect(found.rows.operations.dependencies.count == 2 * count)
    #expect(found.notes(about: "1 operations without bytes").count == 1)
    let last = try #require(found.rows.transfers.operation.last)
    #expect(found.ancestors[Int(last)].count == count + 1)
  }

  private func read(_ text: String, layout: Layout? = nil) throws -> IngestedFiles {
    try withScratchFolder { folder in
      let path = try write([text], to: "a.cm", in: folder)
      #expect(try TraceReaderCatalogue.identify(path) == ConnectionMatrixReader.self)
      return try IngestedFiles(ConnectionMatrixReader.self, paths: [path], layout: layout)
    }
  }

  @Test func flowsThatStartTogetherAreOneOperation() throws {
    let found = try read(
      """
      # four nodes
      Nodes 4
      Connections 4
      0->1 id 1 start 0 size 2000000
      1->2 id 2 start 0 size 1000000 prio 3
      2->3 start 5000000 size 7
      3->0 id 9 start 0.000000 size 1
      """)
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.unknown, .sendReceive])
    #expect(rows.map(\.start) == [0, 5_000])
    #expect(found.rows.transfers.operation == [0, 0, 0, 1])
    #expect(found.rows.transfers.bytes == [2_000_000, 1_000_000, 1, 7])
    #expect(found.summary.layout == Layout(serverCount: 4, gpusPerServer: 1))
    #expect(found.notes(about: "picoseconds").count == 1)
    #expect(found.isBalanced)
  }

  @Test func triggersBecomeTheOrder() throws {
    let found = try read(
      """
      Nodes 4
      Connections 4
      Triggers 2
      0->1 id 1 start 0 size 10 send_done_trigger 1
      0->2 id 2 start 0 size 20 send_done_trigger 1
      0->3 id 3 trigger 1 size 30 recv_done_trigger 2
      1->3 id 4 trigger 2 size 40
      trigger id 1 barrier count 2
      trigger id 2 oneshot
      """)
    #expect(found.rows.transfers.operation == [0, 0, 1, 2])
    #expect(found.rows.transfers.bytes == [10, 20, 30, 40])
    #expect(
      found.rows.operations.dependencies == [
        .init(operation: 1, predecessor: 0), .init(operation: 2, predecessor: 1),
      ])
    #expect(found.notes(about: "first of several").isEmpty)
    let first = try read(
      """
      Nodes 3
      Connections 3
      Triggers 1
      0->1 id 1 start 0 size 10 send_done_trigger 1
      0->2 id 2 start 1000 size 20 send_done_trigger 1
      1->2 id 3 trigger 1 size 30
      trigger id 1 multishot
      """)
    #expect(first.rows.operations.dependencies.count == 2)
    #expect(first.notes(about: "1 triggers fire when the first of several").count == 1)
  }

  @Test func nodesAreWhatTheLayoutHasAsManyOf() throws {
    let text = "Nodes 4\nConnections 1\n0->3 start 0 size 8"
    for (layout, grain) in [
      (Layout(serverCount: 2, gpusPerServer: 2), Grain.rank),
      (Layout(serverCount: 4, gpusPerServer: 2), .server),
      (Layout(serverCount: 2, gpusPerServer: 8, nicsPerServer: 2), .nic),
    ] {
      let found = try read(text, layout: layout)
      #expect(found.rows.operations.rows.map(\.grain) == [grain])
      #expect(found.summary.layout == layout)
    }
    let error = #expect(throws: IngestError.self) {
      try read(text, layout: Layout(serverCount: 8, gpusPerServer: 8))
    }
    #expect(error?.description.contains("4 nodes") == true)
  }

  @Test func badLinesAreCountedAndTheNextOnesAreRead() throws {
    let found = try read(
      """
      Nodes 4
      Connections 10
      Failures 1
      0->1 start 0 size 8
      0->4 start 0 size 8
      0->1 size 8
      0->x start 0 size 8
      0->1 start 0 size 8 colour 3
      0->1 start 0 size 0
      0->1 start 0 size 99999999999999999999
      failure switch_type TOR switch_id 0 link_id 1
      blink
      0->2 start 0 si
      """)
    #expect(found.rows.transfers.bytes == [8])
    #expect(found.malformed["a node outside of those that the file declares"] == 1)
    #expect(found.malformed["a flow with neither start nor trigger: the line is cut"] == 1)
    #expect(found.malformed["a number that is none, or too large"] == 2)
    #expect(found.malformed["a word that is not of this format"] == 3)
    #expect(found.skipped["a flow of size 0: it sends until the simulation ends"] == 1)
    #expect(found.skipped["a failure of a link: fabrics are declared, not read from here"] == 1)
    #expect(
      found.summary.ledgers.contains {
        $0.truncation == "10 connections are announced, 8 are there"
      })
    #expect(found.isBalanced)
  }

  @Test func tooManyNodesAreNamedAtTheirLine() throws {
    let found = try read("Nodes 2000000000\nConnections 1\n0->1 start 0 size 8")
    let entries = found.summary.ledgers.flatMap(\.malformed)
    #expect(
      entries.map(\.first) == ["line 1"] && entries[0].reason.contains("more nodes than the limit"))
    #expect(found.rows.transfers.bytes == [8] && found.isBalanced)
  }

  @Test func theAdviceIsThatOfTheFirstReason() throws {
    let error = #expect(throws: IngestError.self) {
      try read("Nodes 4\nConnections 1\n0->9 start 0 size 8")
    }
    #expect(error?.advice?.contains("`Nodes N`") == true)
  }

  @Test func aMatrixWithoutFlowsIsRefused() throws {
    let error = #expect(throws: IngestError.self) {
      try read("Nodes 4\nConnections 1\n0->1 start 0 size 0")
    }
    #expect(error?.description.contains("1 × a flow of size 0") == true)
  }

  @Test func whatLacksConnectionsIsCalledWhatItIs() throws {
    try withScratchFolder { folder in
      let path = try write(["Nodes 4", "0 1 2"], to: "a.cm", in: folder)
      let error = #expect(throws: IngestError.self) { try TraceReaderCatalogue.identify(path) }
      #expect(error?.description.contains("htsim connection matrix") == true)
    }
  }
}
