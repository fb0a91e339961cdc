import Testing
import TraceIngest
import TraceModel

/// Process groups that a record names by a pointer: the first of one process need not be the first
/// of another.
@Suite struct CommsGroupTests {
  /// One rank's all-reduce in the job and all-to-all in a pair.
  private func trace(rank: Int, inPair place: Int, sent: [Int], received: [Int]) -> String {
    executionTrace([
      firstGenerationNode(
        id: 8, collective: "allreduce", sequence: 1, rank: rank, elements: 16, pointer: 77),
      firstGenerationNode(
        id: 9, collective: "all_to_allv", sequence: 2, rank: place,
        elements: sent.reduce(0, +) * 16, sent: sent, received: received, pointer: 88),
    ])
  }

  private func read(_ texts: [String], ranks: [Int]) throws -> IngestedFiles {
    try ingest(
      ExecutionTraceReader.self, ranks: texts, named: ranks.map { "rank\($0).json" },
      layout: Layout(serverCount: 1, gpusPerServer: 4))
  }

  @Test func firstMembersOfTwoPairsAreNoPair() throws {
    // Pairs {0, 1} and {2, 3}, of which ranks 0 and 2 were read.
    let found = try read(
      [
        trace(rank: 0, inPair: 0, sent: [1, 3], received: [1, 5]),
        trace(rank: 2, inPair: 0, sent: [2, 7], received: [2, 4]),
      ], ranks: [0, 2])
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce])
    #expect(found.skipped["of a process group whose members are not recorded"] == 2)
    #expect(found.isBalanced)
  }

  @Test func membersWhoseSharesContradictEachOtherAreNoPair() throws {
    // The first of one pair and the second of another.
    let found = try read(
      [
        trace(rank: 0, inPair: 0, sent: [1, 3], received: [1, 5]),
        trace(rank: 3, inPair: 1, sent: [9, 2], received: [4, 2]),
      ], ranks: [0, 3])
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce])
    #expect(found.skipped["of a process group whose members are not recorded"] == 2)
  }

  @Test func membersWhosePlacesAndSharesAgreeAreAPair() throws {
    // Rank 3 is the first of the pair.
    let found = try read(
      [
        trace(rank: 1, inPair: 1, sent: [5, 2], received: [3, 2]),
        trace(rank: 3, inPair: 0, sent: [1, 3], received: [1, 5]),
      ], ranks: [1, 3])
    let exchange = try #require(found.rows.operations.rows.first { $0.kind == .allToAll })
    let matrix = found.matrix(of: exchange, size: 4)
    #expect(matrix[3] == [0, 3 * 64, 0, 1 * 64])
    #expect(matrix[1] == [0, 2 * 64, 0, 5 * 64])
    #expect(found.notes(about: "disagree").isEmpty)
  }
}
