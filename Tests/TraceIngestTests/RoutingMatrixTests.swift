import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite struct RoutingMatrixTests {
  private func read(
    _ text: String, layout: Layout? = nil, model: ExpertModel? = nil
  ) throws -> (TraceBuffer, IngestSummary) {
    try withScratchFolder { folder in
      var sink = TraceBuffer()
      let path = try write([text], to: "matrix.txt", in: folder)
      let summary = try TokenMatrixReader.read(
        paths: [path], options: IngestOptions(layout: layout, model: model), into: &sink)
      return (sink, summary)
    }
  }

  @Test func rowsAreSourcesAndColumnsExperts() throws {
    let (buffer, summary) = try read("[[1, 2], [0, 4]]")
    #expect(buffer.operations.rows.map(\.phase) == Phase.allToAlls)
    #expect(buffer.routing.sourceRank == [0, 0, 1])
    #expect(buffer.routing.experts == [0, 1, 1])
    #expect(buffer.routing.tokens == [1, 2, 4])
    #expect(summary.routingUnit == .assignments)
    #expect(summary.layout == Layout(serverCount: 2, gpusPerServer: 1))
  }

  @Test func aShapeThatDoesNotMatchIsRefusedAndNeverWrapped() {
    let layout = Layout(serverCount: 4, gpusPerServer: 1)
    let error = #expect(throws: IngestError.self) { try read("[[1,2],[3,4]]", layout: layout) }
    #expect(error?.description.contains("2 × 2") == true)
    #expect(error?.description.contains("expert parallelism 4") == true)
    #expect(throws: IngestError.self) { try read("[[1,2],[3]]") }
    #expect(throws: IngestError.self) { try read("[[1,2,3],[3,4,5]]") }
    #expect(throws: IngestError.self) { try read("[[1,-2],[3,4]]") }
    #expect(throws: IngestError.self) { try read("[]") }
    #expect(throws: IngestError.self) {
      try read(
        "[[1,2],[3,4]]",
        model: ExpertModel(name: "m", layerCount: 1, expertCount: 8, topK: 2, hiddenSize: 1))
    }
  }

  @Test(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
  func theMeasuredMatrixHasItsKnownColumnTotals() throws {
    let path = RealInputs.path("mixnet/mixnet_tokens_8x8_measured.txt")
    #expect(try TraceReaderCatalogue.identify(path) == TokenMatrixReader.self)
    var buffer = TraceBuffer()
    let summary = try TokenMatrixReader.read(
      paths: [path], options: IngestOptions(), into: &buffer)
    let trace = Trace(
      metadata: TraceMetadata(layout: try #require(summary.layout)), operations: buffer.operations,
      routing: buffer.routing)
    let workload = try Workload(trace: trace, tokensAsBytes: true)
    let matrix = workload.matrix(of: workload.steps.prefix(1))
    #expect(matrix.columnSums == [77703, 44706, 8042, 26001, 31953, 24035, 7237, 42467])
    #expect(matrix.rowSums == [Int64](repeating: 32_768, count: 8))
    #expect(workload.matrix(of: workload.steps[1...1]) == matrix.transposed)
    #expect(workload.demands.count == 1)
  }

  @Test(
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
    arguments: [("mixnet_wm_ep8_zipf.txt", 8), ("mixnet_wm_ep16_zipf.txt", 16)])
  func simulatorMatricesAreRead(name: String, size: Int) throws {
    var buffer = TraceBuffer()
    let summary = try TokenMatrixReader.read(
      paths: [RealInputs.path("mixnet/\(name)")], options: IngestOptions(), into: &buffer)
    #expect(summary.layout?.serverCount == size)
    #expect(buffer.tokenCount == Int64(size) * 32_768)
  }
}
