import TestSupport
import Testing
import TraceIngest
import TraceModel

struct SimAITests {
  private static let header =
    "HYBRID_TRANSFORMER_FWD_IN_BCKWD model_parallel_NPU_group: 2 ep: 2 pp: 2 vpp: 1 ga: 1 "
    + "all_gpus: 16 checkpoints: 0 checkpoint_initiates: 0 pp_comm: 64.0"

  private func row(
    _ name: String, _ forward: (Int, String, Int) = (1, "NONE", 0),
    _ input: (Int, String, Int) = (1, "NONE", 0), _ weight: (Int, String, Int) = (1, "NONE", 0)
  ) -> String {
    let passes = [forward, input, weight].map { "\($0.0)\t\($0.1)\t\($0.2)" }
    return "\(name)\t-1\t\(passes.joined(separator: "\t"))\t100"
  }

  private func workload(_ rows: [String], count: Int? = nil, header: String = header) -> [UInt8] {
    Array(([header, "\(count ?? rows.count)"] + rows).joined(separator: "\n").utf8) + [0x0A]
  }

  private var layer: [String] {
    [
      row("embedding_layer", (10, "ALLREDUCE", 8)),
      row("attention_column", (20, "ALLGATHER", 8), (30, "REDUCESCATTER", 8)),
      row("mlp_moelayer", (40, "ALLTOALL_EP", 8), (50, "ALLTOALL_EP", 8)),
      row("mlp_moelayer", (60, "ALLTOALL_EP", 8), (70, "ALLTOALL_EP", 8)),
      row("norm", (0, "NONE", 0), (0, "NONE", 0), (80, "ALLGATHER_DP_EP", 8)),
      row("grads", (0, "NONE", 0), (0, "NONE", 0), (90, "REDUCESCATTER", 8)),
    ]
  }

  @Test func rowsRunForwardAndThenBackward() throws {
    let found = try ingest(bytes: workload(layer), named: "a.txt")
    let rows = found.rows.operations.rows
    #expect(
      rows.map(\.kind) == [
        .allReduce, .allGather, .allToAll, .allToAll, .reduceScatter, .allGather, .allToAll,
        .allToAll, .reduceScatter,
      ])
    #expect(
      rows.map(\.role) == [
        .tensor, .tensor, .expert, .expert, .data, .data, .expert, .expert, .tensor,
      ])
    #expect(
      rows.map(\.phase).filter { $0 != .unspecified } == [
        .dispatchForward, .combineForward, .combineBackward, .dispatchBackward,
      ])
    #expect(rows.map(\.start) == [10, 30, 70, 130, 220, 300, 370, 421, 452])
    #expect(rows.map(\.end) == rows.map(\.start))
    #expect(rows.map(\.layer) == [-1, 0, 0, 0, -1, -1, 0, 0, 0])
    #expect(rows.map(\.microBatch) == [0, 0, 0, 0, -1, -1, 0, 0, 0])
    #expect(rows.allSatisfy { $0.iteration == 0 && $0.grain == .rank })
    #expect(found.isBalanced && found.malformed.isEmpty)
  }

  @Test func computeThatAddsUpBeyondAnyJobIsRejected() throws {
    let longest = (1 << 50, "ALLREDUCE", 8)
    let rows = (0..<3_000).map { row("attention_column\($0)", longest, longest, longest) }
    let found = try ingest(bytes: workload(rows), named: "a.txt")
    // 341 rows of three passes stay below 2^60 nanoseconds.
    #expect(found.rows.operations.count == 3 * 341)
    #expect(
      found.malformed == ["a row whose compute adds up to more than any job runs": 3_000 - 341])
    #expect(found.isBalanced)
  }

  @Test func groupsAreThoseOfTheFirstLine() throws {
    let found = try ingest(bytes: workload(layer), named: "a.txt")
    let layout = try #require(found.summary.layout)
    #expect(layout.rankCount == 16)
    #expect(
      layout.parallelism
        == Parallelism(tensor: 2, expert: 2, expertTensor: 2, pipeline: 2, data: 4))
    let rows = found.rows.operations.rows
    let peers = { (row: TraceModel.Operation) -> [Int] in
      let matrix = found.matrix(of: row, size: 16)
      return matrix[1].indices.filter { matrix[1][$0] > 0 }
    }
    #expect(peers(rows[0]) == [0])
    #expect(peers(rows[2]) == [1, 3])
    // Data-parallel: ranks 1, 3, 5, 7; copies of the experts: 1 and 5.
    #expect(peers(rows[4]) == [3])
    #expect(peers(rows[5]) == [5])
    // Rings: 2(N − 1)/N, (N − 1)/N of 8 bytes; an all-to-all: a half for each of two.
    #expect(found.matrix(of: rows[0], size: 16)[1][0] == 8)
    #expect(found.matrix(of: rows[4], size: 16)[1][3] == 6)
    #expect(found.matrix(of: rows[2], size: 16)[1][3] == 4)
    // What is equal is held once.
    #expect(rows[3].demandSource == rows[2].id && rows[7].demandSource == rows[2].id)
    #expect(found.rows.transfers.operation.allSatisfy { id in rows[Int(id)].demandSource == id })
  }

  @Test func gapsOfTheWorkloadAreTheComputeOfTheFile() throws {
    let found = try ingest(bytes: workload(layer), named: "a.txt")
    let trace = Trace(
      metadata: TraceMetadata(layout: try #require(found.summary.layout)),
      operations: found.rows.operations, transfers: found.rows.transfers)
    let workload = try Workload(trace: trace)
    #expect(
      workload.steps.map(\.computeBeforeNanoseconds) == [0, 20, 40, 60, 90, 80, 70, 51, 31])
    #expect(workload.steps.map(\.operation) == Array(0..<9))
  }

  @Test func inferenceRunsForwardAlone() throws {
    let header = Self.header.replacing("pp: 2", with: "pp: 2 mode: 1")
    let found = try ingest(bytes: workload(layer, header: header), named: "a.txt")
    #expect(found.rows.operations.count == 4)
  }

  @Test func aLayoutOfOtherSizesIsRefused() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(
        bytes: workload(layer), named: "a.txt", layout: Layout(serverCount: 2, gpusPerServer: 8))
    }
    #expect(error?.message.contains("tensor 2, expert 2, pipeline 2, data 4") == true)
    let fitting = Layout(
      serverCount: 4, gpusPerServer: 4,
      parallelism: Parallelism(tensor: 2, expert: 2, expertTensor: 2, pipeline: 2, data: 4))
    let found = try ingest(bytes: workload(layer), named: "a.txt", layout: fitting)
    #expect(found.summary.layout == fitting)
  }

  // MARK: Bad input

  @Test func aCutFileGivesTheRowsBeforeTheCut() throws {
    let whole = workload(layer)
    let found = try ingest(bytes: Array(whole.dropLast(40)), named: "a.txt")
    #expect(found.summary.ledgers[0].hasDamage)
    #expect(found.rows.operations.count == 8)
    #expect(found.isBalanced)
    let short = try ingest(bytes: workload(Array(layer.prefix(3)), count: 6), named: "a.txt")
    #expect(short.summary.ledgers[0].truncation == "the file states 6 rows and has 3")
  }

  @Test func eachBadRowIsCountedByItsReason() throws {
    let rows =
      layer + [
        "too few columns", row("x", (1, "BROADCAST", 8)), row("x", (-1, "NONE", 0)),
        row("x", (1, "ALLREDUCE", Int.max)), row("x", (1, "ALLREDUCE_XY", 8)), "",
      ]
    let found = try ingest(bytes: workload(rows), named: "a.txt")
    #expect(found.rows.operations.count == 9)
    #expect(found.malformed["a row with a communication that is not known"] == 2)
    #expect(
      found.malformed["a row with a time or size that is no number, or none that a job has"] == 2)
    #expect(found.malformed["a row that does not have 11 or 12 columns"] == 1)
    #expect(found.skipped["a blank line"] == 1)
    #expect(found.isBalanced)
  }

  @Test func rowsBehindTheCountAreSkipped() throws {
    let found = try ingest(bytes: workload(layer, count: 4), named: "a.txt")
    #expect(found.skipped["a row behind as many as the file states"] == 2)
  }

  @Test(arguments: [
    ("all_gpus: 16", "all_gpus: 15", "cannot be divided"), ("all_gpus: 16", "", "all_gpus"),
    ("ep: 2", "ep: 0", "`ep`"), ("ep: 2", "ep: 3", "cannot be divided"),
    ("all_gpus: 16", "all_gpus: 1e30", "all_gpus"),
    ("model_parallel_NPU_group: 2", "model_parallel_NPU_group: two", "model_parallel_NPU_group"),
  ])
  func aFirstLineThatDoesNotFitIsRefused(old: String, new: String, words: String) throws {
    let header = Self.header.replacing(old, with: new)
    let error = #expect(throws: IngestError.self) {
      try ingest(bytes: workload(layer, header: header), named: "a.txt")
    }
    #expect(error?.message.contains(words) == true)
    #expect(error?.location.contains("line 1") == true)
  }

  @Test func aWorkloadThatCommunicatesNothingSaysSo() throws {
    for rows in [[row("a")], ["nonsense"]] {
      let error = #expect(throws: IngestError.self) {
        try ingest(bytes: workload(rows), named: "a.txt")
      }
      #expect(error?.message.contains("SimAI workload") == true)
    }
  }

  @Test(arguments: [
    ("MICRO\n1\nconv -1 1 ALLREDUCE 8 1 NONE 0 1 NONE 0 1\n", "policy MICRO"),
    ("rank 0 {\nsend 1b to 1\n}\n", "num_ranks"),
  ])
  func whatIsCloseIsNamed(text: String, words: String) throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(bytes: Array(text.utf8), named: "a.txt")
    }
    #expect(error?.message.contains(words) == true)
    #expect(error?.advice?.contains("SimAI workload (text)") == true)
  }
}

@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct SimAIRealFileTests {
  @Test func anIterationOf9216RanksHasItsExchanges() throws {
    let path = RealInputs.path("simai/workload_analytical-ep16-9216gpus.txt")
    #expect(try TraceReaderCatalogue.identify(path) == SimAIReader.self)
    let found = try IngestedFiles(SimAIReader.self, paths: [path])
    let rows = found.rows.operations.rows
    var sent: [Int32: Int64] = [:]
    for row in 0..<found.rows.transfers.count where found.rows.transfers.source[row] == 5_000 {
      sent[found.rows.transfers.operation[row], default: 0] += found.rows.transfers.bytes[row]
    }
    let exchanges = rows.filter { $0.kind == .allToAll }
    let experts = exchanges.filter { $0.role == .expert }
    #expect(experts.count == 768)
    #expect(experts.allSatisfy { sent[$0.demandSource] == 100_663_296 })
    let tensors = exchanges.filter { $0.role == .tensor }
    #expect(tensors.count == 768)
    #expect(tensors.allSatisfy { sent[$0.demandSource] == 25_165_824 })
    for phase in Phase.allToAlls { #expect(rows.count { $0.phase == phase } == 192) }
    // 24 micro-batches of 8 layers on each rank.
    #expect(Set(rows.map(\.microBatch)) == Set(-1..<24))
    #expect(Set(experts.map(\.layer)) == Set(0..<8))
    #expect(found.summary.layout?.parallelism.expert == 16)
    #expect(found.summary.layout?.parallelism.data == 384)
    #expect(found.summary.layout?.rankCount == 9_216)
    #expect(found.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
    #expect(!found.notes(about: "\(Self.compute) ns of compute").isEmpty)
  }

  /// The sum of the file's three columns of compute, by awk.
  private static let compute = 4_542_795_477

  @Test func aMicroWorkloadHasTwoAllReduces() throws {
    let path = RealInputs.path("simai/microAllReduce.txt")
    #expect(try TraceReaderCatalogue.identify(path) == SimAIReader.self)
    let found = try IngestedFiles(SimAIReader.self, paths: [path])
    #expect(found.rows.operations.rows.map(\.kind) == [.allReduce, .allReduce])
    #expect(found.rows.operations.rows.map(\.start) == [556_000, 1_112_000])
    // 2 · 7/8 of 16 and of 64 MiB to the next of eight.
    #expect(Set(found.rows.transfers.bytes) == [29_360_128, 117_440_512])
    #expect(found.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
  }
}
