import Testing
import TraceIngest
import TraceModel

/// Which rank of the job is meant by a rank of a communicator.
@Suite struct InspectorRankTests {
  @Test func aCommunicatorInAnotherOrderOfWhichTwoOfFourAreKnownStaysUnknown() throws {
    let texts = (0..<2).map { process in
      inspectorLine(
        "coll", "AllReduce", number: 1, bytes: 9_000, rank: process, size: 4, id: "0xa",
        process: process) + "\n"
        + inspectorLine(
          "p2p", process == 0 ? "Send" : "Recv", number: 1, bytes: 9_000, rank: 1 - process,
          size: 4, peer: process, id: "0xb", process: process)
    }
    // Process 0 is rank 1 of the second communicator, and sends to its rank 0.
    let found = try ingest(InspectorReader.self, ranks: texts)
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce])
    #expect(found.skipped["of a process group whose members are not recorded"] == 2)
    #expect(found.isBalanced)
  }

  /// One all-reduce of two ranks on one server.
  private func run(communicator: String, firstProcess: Int, host: String) -> [String] {
    (0..<2).map { rank in
      inspectorLine(
        "coll", "AllReduce", number: 1, bytes: 9_000, rank: rank, size: 2, id: communicator,
        process: firstProcess + rank, host: host)
    }
  }

  @Test func aJobThatWasStartedAgainIsNamedAsTheLikelyCause() throws {
    let first = run(communicator: "0xa", firstProcess: 100, host: "h")
    let again = try ingest(
      InspectorReader.self,
      ranks: first + run(communicator: "0xb", firstProcess: 200, host: "h"))
    #expect(again.notes(about: "started more than once").count == 1)
    #expect(again.notes(about: "one run alone").count == 1)
    let apart = try ingest(
      InspectorReader.self,
      ranks: first + run(communicator: "0xb", firstProcess: 200, host: "other"))
    #expect(apart.notes(about: "started more than once").isEmpty)
    #expect(apart.notes(about: "numbered by 2 communicators").count == 1)
  }
}
