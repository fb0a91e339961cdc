import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct RoutingArchiveTests {
  /// Rank by rank: two steps of two layers, with a micro-batch more in step 1.
  private func routerFiles(ranks: Int) -> [(name: String, content: [UInt8])] {
    (0..<ranks).map { rank in
      var lines: [String] = []
      for step in 0..<2 {
        for batch in 0...step {
          for layer in 0..<2 {
            let sets = (0..<3).map { token -> [Int] in
              [(token + rank + batch) % 8, 8 + (token + rank + layer) % 8]
            }
            lines.append(routerLine(step: step, layer: layer, rank: rank, sets))
          }
        }
      }
      return (
        "traces/router_trace_rank\(rank).jsonl", Array((lines.joined(separator: "\n") + "\n").utf8)
      )
    }
  }

  private func read<Reader: TraceReader>(
    _ reader: Reader.Type, _ paths: [String], layout: Layout? = nil
  ) throws -> (TraceBuffer, IngestSummary) {
    var sink = TraceBuffer()
    let summary = try reader.read(
      paths: paths, options: IngestOptions(layout: layout), into: &sink)
    return (sink, summary)
  }

  @Test(arguments: [nil, Layout(serverCount: 4, gpusPerServer: 1)])
  func anArchiveOfRouterTracesIsTheTraceOfItsFiles(layout: Layout?) throws {
    try withScratchFolder { folder in
      let files = routerFiles(ranks: 4)
      let readme = ("traces/README.txt", Array("how this was recorded\n".utf8))
      let archive = folder.appendingPathComponent("traces.tar")
      try Data(tarArchive([readme] + files)).write(to: archive)
      var paths: [String] = []
      for file in files {
        let url = folder.appendingPathComponent(fileName(file.name))
        try Data(file.content).write(to: url)
        paths.append(url.path)
      }
      #expect(try TraceReaderCatalogue.identify(archive.path) == RouterTraceReader.self)
      let (expected, _) = try read(RouterTraceReader.self, paths, layout: layout)
      let (found, summary) = try read(RouterTraceReader.self, [archive.path], layout: layout)
      #expect(found.tokensByRow == expected.tokensByRow && !found.tokensByRow.isEmpty)
      #expect(found.operations.rows == expected.operations.rows)
      #expect(summary.areBalanced && summary.sources.map(\.name) == ["traces.tar"])
      let entries = summary.ledgers.filter { $0.unit == "files" }.flatMap(\.skipped)
      #expect(entries.map(\.count) == [1] && entries[0].first.contains("README.txt"))
      // Some ranks in the archive, the others beside it.
      try Data(tarArchive(Array(files.prefix(2)))).write(to: archive)
      let (mixed, _) = try read(
        RouterTraceReader.self, [archive.path] + paths.suffix(2), layout: layout)
      #expect(mixed.tokensByRow == expected.tokensByRow)
    }
  }

  private func fileName(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

  @Test func aCutArchiveGivesTheLinesBeforeTheCut() throws {
    try withScratchFolder { folder in
      let files = routerFiles(ranks: 2)
      let archive = folder.appendingPathComponent("traces.tar")
      try Data(tarArchive(files).dropLast(1_024 + 512)).write(to: archive)
      let (found, summary) = try read(
        RouterTraceReader.self, [archive.path], layout: Layout(serverCount: 2, gpusPerServer: 1))
      #expect(found.tokenCount > 18 && summary.areBalanced)
      #expect(summary.ledgers.contains { $0.hasDamage })
    }
  }

  @Test func tokenLogsInsideAnArchiveAreOneLog() throws {
    try withScratchFolder { folder in
      let logs = (0..<2).map { problem in
        (0..<6).map { token in
          "{\"problem_id\": \(problem), \"layer\": 0, \"token_idx\": \(token), "
            + "\"experts\": [\(token % 4), \((token + 1) % 4)]}"
        }
      }
      let paths = try logs.enumerated().map {
        try write($0.element, to: "log\($0.offset).jsonl", in: folder)
      }
      let archive = folder.appendingPathComponent("logs.tar")
      try Data(
        tarArchive(
          logs.enumerated().map {
            ("log\($0.offset).jsonl", Array($0.element.joined(separator: "\n").utf8))
          })
      ).write(to: archive)
      #expect(try TraceReaderCatalogue.identify(archive.path) == TokenRoutingReader.self)
      let (expected, _) = try read(TokenRoutingReader.self, paths)
      let (found, summary) = try read(TokenRoutingReader.self, [archive.path])
      #expect(found.tokensByRow == expected.tokensByRow && found.tokenCount == 12)
      #expect(
        summary.areBalanced && summary.ledgers.map(\.unit).sorted() == ["files", "lines", "lines"])
    }
  }
}

@Suite struct FolderTests {
  @Test func whatIsNoTraceIsLeftOutAndNamed() throws {
    try withScratchFolder { folder in
      let readme = try write(["how this was recorded"], to: "README.txt", in: folder)
      let trace = try write(
        [routerLine(step: 0, layer: 0, rank: 0, [[1]])], to: "rank0.jsonl", in: folder)
      let matrix = try write(["[[1, 2], [3, 4]]"], to: "zz-matrix.json", in: folder)
      let found = try TraceReaderFolder(path: folder.path, files: [readme, trace, matrix])
      #expect(found.reader == RouterTraceReader.self && found.paths == [trace])
      #expect(found.ledger.isBalanced && found.ledger.read == 3 && found.ledger.used == 1)
      #expect(
        found.ledger.skipped.map(\.first) == [
          "README.txt, text that begins with \"how this was recorded\"",
          "zz-matrix.json, a \(TokenMatrixReader.formatName)",
        ])
      #expect(throws: IngestError.self) {
        try TraceReaderFolder(path: folder.path, files: [readme])
      }
    }
  }
}
