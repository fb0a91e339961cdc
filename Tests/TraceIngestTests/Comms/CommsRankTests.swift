import Testing
import TraceIngest
import TraceModel

/// Which rank a file is of.
@Suite struct CommsRankTests {
  private func kineto(rank: Int, size: Int) -> String {
    kinetoTrace(
      [
        kinetoEvent(
          "kernel", "ncclDevKernel_AllReduce_Sum_bf16(x)", at: "30", for: "2",
          kinetoCollective("allreduce", elements: 8, size: size))
      ], rank: rank, size: size)
  }

  @Test(arguments: [["trace_0.json", "trace_1.json"], ["rank0.json", "rank1.json"]])
  func twoProfilesOfOneRankOfALargerJobAreNotTwoRanks(names: [String]) throws {
    let found = try ingest(
      KinetoReader.self, ranks: [kineto(rank: 0, size: 8), kineto(rank: 0, size: 8)], named: names)
    #expect(found.rows.operations.count == 1)
    #expect(found.skipped["of a rank that \(names[0]) holds too"] == 1)
    #expect(found.notes(about: "\(names[1]) was left out").count == 1)
    #expect(found.notes(about: "files of 1 of 8 ranks").count == 1)
    #expect(found.isBalanced)
  }

  @Test func ranksThatWereRecordedOneByOneAreThoseOfTheirNames() throws {
    let found = try ingest(
      KinetoReader.self, ranks: [kineto(rank: 0, size: 1), kineto(rank: 0, size: 1)],
      named: ["rank0.json", "rank1.json"], layout: Layout(serverCount: 1, gpusPerServer: 2))
    #expect(found.notes(about: "several files record the same rank").count == 1)
    #expect(found.notes(about: "left out").isEmpty)
  }

  @Test func aBareNumberNeverContradictsARecordedRank() throws {
    // The numbers are 0 and 1; the first file says that it is of rank 1, the second says nothing.
    let unknown = executionTrace([
      laterGenerationNode(
        id: 5, collective: "broadcast", sequence: "1", rank: 0, elements: 10, size: 2)
    ])
    let known = executionTrace([
      laterGenerationNode(
        id: 5, collective: "allreduce", sequence: "2", rank: 1, elements: 10, size: 2)
    ])
    let found = try ingest(
      ExecutionTraceReader.self, ranks: [known, unknown], named: ["et_0.json", "et_1.json"])
    #expect(found.skipped["the rank of the file is not known"] == 1)
    #expect(found.isBalanced)
  }

  @Test func whoDoesNotNameRanksIsToldHow() throws {
    let text = executionTrace([
      laterGenerationNode(
        id: 5, collective: "broadcast", sequence: "1", rank: 0, elements: 10, size: 2)
    ])
    let error = #expect(throws: IngestError.self) {
      try ingest(ExecutionTraceReader.self, ranks: [text], named: ["trace_20240517.json"])
    }
    #expect(error?.description.contains("folder rank0") == true)
    #expect(error?.description.contains("process groups in use") == false)
  }

  @Test func namesThatContradictTheRecordsAreNamed() throws {
    let found = try ingest(
      KinetoReader.self, ranks: (0..<4).map { kineto(rank: 3 - $0, size: 4) },
      named: (0..<4).map { "rank\($0).json" })
    let notes = found.notes(about: "named for other ranks")
    #expect(notes.count == 1)
    #expect(notes.first?.hasPrefix("4 files") == true)
    #expect(notes.first?.contains("rank0.json is named for rank 0 and records rank 3") == true)
    #expect(notes.first?.contains("the records were believed") == true)
    let agreeing = try ingest(
      KinetoReader.self, ranks: (0..<4).map { kineto(rank: $0, size: 4) },
      named: (0..<4).map { "rank\($0).json" })
    #expect(agreeing.notes(about: "named for other ranks").isEmpty)
  }
}
