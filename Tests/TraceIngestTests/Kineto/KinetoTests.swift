import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct KinetoTests {
  private func nanoseconds(_ text: String) throws(JSONDefect) -> Int64 {
    let bytes = Array(text.utf8)
    var cursor = JSONCursor()
    let value = try cursor.nanosecondsOfMicroseconds(bytes.span.bytes)
    try cursor.end(bytes.span.bytes)
    return value
  }

  @Test func microsecondsBecomeExactNanoseconds() throws {
    #expect(try nanoseconds("4458676524648.797") == 4_458_676_524_648_797)
    #expect(try nanoseconds("1740461679472450") == 1_740_461_679_472_450_000)
    #expect(try nanoseconds("0.0019") == 1)
    #expect(try nanoseconds("-1.5") == -1_500)
    #expect(try nanoseconds("1.5e3") == 1_500_000)
    #expect(try nanoseconds("25E-4") == 2)
    #expect(try nanoseconds("0") == 0)
    #expect(try nanoseconds("1.0000000000000000000000001") == 1_000)
    #expect(throws: JSONDefect.integerTooLarge) { try nanoseconds("99999999999999999999") }
    #expect(throws: JSONDefect.integerTooLarge) { try nanoseconds("9e17") }
    #expect(throws: JSONDefect.integerTooLarge) { try nanoseconds("1e-9223372036854775808") }
    #expect(throws: JSONDefect.integerTooLarge) { try nanoseconds("1e9223372036854775807") }
    #expect(throws: JSONDefect.notANumber) { try nanoseconds("\"5\"") }
    #expect(throws: JSONDefect.badNumber) { try nanoseconds("1.") }
  }

  @Test func kernelsWithArgumentsAreOperationsWithTimes() throws {
    let shares = [[1, 2], [3, 4]]
    let texts = (0..<2).map { rank in
      kinetoTrace(
        [
          kinetoEvent(
            "kernel", "ncclDevKernel_SendRecv(x)", thread: "\"stream 7\"", at: "\(10 + rank).5",
            for: "4",
            kinetoCollective(
              "all_to_allv", elements: shares[rank].reduce(0, +) * 10, sent: "\(shares[rank])",
              received: "\(shares.map { $0[rank] })", size: 2)),
          kinetoEvent(
            "kernel", "ncclDevKernel_AllReduce_Sum_bf16(x)", at: "30", for: "\(2 + rank)",
            kinetoCollective("allreduce", elements: 8, size: 2)),
        ], rank: rank, size: 2, after: ", \"baseTimeNanoseconds\": 1711964646000000000")
    }
    let found = try ingest(KinetoReader.self, ranks: texts.reversed())
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allToAll, .allReduce])
    let base: Int64 = 1_711_964_646_000_000_000
    // From when the last rank began to when the last one ended.
    #expect(rows.map(\.start) == [base + 11_500, base + 30_000])
    #expect(rows.map(\.end) == [base + 15_500, base + 33_000])
    #expect(found.matrix(of: rows[0], size: 2) == [[20, 40], [60, 80]])
    #expect(found.matrix(of: rows[1], size: 2) == [[0, 16], [16, 0]])
    #expect(found.isBalanced)
    #expect(found.notes(about: "disagree").isEmpty)
  }

  @Test func listsThatWereCutAreNeverSummed() throws {
    let cut = "[" + (0..<30).map { _ in "5" }.joined(separator: ", ") + ", ...]"
    // Of its members only the record around the launch has a first rank and a stride.
    let arguments = { (more: [(String, String)]) in
      kinetoCollective(
        "all_to_allv", elements: 320, sent: cut, received: cut, size: 64, ranks: cut,
        words: "EXPERT_MODEL_PARALLEL_GROUP", more: more)
    }
    let events = [
      kinetoEvent(
        "kernel", "ncclDevKernel_SendRecv(x)", at: "50", for: "4",
        arguments([("correlation", "7")])),
      kinetoEvent(
        "cuda_runtime", "cudaLaunchKernelExC", at: "20", for: "1", [("correlation", "7")]),
      kinetoEvent(
        "cpu_op", "record_param_comms", at: "10", for: "20",
        arguments([("Global rank start", "0"), ("Global rank stride", "2")])),
    ]
    let found = try ingest(KinetoReader.self, ranks: [kinetoTrace(events, rank: 0, size: 128)])
    let operation = try #require(found.rows.operations.rows.first)
    #expect(operation.role == .expert)
    #expect(found.rows.transfers.count == 0)
    #expect(found.summary.provenance["transfers.bytes"]?.origin == .absent)
    #expect(found.notes(about: "1 record has lists of shares that PyTorch cut").count == 1)
  }

  /// A kernel, its launch at time 20, and what stands around that.
  private func launched(
    _ kernel: String, around: [String], correlation: String = "7", thread: String = "1"
  ) -> [String] {
    [
      kinetoEvent("kernel", kernel, thread: "27", at: "50", for: "9", [("correlation", "7")]),
      kinetoEvent(
        "cuda_runtime", "cudaLaunchKernelExC", thread: thread, at: "20", for: "1",
        [("cbid", "1"), ("correlation", correlation)]),
    ] + around
  }

  @Test(arguments: [
    ("dispatch", "dispatch(F)", Phase.dispatchForward), ("combine", "combine(F)", .combineForward),
    ("combine", "dispatch(B)", .dispatchBackward), ("dispatch", "combine(B)", .combineBackward),
  ])
  func rolesComeFromTheRangeAroundTheLaunch(kernel: String, range: String, phase: Phase) throws {
    let events = launched(
      "void ep::internode::\(kernel)<false, 8>(int4*)",
      around: [
        kinetoEvent("user_annotation", "combine(B)", at: "1", for: "9"),
        kinetoEvent("user_annotation", range, at: "15", for: "10"),
        kinetoEvent("user_annotation", "ProfilerStep#3", thread: "5", at: "0", for: "100"),
        kinetoEvent("user_annotation", "combine(F)", thread: "2", at: "19", for: "3"),
      ])
    let found = try ingest(KinetoReader.self, ranks: [kinetoTrace(events, rank: 0, size: 4)])
    let operation = try #require(found.rows.operations.rows.first)
    #expect(operation.phase == phase)
    #expect(operation.role == .expert)
    #expect(operation.iteration == 3)
    #expect(operation.start == 50_000)
  }

  @Test func helpersAndUnexplainedKernelsAreNoOperations() throws {
    let allReduce = kinetoEvent("kernel", "ncclKernel_AllReduce_RING_LL(x)", at: "1", for: "1")
    var events = launched("void ep::dispatch<8>(int)", around: [], correlation: "8")
    for name in ["notify_dispatch<8>", "get_dispatch_layout(int)", "cached_notify_combine"] {
      events.append(kinetoEvent("kernel", "void ep::" + name, at: "5", for: "1"))
    }
    events.append(kinetoEvent("kernel", "ncclDevKernel_SendRecv(x)", at: "9", for: "1"))
    let found = try ingest(
      KinetoReader.self, ranks: [kinetoTrace(events + [allReduce], rank: 0, size: 1)])
    #expect(found.rows.operations.count == 1)
    #expect(
      found.skipped == [
        "an event that is no kernel of communication": 4,
        "a dispatch or combine kernel that no range around its launch explains": 1,
        "a kernel of communication without a record of its call": 1,
      ])
    #expect(found.isBalanced)
  }

  @Test(arguments: [true, false]) func recordsAroundALaunchGiveSizes(hasArguments: Bool) throws {
    let record = kinetoEvent(
      "cpu_op", "record_param_comms", at: "10", for: "20",
      hasArguments ? kinetoCollective("allreduce", elements: 24, size: 2) : [("Ev Idx", "1")])
    let range = kinetoEvent(
      "user_annotation", "nccl:all_reduce", at: "12", for: "15",
      [("Input Dims", "[[[2, 3], [6]], []]"), ("Input type", "[\"float\", \"Scalar\"]")])
    let texts = (0..<2).map { rank in
      kinetoTrace(
        launched("ncclKernel_AllReduce_RING_LL_Sum(x)", around: [record, range]), rank: rank,
        size: 2)
    }
    let found = try ingest(KinetoReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce])
    // 24 elements of 2 bytes, or 12 of 4: all of it goes once from each of two ranks to the other.
    #expect(found.rows.transfers.bytes == [48, 48])
  }

  @Test func messagesNameTheirOtherEndAsAGlobalRank() throws {
    // Ranks 4 and 6 are the members of a pipeline group.
    let trace = { (rank: Int, name: String, other: (String, String)) in
      kinetoTrace(
        [
          kinetoEvent(
            "kernel", "ncclDevKernel_SendRecv(x)", at: "5", for: "4",
            kinetoCollective(name, elements: 100, size: 2, ranks: "[4, 6]", more: [other]))
        ], rank: rank, size: 8)
    }
    let found = try ingest(
      KinetoReader.self,
      ranks: [
        trace(4, "send", ("Dst Rank", "6")), trace(6, "recv", ("Src Rank", "4")),
      ])
    #expect(found.rows.operations.rows.map(\.kind) == [.sendReceive])
    #expect(found.matrix(of: found.rows.operations.rows[0], size: 8)[4][6] == 200)
    #expect(found.isBalanced)
  }

  @Test func rootsComeFromTheRecordAroundTheLaunch() throws {
    let arguments = { (more: [(String, String)]) in
      kinetoCollective("broadcast", elements: 10, size: 3, more: more)
    }
    let events = [
      kinetoEvent(
        "kernel", "ncclDevKernel_Broadcast(x)", at: "50", for: "4",
        arguments([("correlation", "7")])),
      kinetoEvent(
        "cuda_runtime", "cudaLaunchKernelExC", at: "20", for: "1", [("correlation", "7")]),
      kinetoEvent(
        "cpu_op", "record_param_comms", at: "10", for: "20", arguments([("Rank", "1")])),
    ]
    let found = try ingest(KinetoReader.self, ranks: [kinetoTrace(events, rank: 0, size: 3)])
    // From its root on: 1 to 2 to 0.
    #expect(found.rows.transfers.source == [1, 2])
    #expect(found.rows.transfers.destination == [2, 0])
  }

  @Test func sequenceNumbersBringTheRanksTogether() throws {
    // Rank 1 was recorded from one collective later on.
    let kernel = { (number: Int, elements: Int) in
      kinetoEvent(
        "kernel", "ncclKernel_AllReduce_RING(x)", at: "\(number)", for: "1",
        kinetoCollective("allreduce", elements: elements, size: 2, more: [("Seq", "\(number)")]))
    }
    let found = try ingest(
      KinetoReader.self,
      ranks: [
        kinetoTrace([kernel(1, 2), kernel(2, 4)], rank: 0, size: 2),
        kinetoTrace([kernel(2, 4)], rank: 1, size: 2),
      ])
    #expect(found.rows.operations.count == 2)
    #expect(found.rows.transfers.bytes == [4, 4, 8, 8])
  }

  @Test func aKernelTakesTheNumberAndTheGroupsWordsFromItsRecord() throws {
    // Rank 1 was recorded from one collective later on; only the records have numbers.
    let call = { (number: Int, elements: Int) in
      let arguments = kinetoCollective("allreduce", elements: elements, size: 2, words: "")
      return [
        kinetoEvent(
          "kernel", "ncclKernel_AllReduce_RING(x)", at: "\(number)50", for: "4",
          arguments + [("correlation", "\(number)")]),
        kinetoEvent(
          "cuda_runtime", "cudaLaunchKernelExC", at: "\(number)20", for: "1",
          [("correlation", "\(number)")]),
        kinetoEvent(
          "cpu_op", "record_param_comms", at: "\(number)10", for: "20",
          kinetoCollective(
            "allreduce", elements: elements, size: 2, words: "DATA_PARALLEL_GROUP",
            more: [("Seq", "\(number)")])),
      ]
    }
    let found = try ingest(
      KinetoReader.self,
      ranks: [
        kinetoTrace(call(1, 2) + call(2, 4), rank: 0, size: 2),
        kinetoTrace(call(2, 4), rank: 1, size: 2),
      ])
    #expect(found.rows.operations.count == 2)
    #expect(found.rows.transfers.bytes == [4, 4, 8, 8])
    #expect(found.rows.operations.rows.map(\.role) == [.data, .data])
    #expect(found.notes(about: "disagree").isEmpty)
  }

  @Test func badEventsAreCountedAndTheRestIsUsed() throws {
    let good = kinetoEvent(
      "kernel", "ncclKernel_AllGather(x)", at: "1", for: "1",
      kinetoCollective("_allgather_base", elements: 6, size: 2))
    let events = [
      "[]", good,
      kinetoEvent("kernel", "ncclKernel_AllReduce(x)", at: "\"soon\"", for: "1"),
      kinetoEvent(
        "kernel", "ncclKernel_AllReduce(x)", at: "3", for: "1", [("In msg nelems", "\"6\"")]),
      kinetoEvent(
        "kernel", "ncclKernel_Tango(x)", at: "4", for: "1", [("Collective name", "\"tango\"")]),
    ]
    let text = kinetoTrace(events, rank: 0, size: 2)
    let found = try ingest(KinetoReader.self, ranks: [text])
    #expect(found.rows.operations.count == 1)
    #expect(found.malformed.values.reduce(0, +) == 3)
    #expect(found.skipped == ["a collective that is not known here": 1])
    #expect(found.isBalanced)
    let cut = try #require(text.range(of: "soon"))
    let shorter = try ingest(KinetoReader.self, ranks: [String(text[..<cut.lowerBound])])
    #expect(shorter.rows.operations.count == 1)
    #expect(shorter.summary.ledgers[0].truncation?.contains("line") == true)
  }

  /// More groups, taking turns, than a reader may remember texts of.
  @Test func manyGroupsKeepTheirMembers() throws {
    let peers = (0..<120).map { 1 + $0 % 40 }
    let events = peers.enumerated().map { number, peer in
      kinetoEvent(
        "kernel", "ncclDevKernel_AllReduce_Sum_bf16(x)", at: "\(10 * number)", for: "2",
        kinetoCollective(
          "allreduce", elements: peer, size: 2, ranks: "[0, \(peer)]", words: "group \(peer)"
        ).map { $0.0 == "Process Group Name" ? ($0.0, "\"\(peer)\"") : $0 })
    }
    let found = try ingest(KinetoReader.self, ranks: [kinetoTrace(events, rank: 0, size: 41)])
    let rows = found.rows.operations.rows
    #expect(rows.count == 120)
    for (row, peer) in zip(rows, peers) {
      let matrix = found.matrix(of: row, size: 41)
      #expect(matrix[0][peer] == Int64(2 * peer) && matrix[peer][0] == Int64(2 * peer))
      #expect(matrix.flatMap { $0 }.count { $0 > 0 } == 2)
    }
    #expect(found.isBalanced)
  }
}
