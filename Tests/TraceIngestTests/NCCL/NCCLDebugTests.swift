import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// A line of NCCL's log as 2.21 writes it.
private func line(
  _ name: String, _ words: String, host: String = "h0", process: Int = 100, device: Int = 0,
  before: String = ""
) -> String {
  "\(before)\(host):\(process):\(process + 5) [\(device)] NCCL INFO \(name) \(words)"
}

private func call(
  _ name: String, number: Int, count: Int, type: Int = 9, root: Int = 0, size: Int,
  pointer: String = "0xaa0", tail: String = " stream 0x55", host: String = "h0",
  process: Int = 100, device: Int = 0, before: String = ""
) -> String {
  line(
    "\(name):",
    "opCount \(String(number, radix: 16)) sendbuff (nil) recvbuff 0x7c29 count \(count) datatype "
      + "\(type) op 0 root \(root) comm \(pointer) [nranks=\(size)]\(tail)",
    host: host, process: process, device: device, before: before)
}

private func beginning(
  rank: Int, size: Int, pointer: String = "0xaa0", id: String = " commId 0x43cd2ca05a3d557",
  device: Int = 0, host: String = "h0", process: Int = 100, before: String = ""
) -> String {
  line(
    "ncclCommInitRank",
    "comm \(pointer) rank \(rank) nranks \(size) cudaDev \(device) nvmlDev 0 busId 69020\(id) - "
      + "Init START", host: host, process: process, device: device, before: before)
}

@Suite struct NCCLDebugTests {
  private func elements(_ source: Int, _ destination: Int) -> Int {
    1_000 + 100 * source + destination
  }

  /// Every rank's lines of two all-to-alls of four ranks on two servers.
  private func lines(
    rank: Int, before: String = "", tail: String = " stream 0x55", hasBeginning: Bool = true
  ) -> [String] {
    let (host, process, device) = ("h\(rank / 2)", 100 + rank, rank % 2)
    var lines: [String] = []
    if hasBeginning {
      lines.append(
        beginning(
          rank: rank, size: 4, pointer: "0x\(rank + 1)0", device: device, host: host,
          process: process, before: before))
    }
    for number in [0x1a, 0x1b] {
      for peer in 0..<4 {
        for name in ["Send", "Recv"] {
          lines.append(
            call(
              name, number: number,
              count: name == "Send" ? elements(rank, peer) : elements(peer, rank), root: peer,
              size: 4, pointer: "0x\(rank + 1)0", tail: tail, host: host, process: process,
              device: device, before: before))
        }
      }
    }
    return lines
  }

  /// Takes lines of all lists in turn, as processes that write to one file do.
  private func interleaved(_ lists: [[String]]) -> String {
    var text = ""
    for index in 0..<(lists.map(\.count).max() ?? 0) {
      for list in lists where index < list.count { text += list[index] + "\n" }
    }
    return text
  }

  private var expected: [[Int64]] {
    (0..<4).map { source in (0..<4).map { Int64(2 * elements(source, $0)) } }
  }

  @Test(arguments: [
    "", "[rank4]: ", "[default4]:", "7: ", "[1,7]<stdout>:", "(Worker pid=615, ip=10.72.7.6) ",
    "[2026-04-28 14:14:42] ", "\u{1B}[36m(W pid=1)\u{1B}[0m ",
  ])
  func messagesOfOneNumberAreOneAllToAllBehindAnyPrefix(before: String) throws {
    let text = interleaved((0..<4).map { lines(rank: $0, before: before) })
    let found = try ingest(NCCLDebugReader.self, ranks: ["NCCL version 2.21.5\n" + text])
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allToAll, .allToAll])
    for row in rows { #expect(found.matrix(of: row, size: 4) == expected) }
    #expect(found.summary.layout == Layout(serverCount: 2, gpusPerServer: 2))
    #expect(found.skipped["not a line of NCCL's log"] == 1)
    #expect(found.notes(about: "disagree").isEmpty)
    #expect(found.notes(about: "have no line").isEmpty)
    #expect(found.isBalanced)
  }

  @Test func oneFileForEachProcessIsTheSame() throws {
    let together = try ingest(
      NCCLDebugReader.self, ranks: [interleaved((0..<4).map { lines(rank: $0) })])
    let apart = try ingest(
      NCCLDebugReader.self, ranks: (0..<4).map { lines(rank: $0).joined(separator: "\n") })
    #expect(together.rows.operations == apart.rows.operations)
    #expect(together.rows.transfers == apart.rows.transfers)
  }

  @Test func olderShapesAreReadToo() throws {
    // RCCL's fields, and a beginning without an id as before 2.18.
    let texts = (0..<4).map { rank in
      lines(rank: rank, tail: " stream 0x55 task 0 globalrank \(rank)").joined(separator: "\n")
        .replacingOccurrences(of: " commId 0x43cd2ca05a3d557", with: "")
        .replacingOccurrences(of: " count ", with: " acc (nil) count ")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.kind) == [.allToAll, .allToAll])
    #expect(found.matrix(of: found.rows.operations.rows[1], size: 4) == expected)
  }

  @Test func withoutBeginningsServersAndDevicesSayTheRanks() throws {
    let text = interleaved((0..<4).map { lines(rank: $0, hasBeginning: false) })
    let found = try ingest(NCCLDebugReader.self, ranks: [text])
    #expect(found.matrix(of: found.rows.operations.rows[0], size: 4) == expected)
    #expect(found.notes(about: "in the order of the log").count == 1)
  }

  @Test func theLaunchersRanksComeFirst() throws {
    // The launcher numbers the processes the other way round.
    let text = (0..<4).map { rank in
      lines(rank: rank, hasBeginning: false).map { "[rank\(3 - rank)]:\($0)" }
    }
    let found = try ingest(NCCLDebugReader.self, ranks: [interleaved(text)])
    let matrix = found.matrix(of: found.rows.operations.rows[0], size: 4)
    // What process 0 sends to the communicator's rank 1 it sends as rank 3.
    #expect(matrix[3] == expected[0])
    #expect(found.notes(about: "the launcher").count == 1)
  }

  @Test func contradictionsAreCountedAndNamed() throws {
    let texts = (0..<4).map { rank in
      lines(rank: rank).map { text in
        rank == 2 && text.contains("Recv: opCount 1b") && text.contains("root 3")
          ? text.replacingOccurrences(of: "count 1302", with: "count 5") : text
      }.joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    let notes = found.notes(about: "1 pair of ranks disagrees")
    #expect(notes.count == 1)
    #expect(
      notes.first?.contains(
        "rank 3 says that it sends 2604 bytes to rank 2 in call 27, which says that it receives 10")
        == true)
    #expect(found.matrix(of: found.rows.operations.rows[1], size: 4) == expected)
  }

  @Test func aMessageThatIsNotLoggedIsWhatItsOtherEndSaysElseNothing() throws {
    let texts = (0..<4).map { rank in
      lines(rank: rank).filter { text in
        let isSend = rank == 0 && text.contains("Send: opCount 1a")
        let isReceipt = rank == 2 && text.contains("Recv: opCount 1a") && text.contains("root 0")
        return !(isSend && (text.contains("root 1") || text.contains("root 2"))) && !isReceipt
      }.joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    var known = expected
    known[0][2] = 0
    #expect(found.matrix(of: found.rows.operations.rows[0], size: 4) == known)
    #expect(found.notes(about: "3 shares of all-to-alls have no line").count == 1)
  }

  @Test func timesAreTakenWhenTheyHavePartsOfASecond() throws {
    let texts = (0..<4).map { rank in
      lines(rank: rank, before: "[1970-01-02 00:00:01.00000\(rank)] ").joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.start) == [86_401_000_003_000, 86_401_000_003_000])
    let early = try ingest(
      NCCLDebugReader.self,
      ranks: [
        line("AllReduce:", "opCount 1 count 4 datatype 7 root 0 comm 0xa [nranks=1] stream 0x0")
          .replacingOccurrences(of: "[0] NCCL", with: "[0] 1558545003174220 NCCL")
      ])
    #expect(early.rows.operations.rows.map(\.start) == [1_558_545_003_174_220_000])
  }

  @Test func launcherRanksThatContradictTheCommunicatorAreNamed() throws {
    let labels = { (rank: Int) in "[rank\(3 - rank)]: " }
    let found = try ingest(
      NCCLDebugReader.self,
      ranks: [interleaved((0..<4).map { lines(rank: $0, before: labels($0)) })])
    let notes = found.notes(about: "the launcher was believed")
    #expect(notes.count == 1)
    #expect(notes.first?.hasPrefix("4 of these ranks") == true)
    #expect(notes.first?.contains("process 100 is rank 3 by its launcher and 0 in") == true)
    let agreeing = try ingest(
      NCCLDebugReader.self,
      ranks: [interleaved((0..<4).map { lines(rank: $0, before: "[rank\($0)]: ") })])
    #expect(agreeing.notes(about: "the ranks are those that the launcher").count == 1)
    #expect(agreeing.notes(about: "the launcher was believed").isEmpty)
  }

  @Test func labelsThatSlurmPadsAreRanks() throws {
    let found = try ingest(
      NCCLDebugReader.self,
      ranks: [interleaved((0..<4).map { lines(rank: $0, before: "  \($0): ") })])
    #expect(found.notes(about: "the ranks are those that the launcher").count == 1)
  }

  @Test func aLineWithoutATimeTakesThatOfTheLineBeforeIt() throws {
    let stamp = { (second: Int) in "[2026-04-28 14:14:4\(second).500000] " }
    let calls = (0..<4).map { number in
      call(
        "AllReduce", number: number, count: 8, size: 1, before: number == 2 ? "" : stamp(number))
    }
    let first: Int64 = 1_777_385_680_500_000_000
    let text = ([beginning(rank: 0, size: 1)] + calls).joined(separator: "\n")
    let found = try ingest(NCCLDebugReader.self, ranks: [text])
    #expect(
      found.rows.operations.rows.map { ($0.start - first) / 1_000_000_000 } == [0, 1, 1, 3])
    #expect(found.notes(about: "1 of 4 calls have no time").count == 1)
    #expect(found.summary.provenance["operations.start"]?.origin == .measured)
    // Where most have none, nothing is made up.
    let none = try ingest(
      NCCLDebugReader.self,
      ranks: [
        text.replacingOccurrences(of: stamp(1), with: "").replacingOccurrences(
          of: stamp(3), with: "")
      ])
    #expect(none.rows.operations.rows.allSatisfy { $0.start == Operation.unknownTime })
    #expect(none.notes(about: "3 of 4 calls have none").count == 1)
  }

  @Test func collectivesHaveTheSizesOfNCCL() throws {
    let texts = (0..<2).map { rank in
      let own = (host: "h", process: 100 + rank)
      let names = ["AllReduce", "AllGather", "ReduceScatter", "AlltoAll", "Broadcast"]
      return
        ([beginning(rank: rank, size: 2, host: own.host, process: own.process)]
        + names.enumerated().map { number, name in
          call(
            name, number: number, count: 1_000, type: 7, size: 2, host: own.host,
            process: own.process)
        }).joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allReduce, .allGather, .reduceScatter, .allToAll, .broadcast])
    // 2 · 1/2 of 4,000 bytes; the other's share of 4,000; the same; 4,000 to each; a chain of one.
    #expect(
      rows.map { found.matrix(of: $0, size: 2)[0][1] } == [4_000, 4_000, 4_000, 4_000, 4_000])
    #expect(found.matrix(of: rows[4], size: 2)[1] == [0, 0])
  }

  @Test(arguments: zip(0..<12, [1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1]))
  func everyTypeHasItsSize(type: Int, bytes: Int) throws {
    let texts = (0..<2).map { rank in
      [
        beginning(rank: rank, size: 2, process: 100 + rank),
        call(
          rank == 0 ? "Send" : "Recv", number: 1, count: 10, type: type, root: 1 - rank, size: 2,
          process: 100 + rank),
      ].joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    #expect(found.rows.transfers.bytes == [Int64(10 * bytes)])
    #expect(found.rows.operations.rows.map(\.kind) == [.sendReceive])
  }

  @Test func anAddressThatIsUsedAgainIsAnotherCommunicator() throws {
    let texts = (0..<2).map { rank in
      [
        beginning(rank: rank, size: 2, process: 100 + rank),
        call("AllReduce", number: 5, count: 100, size: 2, process: 100 + rank),
        beginning(rank: 1 - rank, size: 2, id: " commId 0x9", process: 100 + rank),
        call("Broadcast", number: 5, count: 100, root: 0, size: 2, process: 100 + rank),
      ].joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allReduce, .broadcast])
    // Rank 0 of the second is rank 1 of the first.
    #expect(found.matrix(of: rows[1], size: 2) == [[0, 0], [200, 0]])
  }

  @Test func splitsOfOneCommunicatorAreToldByColor() throws {
    let texts = (0..<4).map { rank in
      let process = 100 + rank
      return [
        beginning(rank: rank, size: 4, process: process),
        line(
          "ncclCommSplit",
          "comm 0xbb0 rank \(rank / 2) nranks 2 cudaDev 0 nvmlDev 0 busId 1 parent 0xaa0 childCount 1 "
            + "color \(rank % 2) key 0- Init START", process: process),
        call(
          "Broadcast", number: 0, count: 50 + rank % 2, size: 2, pointer: "0xbb0",
          process: process),
      ].joined(separator: "\n")
    }
    let found = try ingest(NCCLDebugReader.self, ranks: texts)
    let rows = found.rows.operations.rows
    #expect(rows.count == 2)
    #expect(
      Set(rows.map { found.matrix(of: $0, size: 4) }) == [
        [[0, 0, 100, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        [[0, 0, 0, 0], [0, 0, 0, 102], [0, 0, 0, 0], [0, 0, 0, 0]],
      ])
  }

  @Test func badLinesAreCountedAndTheNextOnesAreRead() throws {
    let good = (0..<2).map { rank in
      call(
        rank == 0 ? "Send" : "Recv", number: 1, count: 10, root: 1 - rank, size: 2,
        process: 100 + rank)
    }
    let text =
      [
        beginning(rank: 0, size: 2), beginning(rank: 1, size: 2, process: 101), good[0], good[1],
        call("Send", number: 2, count: 1, type: 57, root: 1, size: 2),
        call("Send", number: 2, count: 1, root: 2, size: 2),
        call("Send", number: 2, count: 1, root: 1, size: 3),
        call("Send", number: 2, count: 1 << 50, root: 1, size: 2),
        call("PutSignal", number: 2, count: 1, root: 1, size: 2),
        String(good[0].prefix(80)), "Broadcast: opCount 1 sendbuff 0x7f count 5",
        line("Channel", "00/02 : 0 1"), "loss 3.2", "",
        line("", good[1].replacingOccurrences(of: "opCount 1 ", with: "opCount 3 ")),
        // The last line is cut in the middle of a number.
        String(good[0].prefix(good[0].count - 19)),
      ].joined(separator: "\n")
    let found = try ingest(NCCLDebugReader.self, ranks: [text])
    #expect(found.rows.transfers.bytes == [20, 20])
    #expect(found.malformed["elements of a type whose size is not known"] == 1)
    #expect(found.malformed["the peer or root is outside the communicator"] == 1)
    #expect(found.malformed["more elements than any buffer has"] == 1)
    #expect(
      found.malformed["the number of ranks is not that of the communicator's first line"] == 1)
    #expect(
      found.malformed["a call before which no host and process stand: two lines are mixed"] == 1)
    #expect(
      found.malformed["a call whose fields are not all there: the line is cut or two are mixed"]
        == 2)
    #expect(found.skipped["an operation that is not known here"] == 1)
    #expect(found.isBalanced)
  }

  @Test func aLineOfAHundredMegabytesIsPassedOver() throws {
    let long = String(repeating: "x", count: 100 << 20)
    let text = [lines(rank: 0)[0], long, lines(rank: 0)[1]].joined(separator: "\n") + "\n"
    let found = try ingest(NCCLDebugReader.self, ranks: [text])
    #expect(found.malformed["the line is longer than the limit of 16 MiB"] == 1)
    #expect(found.rows.transfers.bytes == [2_000])
    #expect(found.isBalanced)
  }

  @Test func aLogWithoutCallsSaysHowToGetThem() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(NCCLDebugReader.self, ranks: [beginning(rank: 0, size: 2)])
    }
    #expect(error?.description.contains("NCCL_DEBUG_SUBSYS=INIT,COLL") == true)
  }

  @Test func communicatorsThatCannotBeKnownAreCounted() throws {
    // Four processes with communicators of two, and nothing that says which belong together.
    let texts = (0..<4).map { rank in
      call(
        "AllReduce", number: 0, count: 4, size: 2, process: 100 + rank, device: rank)
    }
    let found = #expect(throws: IngestError.self) {
      try ingest(NCCLDebugReader.self, ranks: texts)
    }
    #expect(found?.description.contains("4 × a call of a communicator of 2 ranks") == true)
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func theRealAllToAllIsRead() throws {
    let path = RealInputs.path("nccl/nccl-issue-1593-alltoallv-2ranks.log")
    #expect(try TraceReaderCatalogue.identify(path) == NCCLDebugReader.self)
    let found = try IngestedFiles(NCCLDebugReader.self, paths: [path])
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allToAll])
    // 7,077,888 bfloat16 from each rank to rank 0, nothing to rank 1.
    #expect(found.matrix(of: rows[0], size: 2) == [[14_155_776, 0], [14_155_776, 0]])
    #expect(found.summary.layout == Layout(serverCount: 1, gpusPerServer: 2))
    #expect(found.isBalanced)
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func theRealMessagesOfTwoCommunicatorsAreRead() throws {
    let path = RealInputs.path("nccl/nccl-issue-584-sendrecv-2ranks.log")
    let found = try IngestedFiles(NCCLDebugReader.self, paths: [path])
    let rows = found.rows.operations.rows
    #expect(rows.count == 7)
    #expect(rows.allSatisfy { $0.kind == .sendReceive })
    // 2,420,736 float32 each; the process is rank 0 of one communicator and rank 1 of the other.
    #expect(found.rows.transfers.bytes == [Int64](repeating: 9_682_944, count: 7))
    // Groups that nothing names are not numbered: numbered ones are taken to run at once.
    #expect(rows.allSatisfy { $0.group == Operation.unknown })
    #expect(found.rows.operations.dependencies.map(\.predecessor) == [0, 1, 2, 3, 4, 5])
    let pairs = zip(found.rows.transfers.source, found.rows.transfers.destination)
    #expect(pairs.count { $0 == (0, 1) } == 6)
    #expect(pairs.count { $0 == (1, 0) } == 1)
    #expect(found.isBalanced)
  }
}
