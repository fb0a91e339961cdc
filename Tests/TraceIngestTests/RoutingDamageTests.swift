import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// Damaged inputs: every line is accounted for and nothing stops the program.
@Suite struct RoutingDamageTests {
  /// Some bytes changed, removed or doubled.
  private func damaged(_ text: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var text = text
    for _ in 0..<1 + random.below(12) where !text.isEmpty {
      let place = random.below(text.count)
      switch random.below(4) {
      case 0: text[place] = UInt8(random.below(256))
      case 1: text.remove(at: place)
      case 2: text.insert(contentsOf: text[place..<min(text.count, place + 9)], at: place)
      default: text[place] = UInt8(ascii: "9")
      }
    }
    return text
  }

  private func readDamaged(
    _ lines: [String], seed: UInt64, with reader: any TraceReader.Type, model: ExpertModel?
  ) throws {
    var random = RandomStream(seed: seed)
    let good = Array((lines.joined(separator: "\n") + "\n").utf8)
    try withScratchFolder { folder in
      let url = folder.appendingPathComponent("damaged")
      for _ in 0..<150 {
        let text = damaged(good, &random)
        try Data(text).write(to: url)
        var sink = TraceBuffer()
        let options = IngestOptions(model: model)
        do {
          let summary = try reader.read(paths: [url.path], options: options, into: &sink)
          #expect(summary.areBalanced)
          let lineCount = text.split(separator: 0x0A, omittingEmptySubsequences: false).count
          #expect(summary.read == Int64(text.last == 0x0A ? lineCount - 1 : lineCount))
          let layout = try #require(summary.layout)
          #expect(layout.defect == nil)
          let trace = Trace(
            metadata: TraceMetadata(layout: layout), operations: sink.operations,
            routing: sink.routing)
          _ = try Workload(trace: trace, tokensAsBytes: true)
        } catch is IngestError {
          continue
        }
      }
    }
  }

  private let model = ExpertModel(name: "m", layerCount: 4, expertCount: 8, topK: 2, hiddenSize: 1)

  @Test func damagedRouterTraces() throws {
    let lines = (0..<12).map { line in
      routerLine(step: line / 4, layer: line % 4, rank: line % 2, [[1, 2], [7, line % 7]])
    }
    try readDamaged(lines, seed: 1, with: RouterTraceReader.self, model: model)
  }

  @Test func damagedTokenLogs() throws {
    let lines = (0..<12).map {
      "{\"problem_id\": \($0 / 6), \"layer\": \($0 % 2), \"experts\": [3, \($0 % 3)], "
        + "\"token_pos\": \($0 / 2)}"
    }
    try readDamaged(lines, seed: 2, with: TokenRoutingReader.self, model: model)
  }

  @Test func damagedMatrices() throws {
    try readDamaged(
      ["[[1, 20, 3], [4, 5, 6], [7, 8, 900]]"], seed: 3, with: TokenMatrixReader.self, model: nil)
  }

  @Test(arguments: [16, 64, 1 << 20])
  func linesAreThoseOfANaiveSplit(chunkBytes: Int) throws {
    var random = RandomStream(seed: UInt64(chunkBytes))
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("lines").path
      for _ in 0..<60 {
        let text = (0..<random.below(400)).map { _ in
          [0x0A, 0x0D, 0x61, 0x62, 0x63, 0x64][random.below(6)] as UInt8
        }
        try Data(text).write(to: URL(fileURLWithPath: path))
        var expected = text.split(separator: 0x0A, omittingEmptySubsequences: false).map {
          $0.last == 0x0D ? Array($0.dropLast()) : Array($0)
        }
        // What follows the last line end is a line only when it holds a byte.
        if text.isEmpty || text.last == 0x0A { expected.removeLast() }
        let lines = try LineReader(path: path, chunkBytes: chunkBytes)
        var found: [[UInt8]] = []
        while lines.next({ line in
          found.append((0..<line.byteCount).map { line.byte(at: $0) })
        }) == .line {}
        #expect(found == expected)
        #expect(lines.number == Int64(expected.count))
      }
    }
  }

  @Test func aLineAboveTheLimitIsCountedAndPassedOver() throws {
    try withScratchFolder { folder in
      let long = String(repeating: "7,", count: LineReader.lineLimit / 2 + 10)
      let path = try write(
        [
          routerLine(step: 0, layer: 0, rank: 0, [[1]]), "{\"top_indices\": [\(long)",
          routerLine(step: 1, layer: 0, rank: 0, [[1]]),
        ], to: "a.jsonl", in: folder)
      var sink = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: [path], options: IngestOptions(), into: &sink)
      #expect(sink.tokenCount == 2)
      #expect(summary.ledgers[0].malformed.map(\.reason) == [RecordDefect.overlong.words])
      #expect(summary.ledgers[0].malformed.map(\.first) == ["line 2"])
    }
  }

  @Test func stepsBeyondTheOpenFilesKeepTheirOperations() throws {
    // More files than are open at once: the later ones add rows to operations that exist.
    try withScratchFolder { folder in
      let count = 520
      let paths = try (0..<count).map { rank in
        try write(
          (0..<2).map { routerLine(step: $0, layer: 0, rank: rank, [[rank % 2]]) },
          to: "router_trace_rank\(rank).jsonl", in: folder)
      }
      var sink = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: paths, options: IngestOptions(), into: &sink)
      #expect(sink.operations.count == 2 * 4)
      #expect(sink.tokenCount == Int64(count * 2))
      #expect(summary.layout?.rankCount == count)
    }
  }
}
