import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct ProfiledTraceTests {
  /// Two all-to-alls around an all-reduce on one rank of two.
  private func trace(rank: Int) -> String {
    executionTrace([
      firstGenerationNode(
        id: 10, collective: "all_to_allv", sequence: 1, rank: rank, elements: 30,
        sent: rank == 0 ? [1, 2] : [3, 0], received: rank == 0 ? [1, 3] : [2, 0]),
      firstGenerationNode(
        id: 11, collective: "allreduce", sequence: 2, rank: rank, elements: 8),
      firstGenerationNode(
        id: 12, collective: "all_to_allv", sequence: 3, rank: rank, elements: 40,
        sent: rank == 0 ? [0, 4] : [2, 2], received: rank == 0 ? [0, 2] : [4, 2]),
    ])
  }

  /// The kernels of the same calls, as the oldest profiles have them: without any argument.
  private func profile(rank: Int, kinds: [String]) -> String {
    kinetoTrace(
      kinds.enumerated().flatMap { number, kind in
        let (start, id) = (100 * number + rank, number + 1)
        return [
          kinetoEvent(
            "user_annotation", "nccl:\(kind)", at: "\(start).0", for: "9", []),
          kinetoEvent(
            "cuda_runtime", "cudaLaunchKernel", at: "\(start + 1)", for: "2",
            [("correlation", "\(id)")]),
          kinetoEvent(
            "kernel", "ncclKernel_SendRecv_RING_SIMPLE_Sum_int8(x)", thread: "\"stream 7\"",
            at: "\(start + 20).5", for: "4", [("correlation", "\(id)")]),
        ]
      }, rank: rank, size: 2)
  }

  private func read(_ texts: [(name: String, text: String)]) throws -> IngestedFiles {
    try withScratchFolder { folder in
      let paths = try texts.map { try write([$0.text], to: $0.name, in: folder) }
      return try IngestedFiles(ProfiledTraceReader.self, paths: paths)
    }
  }

  private func files(kindsOfRank1: [String]) -> [(name: String, text: String)] {
    let kinds = ["all_to_all", "all_reduce", "all_to_all"]
    return [
      ("et_rank0.json", trace(rank: 0)), ("et_rank1.json", trace(rank: 1)),
      ("profile_rank0.json", profile(rank: 0, kinds: kinds)),
      ("profile_rank1.json", profile(rank: 1, kinds: kindsOfRank1)),
    ]
  }

  @Test func sharesHaveTheTimesOfTheProfile() throws {
    let found = try read(files(kindsOfRank1: ["all_to_all", "all_reduce", "all_to_all"]))
    let rows = found.rows.operations.rows
    #expect(rows.map(\.kind) == [.allToAll, .allReduce, .allToAll])
    #expect(rows.map(\.start) == [21_500, 121_500, 221_500])
    #expect(rows.map(\.end) == [25_500, 125_500, 225_500])
    #expect(found.matrix(of: rows[0], size: 2) == [[40, 80], [120, 0]])
    #expect(found.matrix(of: rows[2], size: 2) == [[0, 160], [80, 80]])
    #expect(found.isBalanced && found.rows.operations.dependencies.isEmpty)
    #expect(found.notes(about: "6 calls of 2 ranks got the times of the profiles").count == 1)
    #expect(found.summary.provenance["operations.start"]?.origin == .measured)
  }

  /// One exchange of rank 1 is missing: which one is not known, so neither gets a time.
  @Test func callsThatCannotBeMatchedAreCounted() throws {
    let found = try read(files(kindsOfRank1: ["all_to_all", "all_reduce"]))
    #expect(found.skipped["a call that the rank's profile does not show"] == 2)
    #expect(found.skipped["a call that the rank's execution trace does not show"] == 1)
    #expect(found.rows.operations.rows.map(\.start) == [20_500, 121_500, 220_500])
    #expect(found.isBalanced)
  }

  @Test func recordingsWithoutACommonCallAreRefused() throws {
    let given = files(kindsOfRank1: [])
    #expect(throws: IngestError.self) { try read([given[1], given[3]]) }
  }

  @Test func filesOfBothKindsInOneFolderAreOneTrace() throws {
    try withScratchFolder { folder in
      let paths = try files(kindsOfRank1: ["all_to_all", "all_reduce", "all_to_all"]).map {
        try write([$0.text], to: $0.name, in: folder)
      }
      let found = try TraceReaderFolder(path: folder.path, files: paths)
      #expect(found.reader == ProfiledTraceReader.self && found.paths == paths)
    }
  }

  /// Eight ranks of one step of DLRM: eight calls each.
  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func theRealPairHasBothSharesAndTimes() throws {
    let found = try IngestedFiles(
      ProfiledTraceReader.self,
      paths: [
        RealInputs.path("kineto/param-dlrm-8ranks-kineto.tar.gz"),
        RealInputs.path("pytorch-et/param-dlrm-8ranks-et-1.0.1.tar.gz"),
      ])
    let rows = found.rows.operations.rows
    #expect(
      rows.map(\.kind) == [
        .allToAll, .allToAll, .allToAll, .allToAll, .allReduce, .allToAll, .allReduce, .allReduce,
      ])
    #expect(rows.allSatisfy { $0.iteration == 10 })
    #expect(rows[0].start == 1_694_128_201_431_930_000)
    #expect(rows[7].start == 1_694_128_201_440_269_000)
    let matrices = rows.map { found.matrix(of: $0, size: 8) }
    #expect(matrices[3][0] == [96, 224, 288, 1664, 592, 96, 192, 240].map { $0 * 4 })
    #expect(matrices[4][7][0] == 2_759_687)
    #expect(found.notes(about: "64 calls of 8 ranks").count == 1)
    #expect(found.notes(about: "another size").isEmpty)
    #expect(found.skipped["a call that the rank's profile does not show"] == nil)
    #expect(found.isBalanced)
  }
}
