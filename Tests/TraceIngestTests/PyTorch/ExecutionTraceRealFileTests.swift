import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// Eight ranks of one DLRM step, schema 1.0.1, in one archive.
@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct ExecutionTraceRealFileTests {
  private static let archive = RealInputs.path("pytorch-et/param-dlrm-8ranks-et-1.0.1.tar.gz")

  private func offDiagonal(_ matrix: [[Int64]]) -> Int64 {
    matrix.indices.reduce(0) { $0 + matrix[$1].reduce(0, +) - matrix[$1][$1] }
  }

  @Test func theArchiveIsOneTraceOfEightRanks() throws {
    #expect(try TraceReaderCatalogue.identify(Self.archive) == ExecutionTraceReader.self)
    let found = try IngestedFiles(ExecutionTraceReader.self, paths: [Self.archive])
    let rows = found.rows.operations.rows
    // Sequence numbers 147 … 154.
    #expect(
      rows.map(\.kind) == [
        .allToAll, .allToAll, .allToAll, .allToAll, .allReduce, .allToAll, .allReduce, .allReduce,
      ])
    let matrices = rows.map { found.matrix(of: $0, size: 8) }
    #expect(matrices.map(offDiagonal).prefix(4) == [172_032, 56 * 24, 10_752, 94_976])
    #expect(offDiagonal(matrices[5]) == 172_032)
    #expect(matrices[3][0] == [96, 224, 288, 1664, 592, 96, 192, 240].map { $0 * 4 })
    // 2 · 7/8 of 394,241 floats.
    #expect(matrices[4][7][0] == 2_759_687)
    // What each rank sends is what its peer receives, for every pair.
    #expect(found.notes(about: "disagree").isEmpty)
    #expect(rows.map(\.role).filter { $0 == .data }.count == 3)
    #expect(found.summary.layout == Layout(serverCount: 1, gpusPerServer: 8))
    #expect(found.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
    #expect(found.summary.ledgers.filter { $0.unit == "nodes" }.map(\.read).reduce(0, +) == 13_400)
    #expect(found.summary.ledgers.map(\.used).reduce(0, +) == 64 + 8)
  }

  @Test(.enabled(if: Programs.exists("zstd"), "zstd is not installed"))
  func filesAFolderAndAZstdArchiveGiveTheSame() throws {
    let expected = try IngestedFiles(ExecutionTraceReader.self, paths: [Self.archive])
    try withScratchFolder { folder in
      #expect(try Programs.run(["tar", "xzf", Self.archive], in: folder).status == 0)
      let inside = folder.appendingPathComponent("dlrm_pytorch_et")
      let paths = try FileManager.default.contentsOfDirectory(atPath: inside.path).sorted()
        .map { inside.appendingPathComponent($0).path }
      let files = try IngestedFiles(ExecutionTraceReader.self, paths: paths.reversed())
      #expect(files.rows.transfers == expected.rows.transfers)
      #expect(files.rows.operations == expected.rows.operations)
      _ = try Programs.run(["tar", "--zstd", "-cf", "a.tar.zst", "dlrm_pytorch_et"], in: folder)
      let packed = folder.appendingPathComponent("a.tar.zst").path
      #expect(try TraceReaderCatalogue.identify(packed) == ExecutionTraceReader.self)
      let archive = try IngestedFiles(ExecutionTraceReader.self, paths: [packed])
      #expect(archive.rows.transfers == expected.rows.transfers)
    }
  }

  @Test func aCutArchiveGivesTheRanksBeforeTheCut() throws {
    try withScratchFolder { folder in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.archive))
      let url = folder.appendingPathComponent("cut.tar.gz")
      try bytes.prefix(200_000).write(to: url)
      let found = try IngestedFiles(ExecutionTraceReader.self, paths: [url.path])
      #expect(found.rows.operations.count > 0)
      #expect(found.summary.ledgers.contains { $0.truncation?.contains("gzip") == true })
      #expect(found.isBalanced)
    }
  }
}
