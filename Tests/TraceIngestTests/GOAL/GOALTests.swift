import TestSupport
import Testing
import TraceIngest
import TraceModel

struct GOALTests {
  private func text(_ lines: String...) -> [UInt8] {
    Array(lines.joined(separator: "\n").utf8) + [0x0A]
  }

  @Test func aTransferWaitsForThoseBeforeItThroughComputeAndReceives() throws {
    let found = try ingest(
      bytes: text(
        "// a chain over three ranks", "num_ranks 3", "rank 0{", "a: send 10b to 1 tag 7", "}",
        "rank 1 { /* receives first", "*/ b: recv 10b from -1 tag -1 cpu 0 nic 1",
        "c: calc 500", "c requires b", "d: send 20b to 2", "d requires c", "}", "rank 2 {",
        "recv 20b from 1", "send 30b to 2", "}"),
      named: "chain.goal")
    #expect(found.moves == ["0→1 10", "2→2 30", "1→2 20"])
    #expect(found.predecessors == [2: [0]])
    #expect(found.rows.operations.rows.allSatisfy { $0.kind == .sendReceive && $0.grain == .rank })
    #expect(found.isBalanced)
    #expect(found.malformed.isEmpty)
    #expect(!found.notes(about: "500 ns in all, 500 ns along the longest chain").isEmpty)
    #expect(found.summary.layout?.rankCount == 3)
  }

  @Test func aStartDependencyWaitsForWhatTheOtherOneWaitedFor() throws {
    let found = try ingest(
      bytes: text(
        "num_ranks 2", "rank 0 {", "a: send 1b to 1", "b: send 2b to 1", "b requires a",
        "c: send 3b to 1", "c irequires b", "}", "rank 1 {", "}"),
      named: "start.goal")
    #expect(found.predecessors == [1: [0], 2: [0]])
    #expect(!found.notes(about: "3 messages were sent that no rank receives").isEmpty)
  }

  @Test(arguments: [39, 56, 104])
  func textAndBinaryGiveTheSameTrace(nodeBytes: Int) throws {
    for seed in 1...6 {
      let ranks = randomSchedule(seed: UInt64(seed))
      let text = try ingest(bytes: Array(goalText(ranks).utf8), named: "a.goal")
      let binary = try ingest(bytes: goalBinary(ranks, nodeBytes: nodeBytes), named: "a.bin")
      #expect(text.rows.operations == binary.rows.operations)
      #expect(text.rows.transfers == binary.rows.transfers)
      #expect(text.isBalanced && binary.isBalanced)
      #expect(text.malformed.isEmpty && binary.malformed.isEmpty)
    }
  }

  /// The order of the trace is the order of the schedule: no more, no less.
  @Test func whatMustPrecedeWhatIsAsInTheNodesThemselves() throws {
    for seed in 10...25 {
      let ranks = randomSchedule(seed: UInt64(seed))
      let found = try ingest(bytes: Array(goalText(ranks).utf8), named: "a.goal")
      var idOfSend: [String: Int32] = [:]
      for row in 0..<found.rows.transfers.count {
        // Sizes are distinct.
        idOfSend["\(found.rows.transfers.bytes[row])"] = found.rows.transfers.operation[row]
      }
      let naive = naivePrecedence(ranks)
      #expect(idOfSend.count == naive.count)
      for (size, before) in naive {
        let id = try #require(idOfSend["\(size)"])
        let all = closure(of: id, found.predecessors)
        let expected = Set(try before.map { try #require(idOfSend["\($0)"]) })
        #expect(all.intersection(Set(idOfSend.values)) == expected, "seed \(seed), send of \(size)")
      }
    }
  }

  @Test func computeThatManyWaitForBecomesOneOperation() throws {
    var ranks: ScheduleOfRanks = [[], []]
    for tag in 0..<20 {
      ranks[0].append(ScheduleNode(kind: .send, size: 1, peer: 1, tag: tag))
      ranks[1].append(ScheduleNode(kind: .receive, size: 1, peer: 0, tag: tag))
    }
    ranks[1].append(ScheduleNode(kind: .compute, size: 5, requires: Array(0..<20)))
    for tag in 0..<20 {
      ranks[1].append(ScheduleNode(kind: .send, size: 2, peer: 0, tag: tag, requires: [20]))
    }
    let found = try ingest(bytes: Array(goalText(ranks).utf8), named: "a.goal")
    #expect(found.rows.operations.count == 41)
    #expect(found.rows.operations.dependencies.count == 40)
    #expect(closure(of: 40, found.predecessors).count == 21)
  }

  @Test func puttingAndGettingCountOnCounters() throws {
    let found = try ingest(
      bytes: text(
        "num_ranks 3", "rank 0 {", "put 5b to 2 tag 1", "}", "rank 1 {", "put 6b to 2 tag 1", "}",
        "rank 2 {", "append 8b to priority_list allowed -1 ct 4 tag 1",
        "tput 7b to 0 when 4 reaches 2 tag 9", "a: test 4 for 1", "b: get 3b from 1 ct 5 tag 2",
        "b requires a", "}"),
      named: "portals.goal")
    #expect(found.moves.sorted() == ["0→2 5", "1→2 6", "1→2 3", "2→0 7"].sorted())
    let triggered = try #require(found.rows.transfers.bytes.firstIndex(of: 7))
    let got = try #require(found.rows.transfers.bytes.firstIndex(of: 3))
    let id = { (row: Int) in found.rows.transfers.operation[row] }
    #expect(found.predecessors[id(triggered)] == [0, 1])
    #expect(found.predecessors[id(got)] == [0])
  }

  /// Each put triggers the next rank's: none of them may stand on the stack of the one before.
  @Test func aLongChainOfTriggeredPutsIsWalked() throws {
    let count = 20_000
    var lines = ["num_ranks \(count)", "rank 0 {", "put 1b to 1 tag 0", "}"]
    for rank in 1..<count {
      lines += [
        "rank \(rank) {", "append 1b to priority_list allowed -1 ct 0 tag 0",
        "tput 1b to \((rank + 1) % count) when 0 reaches 1 tag 0", "}",
      ]
    }
    let found = try ingest(
      bytes: Array(lines.joined(separator: "\n").utf8), named: "chain.goal")
    #expect(found.rows.transfers.count == count)
    #expect(found.rows.operations.dependencies.count == count - 1)
    #expect(
      found.rows.operations.dependencies.allSatisfy {
        $0.predecessor < $0.operation
          && found.rows.transfers.destination[Int($0.predecessor)]
            == found.rows.transfers.source[Int($0.operation)]
      })
  }

  // MARK: Bad input

  @Test func aReceiveWithoutItsSendIsNamedAndHoldsNothingUp() throws {
    let found = try ingest(
      bytes: text(
        "num_ranks 2", "rank 0 {", "a: recv 4b from 1 tag 3", "b: send 9b to 1", "b requires a",
        "}", "rank 1 {", "recv 9b from 0", "}"),
      named: "a.goal")
    #expect(found.moves == ["0→1 9"])
    #expect(found.skipped["a receive or append that nothing is sent to"] == 1)
    #expect(found.summary.ledgers[0].skipped[0].first == "rank 0, node 1")
    #expect(found.isBalanced)
  }

  /// A schedule from an MPI trace leaves source and tag open; a collective's message came first.
  @Test func anOpenReceiveTakesAMessageOfItsSizeOrElseAnother() throws {
    let found = try ingest(
      bytes: text(
        "num_ranks 2", "rank 0 {", "send 1b to 1 tag 9", "send 8b to 1 tag 3", "send 5b to 1 tag 4",
        "}", "rank 1 {", "a: recv 8b from -1 tag -1", "b: recv 1b from 0 tag 9",
        "c: recv 64b from -1 tag 4", "d: send 2b to 0", "d requires a", "e: send 3b to 0",
        "e requires c", "}"),
      named: "a.goal")
    let id = { (bytes: Int64) in
      found.rows.transfers.bytes.firstIndex(of: bytes).map { found.rows.transfers.operation[$0] }
    }
    #expect(found.predecessors[try #require(id(2))] == Set([try #require(id(8))]))
    #expect(found.predecessors[try #require(id(3))] == Set([try #require(id(5))]))
    #expect(found.skipped.isEmpty && found.malformed.isEmpty)
  }

  @Test func ringsAndUnknownLabelsAreCountedAndTheRestIsRead() throws {
    let found = try ingest(
      bytes: text(
        "num_ranks 2", "rank 0 {", "a: send 1b to 1", "a requires b", "b: calc 3", "b requires c",
        "c: calc 4", "c requires b", "a requires nowhere", "}", "rank 1 {", "}"),
      named: "a.goal")
    #expect(found.moves == ["0→1 1"])
    #expect(found.malformed.count == 2)
    #expect(
      found.malformed["a dependency that closes a ring: the node was started without it"] == 1)
    #expect(found.malformed["a dependency on a label or node that does not exist"] == 1)
    #expect(found.isBalanced)
  }

  /// Many waits for the same many operations are not written one by one, and keep their meaning.
  private func expectFewWaits(_ lines: [String], waiters: Int, awaited: Int) throws {
    let found = try ingest(bytes: Array(lines.joined(separator: "\n").utf8), named: "a.goal")
    #expect(found.rows.transfers.count == waiters + awaited)
    #expect(found.rows.operations.dependencies.count < 20 * (waiters + awaited))
    var ancestors: [Int32: Set<Int32>] = [:]
    for row in found.rows.operations.rows {
      var own: Set<Int32> = []
      for other in found.predecessors[row.id] ?? [] {
        own.formUnion(ancestors[other] ?? [])
        own.insert(other)
      }
      ancestors[row.id] = own
    }
    let isWaiter = found.rows.transfers.bytes.map { $0 == 9 }
    let operations = found.rows.transfers.operation
    let before = Set(zip(operations, isWaiter).filter { !$0.1 }.map(\.0))
    for (operation, isWaiter) in zip(operations, isWaiter) where isWaiter {
      #expect(ancestors[operation]?.isSuperset(of: before) == true)
    }
  }

  @Test func waitersForOneHighCountShareWhatTheyWaitFor() throws {
    let count = 300
    try expectFewWaits(
      ["num_ranks 2", "rank 0 {"]
        + (0..<count).map { "t\($0): tput 9b to 1 when 1 reaches \(count) tag 1" }
        + (0..<count).map { "p\($0): put 8b to 1 tag 0 ct 1" } + ["}", "rank 1 {", "}"],
      waiters: count, awaited: count)
  }

  @Test func whatMayBeginWithANodeSharesWhatThatWaitsFor() throws {
    let count = 300
    try expectFewWaits(
      ["num_ranks 2", "rank 0 {"] + (0..<count).map { "a\($0): send 8b to 1 tag 0" } + ["x: calc 1"]
        + (0..<count).map { "x requires a\($0)" }
        + (0..<count).flatMap { ["b\($0): send 9b to 1 tag 0", "b\($0) irequires x"] }
        + ["}", "rank 1 {", "}"],
      waiters: count, awaited: count)
  }

  @Test func manyRingsBehindOneAnotherAreLetGoOnceEach() throws {
    // Each of 20,000 pairs waits for itself and for the pair behind it.
    let count = 20_000
    var lines = ["num_ranks 2", "rank 0 {"]
    for pair in 0..<count {
      lines += ["a\(pair): calc 1", "b\(pair): calc 1"]
    }
    lines.append("s: send 8b to 1")
    lines.append("s requires a0")
    for pair in 0..<count {
      lines += ["a\(pair) requires b\(pair)", "b\(pair) requires a\(pair)"]
      if pair + 1 < count { lines.append("a\(pair) requires a\(pair + 1)") }
    }
    let found = try ingest(
      bytes: Array((lines + ["}", "rank 1 {", "}"]).joined(separator: "\n").utf8), named: "a.goal")
    let rings = found.malformed["a dependency that closes a ring: the node was started without it"]
    #expect(rings == Int64(count))
    #expect(found.isBalanced)
  }

  @Test func eachKindOfBadLineIsCountedByItsReason() throws {
    let found = try ingest(
      bytes: text(
        "num_ranks 2", "send 1b to 1", "rank 0 {", "rank 1 {", "a: send 1b to 2", "a: fly 1b to 1",
        "b: send 99999999999999999999b to 1", "send b to 1", "send 1 to 1", "send 1b",
        "c: send 1b to 1", "c: send 1b to 1", "c requires c d", "}", "rank 0 {", "rank 5 {", "}"),
      named: "a.goal")
    #expect(found.moves == ["0→1 1"])
    #expect(found.summary.ledgers[0].malformedCount == 13)
    #expect(Set(found.malformed.values) == [1, 2])
    #expect(found.isBalanced)
  }

  @Test func aCutTextGivesTheNodesBeforeTheCut() throws {
    let whole = goalText(randomSchedule(seed: 3))
    let found = try ingest(
      bytes: Array("num_ranks 2\nrank 0 {\nsend 4b to 1\nsend 5b t".utf8), named: "a.goal")
    #expect(found.moves == ["0→1 4"])
    #expect(found.summary.ledgers[0].truncation != nil)
    for length in stride(from: whole.utf8.count - 1, to: whole.utf8.count / 2, by: -97) {
      let cut = try ingest(bytes: Array(whole.utf8.prefix(length)), named: "a.goal")
      #expect(cut.isBalanced)
    }
  }

  @Test func aCutBinaryGivesTheRanksBeforeTheCut() throws {
    let ranks: ScheduleOfRanks = (0..<4).map { rank in
      [ScheduleNode(kind: .send, size: rank + 1, peer: (rank + 1) % 4)]
    }
    let bytes = goalBinary(ranks)
    let found = try ingest(bytes: Array(bytes.dropLast(60)), named: "a.bin")
    #expect(found.moves == ["0→1 1", "1→2 2"])
    #expect(found.summary.ledgers[0].truncation?.contains("rank 2") == true)
  }

  @Test func absurdNumbersInABinaryEndItWithoutItsMemory() throws {
    let ranks: ScheduleOfRanks = [
      [ScheduleNode(kind: .send, size: 1, peer: 1)], [ScheduleNode(kind: .send, size: 1, peer: 0)],
    ]
    let good = goalBinary(ranks)
    // The end of rank 1's block; its number of nodes; its number of roots.
    let second = 8 + 6 + 32 + 51
    for (place, value) in [
      (8 + 6 + 24, UInt64.max >> 1), (second, 0xFFFF_FFFF), (second + 4, 1 << 31),
    ] {
      var bytes = good
      let width = place == 38 ? 8 : 4
      bytes.replaceSubrange(place..<place + width, with: littleEndian(value).prefix(width))
      let found = try ingest(bytes: bytes, named: "a.bin")
      #expect(found.moves == ["0→1 1"])
      #expect(found.summary.ledgers[0].truncation != nil)
    }
  }

  @Test func nodesOfUnknownKindsAndPeersAreCounted() throws {
    var ranks: ScheduleOfRanks = [[], []]
    for peer in [1, 1, 7] { ranks[0].append(ScheduleNode(kind: .send, size: 3, peer: peer)) }
    ranks[0][1].requires = [0]
    var bytes = goalBinary(ranks)
    // Kind of the first node, behind the header, two roots and its count of predecessors.
    bytes[8 + 6 + 32 + 16 + 4] = 77
    let found = try ingest(bytes: bytes, named: "a.bin")
    #expect(found.moves == ["0→1 3"])
    #expect(found.malformed["a node of a kind that is not known"] == 1)
    #expect(found.malformed["a rank at the other end that is not below num_ranks"] == 1)
    #expect(found.malformed["a dependency on a label or node that does not exist"] == 1)
    #expect(found.isBalanced)
  }

  @Test func aWrongMagicIsNoSchedule() throws {
    var bytes = goalBinary(randomSchedule(seed: 1))
    bytes[0] += 1
    let error = #expect(throws: IngestError.self) { try ingest(bytes: bytes, named: "a.bin") }
    #expect(error?.message.contains("binary data of an unknown kind") == true)
    #expect(error?.advice?.contains("GOAL") == true)
  }

  @Test func aScheduleThatSendsNothingSaysSo() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(bytes: text("num_ranks 1", "rank 0 {", "calc 5", "}"), named: "a.goal")
    }
    #expect(error?.message.contains("sends nothing") == true)
  }

  @Test func twoSchedulesAreNotOneTrace() throws {
    let bytes = text("num_ranks 2", "rank 0 {", "send 1b to 1", "}")
    let error = #expect(throws: IngestError.self) {
      try ingest(files: [("a.goal", bytes), ("b.goal", bytes)])
    }
    #expect(error?.message.contains("2 schedules") == true)
  }

  // MARK: Twins

  /// Messages between four ranks in a fixed order, so that nothing can block; sizes are distinct.
  private func randomSchedule(seed: UInt64) -> ScheduleOfRanks {
    var random = RandomStream(seed: seed)
    let number = { (below: Int) in Int(random.next() % UInt64(below)) }
    var ranks = ScheduleOfRanks(repeating: [], count: 4)
    for message in 0..<24 {
      let (source, destination) = (number(4), number(4))
      let nodes: [(Int, ScheduleNode)] = [
        (source, ScheduleNode(kind: .send, size: message + 1, peer: destination, tag: message)),
        (destination, ScheduleNode(kind: .receive, size: message + 1, peer: source, tag: message)),
        (number(4), ScheduleNode(kind: .compute, size: number(50))),
      ]
      for (rank, node) in nodes {
        var node = node
        for place in ranks[rank].indices where number(5) == 0 {
          if number(4) == 0 {
            node.requiresStart.append(place)
          } else {
            node.requires.append(place)
          }
        }
        ranks[rank].append(node)
      }
    }
    return ranks
  }

  /// By a send's size: the sizes of the sends whose end its start waits for.
  private func naivePrecedence(_ ranks: ScheduleOfRanks) -> [Int: Set<Int>] {
    var senders: [Int: (Int, Int)] = [:]
    for (rank, nodes) in ranks.enumerated() {
      for (place, node) in nodes.enumerated() where node.kind == .send {
        senders[node.tag] = (rank, place)
      }
    }
    var found: [Int: Set<Int>] = [:]
    func waits(_ rank: Int, _ place: Int) -> Set<Int> {
      let node = ranks[rank][place]
      return node.requires.reduce(into: Set()) { $0.formUnion(ends(rank, $1)) }
        .union(node.requiresStart.reduce(into: Set()) { $0.formUnion(waits(rank, $1)) })
    }
    /// Sends that have ended when a node has.
    func ends(_ rank: Int, _ place: Int) -> Set<Int> {
      let node = ranks[rank][place]
      switch node.kind {
      case .compute: return waits(rank, place)
      case .send: return sent(rank, place)
      case .receive:
        guard let sender = senders[node.tag] else { return waits(rank, place) }
        return waits(rank, place).union(sent(sender.0, sender.1))
      }
    }
    func sent(_ rank: Int, _ place: Int) -> Set<Int> {
      let size = ranks[rank][place].size
      if found[size] == nil { found[size] = waits(rank, place) }
      return (found[size] ?? []).union([size])
    }
    for (rank, place) in senders.values { _ = sent(rank, place) }
    return found
  }

  private func closure(of id: Int32, _ predecessors: [Int32: Set<Int32>]) -> Set<Int32> {
    var all: Set<Int32> = []
    var stack = Array(predecessors[id] ?? [])
    while let next = stack.popLast() {
      if all.insert(next).inserted { stack += predecessors[next] ?? [] }
    }
    return all
  }
}

/// Schedules of LogGOPSim and LogGOPSim2.
@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct GOALRealFileTests {
  private func read(_ name: String) throws -> IngestedFiles {
    let path = RealInputs.path("goal/\(name)")
    #expect(try TraceReaderCatalogue.identify(path) == GOALReader.self)
    return try IngestedFiles(GOALReader.self, paths: [path])
  }

  @Test func aTextAndItsBinaryAreOneTrace() throws {
    let (text, binary) = (try read("test.goal"), try read("test.bin"))
    #expect(text.rows.operations == binary.rows.operations)
    #expect(text.rows.transfers == binary.rows.transfers)
    #expect(text.moves == ["0→1 1", "0→2 1", "1→3 1"])
    #expect(text.predecessors == [1: [0], 2: [0]])
    #expect(text.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
    #expect(binary.summary.ledgers.map(\.read) == [12])
    #expect(text.summary.ledgers[0].skipped.isEmpty)
    #expect(binary.summary.ledgers[0].skipped.isEmpty)
  }

  @Test func aBroadcastReachesEveryRankThroughTheRankBefore() throws {
    let found = try read("binary_tree_32.goal")
    #expect(found.rows.transfers.bytes == [Int64](repeating: 1, count: 31))
    #expect(Set(found.rows.transfers.destination) == Set(1..<32))
    var arrival: [Int32: Int32] = [:]
    for row in 0..<31 {
      arrival[found.rows.transfers.destination[row]] = found.rows.transfers.operation[row]
    }
    for row in 0..<31 {
      let expected = arrival[found.rows.transfers.source[row]].map { Set([$0]) }
      #expect(found.predecessors[found.rows.transfers.operation[row]] == expected)
    }
    #expect(found.isBalanced && found.skipped["a receive or append that nothing is sent to"] == nil)
  }

  @Test func anMPITraceHasItsMessagesAndEveryReceiveItsSend() throws {
    let found = try read("schedule-4ranks-from-mpi-trace.goal")
    #expect(found.rows.transfers.count == 59)
    #expect(found.rows.transfers.bytes.reduce(0, +) == 607_288)
    #expect(found.skipped["a receive or append that nothing is sent to"] == nil)
    #expect(found.notes(about: "no rank receives").isEmpty)
    #expect(found.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
    #expect(found.summary.layout == Layout(serverCount: 1, gpusPerServer: 4))
  }
}
