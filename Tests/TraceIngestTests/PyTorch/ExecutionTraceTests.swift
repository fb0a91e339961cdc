import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct ExecutionTraceTests {
  /// Shares of a two-dimensional tensor of 16 elements a row, by rank.
  private let shares = [[1, 3, 0], [2, 2, 2], [0, 5, 1]]

  private func received(_ rank: Int) -> [Int] { shares.map { $0[rank] } }

  private func firstGeneration(_ rank: Int, recordedAs own: Int? = nil) -> String {
    let elements = shares[rank].reduce(0, +) * 16
    return executionTrace([
      firstGenerationNode(id: 9, collective: "wait", sequence: 4, rank: own ?? rank),
      firstGenerationNode(
        id: 8, parent: 5, collective: "all_to_allv", sequence: 7, rank: own ?? rank,
        elements: elements,
        sent: shares[rank], received: received(rank), pointer: UInt64.max - UInt64(rank)),
      namedNode("aten::view", id: 5, parent: 4),
      namedNode("ProfilerStep#12", id: 4),
    ])
  }

  @Test func sharesCountRowsAndFollowThePairs() throws {
    let found = try ingest(ExecutionTraceReader.self, ranks: (0..<3).map { firstGeneration($0) })
    let operation = try #require(found.rows.operations.rows.first)
    #expect(found.rows.operations.count == 1)
    #expect(operation.kind == .allToAll)
    #expect(operation.iteration == 12)
    #expect(operation.start == Operation.unknownTime)
    #expect(
      found.matrix(of: operation, size: 3) == shares.map { $0.map { Int64($0) * 16 * 4 } })
    #expect(found.notes(about: "disagree").isEmpty)
    #expect(found.isBalanced)
    #expect(
      found.skipped == [
        "a node that is no communication": 6, "a wait or barrier: moves no payload": 3,
      ])
  }

  @Test func oneRankGivesItsRowAndItsColumn() throws {
    let found = try ingest(ExecutionTraceReader.self, ranks: [firstGeneration(0)])
    let matrix = found.matrix(of: try #require(found.rows.operations.rows.first), size: 3)
    #expect(matrix == [[64, 192, 0], [128, 0, 0], [0, 0, 0]])
    #expect(found.notes(about: "files of 1 of 3 ranks").count == 1)
  }

  @Test func pairsThatDisagreeAreCounted() throws {
    let other = firstGeneration(1).replacingOccurrences(of: "[3, 2, 5]", with: "[4, 1, 5]")
    let found = try ingest(
      ExecutionTraceReader.self, ranks: [firstGeneration(0), other, firstGeneration(2)])
    #expect(found.notes(about: "2 pairs of ranks disagree").count == 1)
    let matrix = found.matrix(of: try #require(found.rows.operations.rows.first), size: 3)
    #expect(matrix[0][1] == 3 * 64)
  }

  /// Ranks 0 … 3; groups {0, 2} and {1, 3} with the same names of their own, and the world.
  private func laterGeneration(_ rank: Int, hasNumbers: Bool = true, sequence: String) -> String {
    let sent = rank < 2 ? [1, 2] : [4, 8]
    let received = [rank < 2 ? 1 : 2, rank < 2 ? 4 : 8]
    let group = (name: "e\(rank % 2)", words: "EXPERT_MODEL_PARALLEL_GROUP")
    return executionTrace(
      [
        laterGenerationNode(
          id: 20, collective: "broadcast", sequence: "3", rank: 0, elements: 10, size: 4,
          device: rank % 2, hasNumbers: hasNumbers),
        laterGenerationNode(
          id: 25, parent: 24, collective: "all_to_allv", sequence: sequence, rank: rank / 2,
          elements: sent.reduce(0, +) * 8, sent: sent, received: received, group: group,
          start: rank % 2, stride: 2, size: 2, device: rank % 2, hasNumbers: hasNumbers),
        namedNode("MoEDispatch", id: 24, parent: 23),
        namedNode("autograd::engine::evaluate_function: X", id: 23),
        laterGenerationNode(
          id: 30, parent: 31, collective: "allreduce", sequence: "4", rank: rank, elements: 12,
          size: 4, device: rank % 2, hasNumbers: hasNumbers),
        namedNode("torch::autograd::AccumulateGrad", id: 31),
      ], schema: "1.1.1-chakra.0.0.4")
  }

  @Test(arguments: [(true, "9"), (true, "[9, false]"), (false, "9")])
  func groupsOfTheLaterGenerationsAreKept(hasNumbers: Bool, sequence: String) throws {
    let found = try ingest(
      ExecutionTraceReader.self,
      ranks: (0..<4).map { laterGeneration($0, hasNumbers: hasNumbers, sequence: sequence) })
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.broadcast, .allToAll, .allToAll, .allReduce])
    #expect(rows.map(\.role) == [.other, .expert, .expert, .data])
    #expect(rows[1].phase == .dispatchBackward)
    #expect(rows[1].group != rows[2].group)
    #expect(
      found.matrix(of: rows[1], size: 4) == [
        [16, 0, 32, 0], [0, 0, 0, 0], [64, 0, 128, 0], [0, 0, 0, 0],
      ])
    #expect(
      found.matrix(of: rows[2], size: 4) == [
        [0, 0, 0, 0], [0, 16, 0, 32], [0, 0, 0, 0], [0, 64, 0, 128],
      ])
    // 24 bytes over four ranks: each sends 2 · 3/4 of them to the next.
    #expect(found.matrix(of: rows[3], size: 4)[3] == [36, 0, 0, 0])
    #expect(
      found.matrix(of: rows[0], size: 4) == [
        [0, 20, 0, 0], [0, 0, 20, 0], [0, 0, 0, 20], [0, 0, 0, 0],
      ])
    #expect(found.summary.layout?.gpusPerServer == 2)
    #expect(
      found.rows.operations.dependencies == [
        .init(operation: 1, predecessor: 0), .init(operation: 2, predecessor: 0),
        .init(operation: 3, predecessor: 1), .init(operation: 3, predecessor: 2),
      ])
  }

  @Test func aTensorForEachMemberIsItsShare() throws {
    let texts = (0..<2).map { rank in
      executionTrace([
        laterGenerationNode(
          id: 5, collective: "all_to_all", sequence: "1", rank: rank, elements: 0, size: 2,
          tensors: "[[1, 2, 0, \(3 + rank), 4, \"cuda:0\"], [1, 2, 0, 5, 4, \"cuda:0\"]]")
      ])
    }
    let found = try ingest(ExecutionTraceReader.self, ranks: texts)
    let operation = try #require(found.rows.operations.rows.first)
    #expect(found.matrix(of: operation, size: 2) == [[12, 20], [16, 20]])
  }

  @Test func messagesAreMatchedByPair() throws {
    let send = { (rank: Int, peer: Int, name: String, elements: [Int]) in
      executionTrace(
        elements.enumerated().map { index, elements in
          laterGenerationNode(
            id: 5 + index, collective: name, sequence: "[\(index + 100 * rank), true]", rank: peer,
            elements: elements, size: 2)
        })
    }
    let found = try ingest(
      ExecutionTraceReader.self,
      ranks: [send(0, 1, "send", [10, 30]), send(1, 0, "recv", [10, 30])])
    #expect(found.rows.operations.rows.map(\.kind) == [.sendReceive, .sendReceive])
    #expect(found.rows.transfers.bytes == [20, 60])
    #expect(found.rows.transfers.source == [0, 0])
    #expect(found.rows.transfers.destination == [1, 1])
  }

  // MARK: Bad input

  @Test func whatCannotBeUsedIsCountedAndTheRestIsUsed() throws {
    let good = firstGenerationNode(
      id: 8, collective: "allreduce", sequence: 1, rank: 0, elements: 8)
    let text = executionTrace([
      "17", "{\"id\": 3}", "{\"name\": \"a\", \"id\": \"x\"}", good,
      firstGenerationNode(id: 9, collective: "all_shuffle", sequence: 2, rank: 0, elements: 4),
      "{\"name\": \"record_param_comms\", \"id\": 11, \"inputs\": [1, 2], \"parent\": 1}",
      "{\"name\": \"record_param_comms\", \"id\": 12, \"inputs\": 5, \"parent\": 1}",
    ])
    let found = try ingest(
      ExecutionTraceReader.self, ranks: [text], layout: Layout(serverCount: 1, gpusPerServer: 1))
    #expect(found.rows.operations.count == 1)
    #expect(found.skipped == ["a collective that is not known here": 1])
    #expect(found.malformed.values.reduce(0, +) == 5)
    #expect(found.summary.ledgers[0].read == 7)
    #expect(found.isBalanced)
    #expect(found.notes(about: "all_shuffle").count == 1)
  }

  @Test func aCutFileGivesWhatIsBeforeTheCut() throws {
    let text = firstGeneration(0)
    let cut = try #require(text.range(of: "aten::view"))
    let found = try ingest(
      ExecutionTraceReader.self, ranks: [String(text[..<cut.lowerBound]), firstGeneration(1)])
    #expect(found.rows.operations.count == 1)
    #expect(found.summary.ledgers[0].truncation?.contains("ends too soon") == true)
    #expect(found.isBalanced)
  }

  @Test func absurdNumbersAreNoBytes() throws {
    let node = laterGenerationNode(
      id: 5, collective: "all_to_allv", sequence: "1", rank: 0, elements: 1, sent: [-1, 2],
      received: [1, 1], start: 900_000_000_000, stride: 99_999, size: 1_000_000_000,
      tensors:
        "[[1, 2, 0, 999999999999999999, 8, \"cuda:0\"], [1, 2, 0, 999999999999999999, 8, \"\"]]"
    )
    let even = { rank in
      firstGenerationNode(
        id: 6, collective: "all_to_all", sequence: 2, rank: rank, elements: 7, pointer: 3)
    }
    let found = try ingest(
      ExecutionTraceReader.self,
      ranks: [executionTrace([node, even(0)]), executionTrace([even(1)])],
      layout: Layout(serverCount: 1, gpusPerServer: 2))
    #expect(found.skipped["of a process group whose members are not recorded"] == 1)
    #expect(found.rows.transfers.count == 0)
    #expect(found.notes(about: "1 operation has no bytes").count == 1, "\(found.summary.notes)")
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [("_allgather_base", 1 << 48), ("all_to_all", 1 << 40)])
  func absurdGroupsNeitherStopNorHangTheProgram(collective: String, elements: Int) throws {
    let node = laterGenerationNode(
      id: 5, collective: collective, sequence: "1", rank: 0, elements: 1, size: 1 << 17,
      tensors: "[[1, 2, 0, \(elements), 64, \"cuda:0\"]]")
    let found = try ingest(ExecutionTraceReader.self, ranks: [executionTrace([node])])
    #expect(found.rows.operations.count == 1)
    #expect(found.rows.transfers.count == 0)
    #expect(found.notes(about: "1 operation has no bytes").count == 1)
  }

  /// An all-reduce of two ranks of which one is `rank`; of `elements` elements of two bytes.
  private func pairReduction(
    _ id: Int, _ pair: (Int, Int), rank: Int, sequence: Int, elements: Int
  ) -> String {
    laterGenerationNode(
      id: id, collective: "allreduce", sequence: "\(sequence)", rank: rank == pair.0 ? 0 : 1,
      elements: elements, group: (name: "\(pair.0)-\(pair.1)", words: ""), start: pair.0,
      stride: pair.1 - pair.0, size: 2)
  }

  @Test func ranksWithUnequalNumbersOfOperationsKeepTheirOrder() throws {
    // Ranks 0 and 1 meet three times before all three do; for rank 2 that is the first.
    let texts = (0..<3).map { rank in
      let pairs =
        rank == 2
        ? [] : (0..<3).map { pairReduction(10 + $0, (0, 1), rank: rank, sequence: $0, elements: 8) }
      return executionTrace(
        pairs + [
          laterGenerationNode(
            id: 30, collective: "allreduce", sequence: "1", rank: rank, elements: 3, size: 3)
        ])
    }
    let found = try ingest(ExecutionTraceReader.self, ranks: texts)
    #expect(found.rows.transfers.operation == [0, 0, 1, 1, 2, 2, 3, 3, 3])
    #expect(
      found.rows.operations.dependencies
        == (1...3).map { .init(operation: $0, predecessor: $0 - 1) })
  }

  @Test func aContradictionLeavesTheOrderOfOtherOperationsAlone() throws {
    // Ranks 1 and 2 ran two operations in either order, and rank 1 then three with rank 0.
    let pair = { (rank: Int, sequences: [Int]) in
      sequences.enumerated().map { offset, sequence in
        pairReduction(
          10 + offset, (1, 2), rank: rank, sequence: sequence, elements: 1 + sequence)
      }
    }
    let others = { (rank: Int) in
      (0..<3).map { pairReduction(20 + $0, (0, 1), rank: rank, sequence: $0, elements: 3 + $0) }
    }
    let texts = [others(0), pair(1, [0, 1]) + others(1), pair(2, [1, 0])]
    let found = try ingest(ExecutionTraceReader.self, ranks: texts.map { executionTrace($0) })
    let own = (0..<found.rows.transfers.count).filter { found.rows.transfers.source[$0] == 1 }
    #expect(own.map { found.rows.transfers.bytes[$0] / 2 } == [1, 2, 3, 4, 5])
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func everyRanksOrderIsKept(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let size = 6
    var nodes = [[String]](repeating: [], count: size)
    var elementsOfRank = [[Int64]](repeating: [], count: size)
    var counts: [Int: Int] = [:]
    for operation in 1...60 {
      // Low ranks are busier than high ones.
      let first = min(Int(random.next() % 5), Int(random.next() % 5))
      let second = first + 1 + Int(random.next() % UInt64(size - first - 1))
      let sequence = counts[first * size + second, default: 0]
      counts[first * size + second] = sequence + 1
      for rank in [first, second] {
        nodes[rank].append(
          pairReduction(
            10 + operation, (first, second), rank: rank, sequence: sequence, elements: operation))
        elementsOfRank[rank].append(Int64(operation))
      }
    }
    let ranks = (0..<size).filter { !nodes[$0].isEmpty }
    let found = try ingest(
      ExecutionTraceReader.self, ranks: nodes.map { executionTrace($0) },
      layout: Layout(serverCount: 1, gpusPerServer: size))
    for rank in ranks {
      let own = (0..<found.rows.transfers.count).filter {
        found.rows.transfers.source[$0] == Int32(rank)
      }
      // Two ranks send one another all bytes of an all-reduce once: two for each element.
      #expect(own.map { found.rows.transfers.bytes[$0] / 2 } == elementsOfRank[rank])
    }
  }

  @Test func aGroupOfUnknownSizeIsNotTheRanksThatWereRead() throws {
    let texts = (0..<2).map { rank in
      executionTrace([
        firstGenerationNode(id: 6, collective: "allreduce", sequence: 2, rank: rank, elements: 12)
      ])
    }
    let error = #expect(throws: IngestError.self) {
      try ingest(ExecutionTraceReader.self, ranks: texts)
    }
    #expect(error?.description.contains("members are not recorded") == true)
    let found = try ingest(
      ExecutionTraceReader.self, ranks: texts, layout: Layout(serverCount: 1, gpusPerServer: 4))
    // 2 · 3/4 of 48 bytes from each of the four declared ranks.
    #expect(found.rows.transfers.bytes == [72, 72, 72, 72])
    #expect(found.notes(about: "1 process group without recorded members").count == 1)
    #expect(found.summary.provenance["operations.group"]?.origin == .inferred)
  }

  @Test func ranksThatDisagreeAboutASizeAreCounted() throws {
    let texts = (0..<2).map { pairReduction(5, (0, 1), rank: $0, sequence: 1, elements: 4 + $0) }
    let found = try ingest(ExecutionTraceReader.self, ranks: texts.map { executionTrace([$0]) })
    #expect(found.rows.transfers.bytes == [8, 8])
    #expect(found.notes(about: "1 collective has ranks that disagree").count == 1)
  }

  @Test func whyACallIsNoPartOfAnOperationIsTold() throws {
    let node = { (id: Int, collective: String, rank: Int, start: Int) in
      laterGenerationNode(
        id: id, collective: collective, sequence: "\(id)", rank: rank, elements: 4,
        group: (name: "g\(start)", words: ""), start: start, size: 2)
    }
    let found = try ingest(
      ExecutionTraceReader.self,
      ranks: [
        executionTrace([
          node(5, "allreduce", 0, 0), node(6, "allreduce", 0, 4), node(7, "send", 9, 0),
          node(8, "allreduce", 0, -1),
        ])
      ])
    #expect(found.rows.operations.count == 1)
    #expect(
      found.skipped == [
        "of a process group whose members are not recorded": 1,
        "of a process group that does not hold the file's rank": 1,
        "a message whose other end is not recorded": 1,
      ])
    #expect(found.isBalanced)
  }

  @Test func aTraceWithoutCommunicationIsRefused() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(ExecutionTraceReader.self, ranks: [executionTrace([namedNode("a", id: 2)])])
    }
    #expect(error?.description.contains("holds no communication") == true)
  }

  @Test func aRankThatTwoFilesHoldIsReadOnce() throws {
    let found = try ingest(
      ExecutionTraceReader.self,
      ranks: [firstGeneration(0), firstGeneration(0), firstGeneration(2)],
      named: ["a.json", "b.json", "c.json"])
    #expect(found.skipped["of a rank that a.json holds too"] == 1)
    #expect(found.isBalanced)
  }

  @Test func namesDecideWhereRecordedRanksMeet() throws {
    let found = try ingest(
      ExecutionTraceReader.self, ranks: (0..<3).map { firstGeneration($0, recordedAs: 0) })
    #expect(found.notes(about: "several files record the same rank").count == 1)
    #expect(found.notes(about: "left out").isEmpty)
    #expect(found.notes(about: "disagree").isEmpty)
    #expect(found.rows.operations.count == 1)
  }

  /// A broadcast's record names its root, not its own rank.
  private func broadcast(size: Int) -> String {
    executionTrace([
      laterGenerationNode(
        id: 5, collective: "broadcast", sequence: "1", rank: 0, elements: 10, size: size)
    ])
  }

  @Test(arguments: [
    (["rank1/trace.json", "rank0/trace.json"], 2), (["et_1.json", "et_0.json"], 2),
    (["worker-1.pt.json", "worker-0.pt.json"], 2), (["rank0_20240517.json", "x_20240518.json"], 1),
  ])
  func ranksAreReadFromNamesOfFilesAndFolders(names: [String], known: Int) throws {
    let found = try ingest(
      ExecutionTraceReader.self, ranks: [broadcast(size: 2), broadcast(size: 2)], named: names)
    #expect(found.summary.ledgers.map(\.used).reduce(0, +) == Int64(known))
    #expect(found.skipped["the rank of the file is not known"] == (known < 2 ? 1 : nil))
    #expect(found.isBalanced)
  }

  @Test func aDateIsNoRank() throws {
    #expect(throws: IngestError.self) {
      try ingest(
        ExecutionTraceReader.self, ranks: [broadcast(size: 2)], named: ["trace_20240517.json"])
    }
  }

  @Test(arguments: [true, false]) func whatACheckpointComputesOnceMoreIsForward(isInner: Bool)
    throws
  {
    // With a backward function inside the checkpoint's own, it is the real backward pass.
    let texts = (0..<2).map { rank in
      executionTrace([
        laterGenerationNode(
          id: 5, parent: 4, collective: "all_to_all", sequence: "1", rank: rank, elements: 8,
          size: 2),
        namedNode("MoEDispatch", id: 4, parent: 3),
        namedNode(
          isInner ? "autograd::engine::evaluate_function: Y" : "aten::y", id: 3, parent: 2),
        namedNode("CheckpointFunctionBackward", id: 2, parent: 1),
        namedNode(
          "autograd::engine::evaluate_function: CheckpointFunctionBackward", id: 1, parent: 0),
      ])
    }
    let found = try ingest(ExecutionTraceReader.self, ranks: texts)
    #expect(
      found.rows.operations.rows.map(\.phase) == [isInner ? .dispatchBackward : .dispatchForward])
  }

  @Test func whatIsBadIsNamedByItsOwnLine() throws {
    let good = laterGenerationNode(
      id: 5, collective: "allreduce", sequence: "1", rank: 0, elements: 8, size: 1)
    // The list begins on the first line; each node on one of its own.
    let oneLine = good.replacingOccurrences(of: "\n", with: " ")
    let found = try ingest(
      ExecutionTraceReader.self, ranks: [executionTrace([oneLine, oneLine, "{\"id\": 3}", "17"])])
    #expect(
      found.summary.ledgers[0].malformed.map { $0.first.split(separator: " ").suffix(2) } == [
        ["line", "4"], ["line", "5"],
      ])
  }

  @Test func aLayoutThatIsTooSmallIsRefused() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(
        ExecutionTraceReader.self, ranks: (0..<3).map { firstGeneration($0) },
        layout: Layout(serverCount: 2, gpusPerServer: 1))
    }
    #expect(error?.description.contains("3 ranks, the layout has 2") == true)
  }

  @Test func randomDamageNeverStopsTheProgram() throws {
    var random = RandomStream(seed: 5)
    let good = Array(laterGeneration(1, sequence: "9").utf8)
    let marks = Array("[]{},:\"-e.0912\\ \n".utf8)
    for _ in 0..<150 {
      var bytes = good
      for _ in 0...(random.next() % 4) {
        let place = Int(random.next() % UInt64(bytes.count))
        bytes[place] = marks[Int(random.next() % UInt64(marks.count))]
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if let found = try? ingest(ExecutionTraceReader.self, ranks: [text]) {
        #expect(found.isBalanced)
      }
    }
  }
}
