import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct KinetoRealFileTests {
  private func read(_ name: String) throws -> IngestedFiles {
    let path = RealInputs.path("kineto/" + name)
    #expect(try TraceReaderCatalogue.identify(path) == KinetoReader.self)
    return try IngestedFiles(KinetoReader.self, paths: [path])
  }

  /// Half of its backward kernels have the other one's name: `combine` runs for dispatch(B).
  @Test func phasesOfDeepSeekV3ComeFromTheLaunches() throws {
    let found = try read("deepseek-v3-train-ep64-rank0.json")
    let rows = found.rows.operations.rows
    let inOrder: [Phase] = [
      .combineBackward, .dispatchForward, .dispatchBackward, .combineForward,
    ]
    #expect(rows.map(\.phase) == inOrder + inOrder + inOrder + inOrder)
    #expect(rows.allSatisfy { $0.kind == .allToAll && $0.role == .expert && $0.iteration == 1 })
    #expect(rows[0].start == 1_740_461_679_472_450_000)
    #expect(rows[0].end == rows[0].start + 3_320_000)
    #expect(rows[2].end - rows[2].start == 6_549_000)
    #expect(found.rows.transfers.count == 0)
    #expect(found.summary.provenance["transfers.bytes"]?.origin == .absent)
    #expect(found.summary.layout?.rankCount == 64)
    #expect(found.summary.ledgers[0].read == 14_240)
    #expect(found.isBalanced)
  }

  @Test func argumentsOfTwoRanksOnesFileAreExact() throws {
    let found = try read("hta-nccl-args-2ranks-rank0.json.gz")
    let rows = found.rows.operations.rows
    #expect(rows.filter { $0.kind == .allReduce && $0.role == .data }.count == 15)
    #expect(rows.filter { $0.kind == .broadcast }.count == 6)
    for step: Int32 in [4, 5, 6] { #expect(rows.filter { $0.iteration == step }.count == 7) }
    // baseTimeNanoseconds 1711964646000000000 + 4458677009853.422 µs.
    let known = try #require(rows.first { $0.start == 1_716_423_323_009_853_422 })
    #expect(known.end - known.start == 2_636_669)
    // 2 · 1/2 of 6,637,568 floats, both ways.
    #expect(found.matrix(of: known, size: 2) == [[0, 26_550_272], [26_550_272, 0]])
    #expect(found.notes(about: "files of 1 of 2 ranks").count == 1)
    #expect(found.summary.ledgers[0].read == 40_573)
    #expect(found.isBalanced)
  }

  @Test func theOldestGenerationHasTimesOfEightRanks() throws {
    let found = try read("param-dlrm-8ranks-kineto.tar.gz")
    let rows = found.rows.operations.rows
    #expect(
      rows.map(\.kind) == [
        .allToAll, .allToAll, .allToAll, .allToAll, .allReduce, .allToAll, .allReduce, .allReduce,
      ])
    #expect(rows.allSatisfy { $0.iteration == 10 })
    // The last of eight ranks begins 2.1 ms after the first; the bytes take 11 µs.
    #expect(rows[0].start == 1_694_128_201_431_930_000)
    #expect(rows[0].end == 1_694_128_201_431_941_000)
    #expect(rows[7].start == 1_694_128_201_440_269_000)
    // Sizes of all-reduces from the ranges "nccl:all_reduce"; no shares of all-to-alls.
    #expect(found.matrix(of: rows[4], size: 8)[0][1] == 2_759_687)
    #expect(found.matrix(of: rows[0], size: 8).joined().allSatisfy { $0 == 0 })
    #expect(found.notes(about: "5 operations have no bytes").count == 1)
    #expect(found.summary.layout == Layout(serverCount: 1, gpusPerServer: 8))
    #expect(found.isBalanced)
  }
}
