import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel

struct ChakraTests {
  private func ingest(ranks: [[UInt8]], layout: Layout? = nil) throws -> IngestedFiles {
    try TraceIngestTests.ingest(
      files: ranks.enumerated().map { ("job.\($0.offset).et", $0.element) }, layout: layout)
  }

  @Test func anAllToAllIsEvenBetweenTheRanksOfItsFiles() throws {
    let rank = chakraTrace([chakraNode(0, .collective, collective(type: 6, bytes: 400))])
    let found = try ingest(ranks: [rank, rank, rank, rank])
    #expect(found.rows.operations.rows.map(\.kind) == [.allToAll])
    #expect(
      found.matrix(of: found.rows.operations.rows[0], size: 4)
        == [[Int64]](repeating: [100, 100, 100, 100], count: 4))
    #expect(found.isBalanced && found.malformed.isEmpty)
    #expect(found.rows.operations.rows[0].start == Operation.unknownTime)
  }

  @Test func messagesNameTheirOtherEnd() throws {
    let ranks = [
      chakraTrace([
        chakraNode(1, .send, message(bytes: 10, to: 1)),
        chakraNode(2, .receive, after: [1], message(bytes: 30, from: 2)),
      ]),
      chakraTrace([
        chakraNode(5, .receive, message(bytes: 10, from: 0)),
        chakraNode(6, .compute, after: [5], duration: 7),
        chakraNode(7, .send, dataAfter: [6], message(bytes: 20, to: 2)),
      ]),
      chakraTrace([
        chakraNode(0, .receive, message(bytes: 20, from: 1)),
        chakraNode(1, .send, after: [0], message(bytes: 30, to: 0)),
      ]),
    ]
    let found = try ingest(ranks: ranks)
    #expect(found.moves == ["0→1 10", "1→2 20", "2→0 30"])
    #expect(found.predecessors == [1: [0], 2: [0, 1]])
    #expect(!found.notes(about: "up to 7 µs").isEmpty)
    #expect(found.skipped["a compute or memory node: kept as order"] == 1)
  }

  /// What nothing orders is not put in a row.
  @Test func operationsThatDoNotWaitForEachOtherStaySo() throws {
    let rank = chakraTrace([
      chakraNode(1, .collective, collective(type: 0, bytes: 8)),
      chakraNode(2, .collective, collective(type: 6, bytes: 8)),
      chakraNode(3, .compute, after: [1, 2]),
      chakraNode(4, .collective, after: [3], collective(type: 2, bytes: 8)),
    ])
    let found = try ingest(ranks: [rank, rank])
    let kinds = found.rows.operations.rows.map(\.kind)
    #expect(Set(kinds) == [.allReduce, .allToAll, .allGather])
    let last = try #require(kinds.firstIndex(of: .allGather))
    #expect(
      found.predecessors == [Int32(last): Set([0, 1, 2].filter { $0 != last }.map(Int32.init))])
  }

  @Test func processGroupsHaveTheRanksThatUseThem() throws {
    let ranks = (0..<4).map { rank in
      chakraTrace([
        chakraNode(
          1, .collective, collective(type: 6, bytes: 20, group: rank % 2 == 0 ? "even" : "odd"))
      ])
    }
    let found = try ingest(ranks: ranks)
    #expect(found.rows.operations.count == 2)
    #expect(
      Set(found.moves) == [
        "0→0 10", "0→2 10", "2→0 10", "2→2 10", "1→1 10", "1→3 10", "3→1 10", "3→3 10",
      ])
  }

  @Test func sizesAreReadInEveryTypeOfValue() throws {
    let number = Wire.number(96)
    let single = { (bytes: [UInt8]) in Wire.field(1, bytes: bytes) }
    var values: [[UInt8]] = [
      Wire.field(3, fixed: littleEndian(Double(96).bitPattern)),
      Wire.field(4, bytes: single(littleEndian(Double(96).bitPattern))),
      Wire.field(5, fixed: littleEndian(Float(96).bitPattern)),
      Wire.field(6, bytes: single(littleEndian(Float(96).bitPattern))),
      Wire.field(29, bytes: Array("96".utf8)), Wire.field(30, bytes: single(Array("96".utf8))),
      Wire.field(31, bytes: Array("96".utf8)), Wire.field(32, bytes: single(Array("96".utf8))),
    ]
    for field in [7, 9, 11, 13] {
      values += [Wire.field(field, number: 96), Wire.field(field + 1, bytes: single(number))]
    }
    for field in [15, 17] {
      let zigzag = Wire.zigzag(96)
      values += [
        Wire.field(field, number: zigzag),
        Wire.field(field + 1, bytes: single(Wire.number(zigzag))),
      ]
    }
    for (field, bytes) in [
      (19, littleEndian(UInt32(96))), (21, littleEndian(UInt64(96))),
      (23, littleEndian(Int32(96))), (25, littleEndian(Int64(96))),
    ] {
      values += [Wire.field(field, fixed: bytes), Wire.field(field + 1, bytes: single(bytes))]
    }
    let truths = [Wire.field(27, number: 1), Wire.field(28, bytes: single([1]))]
    #expect(values.count + truths.count == 30)
    for (value, expected) in values.map({ ($0, Int64(96)) }) + truths.map({ ($0, 1) }) {
      let size = [attribute("comm_type", 6), attribute("comm_size", value)]
      let found = try ingest(ranks: [chakraTrace([chakraNode(3, .collective, size)])])
      #expect(found.rows.transfers.bytes == [expected], "\(value)")
    }
  }

  @Test func recordedTimesAreKept() throws {
    let rank = chakraTrace([
      chakraNode(1, .collective, start: 5, duration: 2, collective(type: 0, bytes: 8)),
      chakraNode(2, .collective, start: 9, duration: 4, collective(type: 0, bytes: 8)),
    ])
    let found = try ingest(ranks: [rank, rank])
    #expect(found.rows.operations.rows.map(\.start) == [5_000, 9_000])
    #expect(found.rows.operations.rows.map(\.end) == [7_000, 13_000])
  }

  // MARK: Bad input

  @Test func aCutFileGivesTheNodesBeforeTheCut() throws {
    let whole = chakraTrace(
      (1...3).map { chakraNode($0, .collective, collective(type: 6, bytes: 8)) })
    for cut in 1..<20 {
      let found = try ingest(ranks: [Array(whole.dropLast(cut)), whole])
      #expect(found.rows.operations.count == 3)
      #expect(
        found.summary.ledgers.contains { $0.truncation?.contains("inside a message") == true })
      #expect(found.isBalanced)
    }
  }

  @Test func anAbsurdLengthEndsTheFileWithoutItsMemory() throws {
    let good = chakraTrace([chakraNode(1, .collective, collective(type: 6, bytes: 8))])
    for length in [UInt64(2) << 30, UInt64.max] {
      let found = try ingest(ranks: [good + Wire.number(length) + [1, 2, 3], good])
      #expect(found.rows.operations.count == 1)
      #expect(found.summary.ledgers.contains { $0.truncation?.contains("above the limit") == true })
    }
    let found = try ingest(ranks: [good + [UInt8](repeating: 0xFF, count: 12), good])
    #expect(found.summary.ledgers.contains { $0.truncation?.contains("no length") == true })
  }

  @Test func whatIsNotKnownIsCountedByItsReason() throws {
    var strange = chakraNode(1, .collective, collective(type: 6, bytes: 8))
    strange[strange.firstIndex(of: 7) ?? 0] = 99
    let rank = chakraTrace([
      strange, chakraNode(2, .collective, collective(type: 42, bytes: 8)),
      chakraNode(3, .collective, collective(type: 9, bytes: 0)),
      chakraNode(4, .collective, [attribute("comm_size", 8)]), chakraNode(5, .collective),
      chakraNode(6, .collective, collective(type: 6, bytes: -8)),
      chakraNode(7, .send, message(bytes: 8)), chakraNode(7, .compute), [0x0A, 0xFF],
      chakraNode(8, .metadata), chakraNode(9, .collective, collective(type: 6, bytes: 16)),
    ])
    let found = try ingest(ranks: [rank, rank])
    #expect(found.moves.count == 4)
    #expect(found.malformed.values.allSatisfy { $0 == 2 })
    #expect(
      Set(found.malformed.keys) == [
        "a node of a type that is not known", "a collective of a type that is not known",
        "a collective without its type", "a collective without its size, or with one that none has",
        "a message without the rank at its other end", "a node whose number another one has",
        "bytes that are no node",
      ])
    #expect(found.skipped["a barrier: moves no payload"] == 2)
    #expect(found.isBalanced)
  }

  @Test func ringsAndUnknownNodesAreNotWaitedFor() throws {
    let rank = chakraTrace([
      chakraNode(1, .compute, after: [2]), chakraNode(2, .compute, after: [1]),
      chakraNode(3, .collective, after: [2, 77], collective(type: 6, bytes: 8)),
    ])
    let found = try ingest(ranks: [rank, rank])
    #expect(found.rows.operations.count == 1)
    #expect(!found.notes(about: "2 dependencies close a ring").isEmpty)
    #expect(!found.notes(about: "2 dependencies name nodes that no file has").isEmpty)
  }

  @Test func whatIsLeftOfAnAllToAllGoesToTheFirstMembers() throws {
    let found = try ingest(
      ranks: (0..<3).map { _ in
        chakraTrace([chakraNode(1, .collective, collective(type: 6, bytes: 100))])
      })
    let row = try #require(found.rows.operations.rows.first)
    #expect(found.matrix(of: row, size: 3) == [[Int64]](repeating: [34, 33, 33], count: 3))
  }

  @Test func aNodeLongerThanAnyEndsTheFile() throws {
    let long = chakraNode(2, .compute, name: String(repeating: "x", count: 1 << 20))
    let found = try ingest(
      ranks: [
        chakraTrace([chakraNode(1, .collective, collective(type: 0, bytes: 8)), long])
      ], layout: Layout(serverCount: 1, gpusPerServer: 2))
    #expect(found.rows.operations.count == 1)
    #expect(found.summary.ledgers.contains { $0.truncation?.contains("limit of 1048576") == true })
  }

  @Test func whatWaitsForARingIsNotLetGoInItsPlace() throws {
    // The first node waits for a ring of the two behind it.
    let nodes = [
      chakraNode(1, .collective, after: [2], collective(type: 0, bytes: 8)),
      chakraNode(2, .collective, after: [3], collective(type: 0, bytes: 16)),
      chakraNode(3, .collective, after: [2], collective(type: 0, bytes: 32)),
    ]
    let found = try ingest(ranks: [chakraTrace(nodes), chakraTrace(nodes)])
    #expect(found.notes(about: "2 dependencies close a ring").count == 1)
    // 2 · 1/2 of its bytes: what waits for the ring comes last.
    #expect(found.rows.transfers.bytes.last == 8)
  }

  @Test func aFileWithoutItsRankIsNamed() throws {
    let bytes = chakraTrace([chakraNode(1, .collective, collective(type: 6, bytes: 8))])
    let found = try TraceIngestTests.ingest(files: [("a.0.et", bytes), ("b.et", bytes)])
    #expect(found.skipped["the rank of the file is not known"] == 1)
    #expect(!found.notes(about: "b.et was left out").isEmpty)
  }

  @Test func aTraceWithoutCommunicationSaysSo() throws {
    let error = #expect(throws: IngestError.self) {
      try ingest(ranks: [chakraTrace([chakraNode(1, .compute)])])
    }
    #expect(error?.message.contains("no communication") == true)
  }

  @Test func otherBinariesAreNoTraces() throws {
    var random = RandomStream(seed: 4)
    for _ in 0..<200 {
      let bytes = (0..<400).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(!ChakraReader.recognises(start: bytes, fileName: "a.0.et"))
    }
    #expect(
      !ChakraReader.recognises(start: Array("plain text\nof two lines\n".utf8), fileName: "x"))
    #expect(!ChakraReader.recognises(start: [], fileName: "x"))
  }
}

@Suite(.enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)))
struct ChakraRealFileTests {
  private static let folder = RealInputs.path("chakra/astra-sim-all_to_all-16npus-1MB")

  @Test func sixteenFilesAreOneEvenAllToAll() throws {
    let paths = (0..<16).map { "\(Self.folder)/all_to_all.\($0).et" }
    for path in paths { #expect(try TraceReaderCatalogue.identify(path) == ChakraReader.self) }
    let found = try IngestedFiles(ChakraReader.self, paths: paths.sorted())
    #expect(found.rows.operations.rows.map(\.kind) == [.allToAll])
    #expect(
      found.matrix(of: found.rows.operations.rows[0], size: 16)
        == [[Int64]](repeating: [Int64](repeating: 65_536, count: 16), count: 16))
    #expect(found.summary.ledgers.allSatisfy { $0.isBalanced && !$0.hasDamage })
    #expect(found.summary.layout?.rankCount == 16)
  }

  @Test func anArchiveGivesTheSame() throws {
    try withScratchFolder { folder in
      let archive = folder.appendingPathComponent("job.tar.gz")
      #expect(
        try Programs.run(["tar", "czf", archive.path, "-C", Self.folder, "."], in: folder).status
          == 0)
      #expect(try TraceReaderCatalogue.identify(archive.path) == ChakraReader.self)
      let found = try IngestedFiles(ChakraReader.self, paths: [archive.path])
      #expect(found.rows.transfers.count == 256)
      #expect(found.rows.transfers.bytes.reduce(0, +) == 16 << 20)
    }
  }

  /// 3,664 nodes of one rank; of 21 collectives 14 are calls on the processor, whose kernels are the others.
  @Test func aResNetStepOfOneRankIsRead() throws {
    let path = RealInputs.path("chakra/feeder_tests_trace.tar.gz")
    #expect(try TraceReaderCatalogue.identify(path) == ChakraReader.self)
    let found = try IngestedFiles(
      ChakraReader.self, paths: [path], layout: Layout(serverCount: 1, gpusPerServer: 2))
    let ledger = try #require(found.summary.ledgers.first { $0.unit == "nodes" })
    #expect(ledger.read == 3_664)
    #expect(ledger.isBalanced && !ledger.hasDamage)
    #expect(found.skipped["a compute or memory node: kept as order"] == 3_643)
    #expect(ledger.used == 7)
    #expect(
      found.rows.operations.rows.map(\.kind) == [.broadcast, .broadcast]
        + [OperationKind](repeating: .allReduce, count: 5))
  }
}
