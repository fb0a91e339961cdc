import Foundation
import TestSupport
internal import TraceFormat
public import TraceModel

/// Tables with every kind of column shape: constant, rising, periodic, extreme, random.
struct RandomTrace {
  var random: RandomStream
  init(seed: UInt64) { random = RandomStream(seed: seed) }

  static let layout = Layout(
    serverCount: 2, gpusPerServer: 4,
    addresses: (0..<64).map { NICAddress(text: "10.0.0.\($0)", server: $0 % 2, nic: $0 / 2 % 4) })

  static var metadata: TraceMetadata {
    var ledger = Ledger(unit: "lines", source: "router.jsonl")
    ledger.read = 12
    ledger.used = 10
    ledger.skip("empty", count: 1, first: "line 3")
    ledger.reject("no layer", count: 1, first: "line 7")
    return TraceMetadata(
      layout: layout,
      model: ExpertModel(
        name: "tiny", layerCount: 2, expertCount: 8, topK: 2, hiddenSize: 16),
      routingUnit: .tokens,
      sources: [.init(name: "router.jsonl", format: "router log", bytes: 1234)],
      provenance: [
        "operations.layer": Provenance(.measured, method: "router log"),
        "transfers.bytes": Provenance(.inferred, method: "burst shape", confidence: 0.75),
      ],
      ledgers: [ledger], notes: ["a note with \"quotes\" and a / slash"])
  }

  mutating func int32() -> Int32 {
    switch random.below(6) {
    case 0: Int32(truncatingIfNeeded: random.next())
    case 1: [Int32.min, Int32.max, -1, 0][random.below(4)]
    default: Int32(random.below(100))
    }
  }

  mutating func int64() -> Int64 {
    switch random.below(6) {
    case 0: Int64(bitPattern: random.next())
    case 1: [Int64.min, Int64.max, -1, 0, Operation.unknownTime][random.below(5)]
    default: Int64(random.below(1_000_000))
    }
  }

  mutating func messages(_ count: Int) -> MessageTable {
    var table = MessageTable()
    for row in 0..<count {
      let start = 1_700_000_000_000_000_000 + Int64(row) * 1000 + Int64(random.below(900))
      table.append(
        Message(
          source: Int32(random.below(64)), destination: Int32(row % 64),
          channel: UInt32(truncatingIfNeeded: random.next()),
          kind: MessageKind.allCases[random.below(MessageKind.allCases.count)], start: start,
          end: random.below(20) == 0 ? int64() : start + Int64(random.below(5000)),
          bytes: Int64(random.below(1 << 20)), repeatedBytes: 0, packets: Int32(row % 300),
          missingPackets: int32()))
    }
    return table
  }

  /// Operations over `iterations` × `layers` × 4 phases, in a random order.
  mutating func operations(iterations: Int, layers: Int) -> OperationTable {
    var table = OperationTable()
    for place in random.permutation(iterations * layers * 4) {
      let (iteration, layer, phase) = (place / (layers * 4), place / 4 % layers, place % 4)
      table.append(
        Operation(
          id: Int32(place), kind: .allToAll, role: .expert, phase: Phase.allToAlls[phase],
          grain: .rank, iteration: Int32(iteration), microBatch: int32(), stage: int32(),
          layer: Int32(layer), group: int32(), start: int64(), end: int64(),
          demandSource: Int32(place - phase)))
      if phase > 0 {
        table.dependencies.append(
          .init(operation: Int32(place), predecessor: Int32(place - 1)))
      }
    }
    return table
  }

  mutating func transfers(_ count: Int, of operations: OperationTable) -> TransferTable {
    var table = TransferTable()
    for row in 0..<count {
      table.append(
        operation: operations.rows[random.below(operations.count)].id, source: Int32(row % 8),
        destination: int32(), bytes: int64(), start: int64(), end: int64())
    }
    return table
  }

  mutating func routing(_ count: Int, of operations: OperationTable) -> RoutingTable {
    var table = RoutingTable()
    for row in 0..<count {
      let size = random.below(5)
      let experts = (0..<size).map { Int32($0 * 50 + random.below(50)) }
      table.append(
        operation: operations.rows[random.below(operations.count)].id, sourceRank: Int32(row % 8),
        tokens: int64(), expertSet: experts)
    }
    return table
  }

  mutating func buffer(
    iterations: Int = 3, layers: Int = 4, transfers: Int, routing: Int, messages: Int
  ) -> TraceBuffer {
    var buffer = TraceBuffer()
    buffer.operations = operations(iterations: iterations, layers: layers)
    buffer.transfers = self.transfers(transfers, of: buffer.operations)
    buffer.routing = self.routing(routing, of: buffer.operations)
    buffer.messages = self.messages(messages)
    return buffer
  }
}

extension TraceBuffer {
  /// The rows in the order in which one run of sorting leaves them.
  var sorted: TraceBuffer {
    var place: [Int32: (Int32, Int32, Int32)] = [:]
    for row in operations.rows { place[row.id] = (row.iteration, row.layer, row.id) }
    func order(_ ids: [Int32]) -> [Int] {
      ids.indices.sorted {
        let (first, second) = (place[ids[$0]] ?? (0, 0, 0), place[ids[$1]] ?? (0, 0, 0))
        return first == second ? $0 < $1 : first < second
      }
    }
    var result = TraceBuffer()
    result.messages = messages
    result.operations.rows = order(operations.rows.map(\.id)).map { operations.rows[$0] }
    result.operations.dependencies = order(operations.dependencies.map(\.operation))
      .map { operations.dependencies[$0] }
    for row in order(transfers.operation) {
      result.transfers.append(
        operation: transfers.operation[row], source: transfers.source[row],
        destination: transfers.destination[row], bytes: transfers.bytes[row],
        start: transfers.start[row], end: transfers.end[row])
    }
    for row in order(routing.operation) {
      result.routing.append(
        operation: routing.operation[row], sourceRank: routing.sourceRank[row],
        tokens: routing.tokens[row],
        expertSet: routing.experts[routing.expertOffsets[row]..<routing.expertOffsets[row + 1]])
    }
    return result
  }

  func write(to path: String, metadata: TraceMetadata = RandomTrace.metadata) throws {
    let writer = try TraceWriter(path: path, metadata: metadata)
    try writer.append(messages: messages)
    try writer.append(operations: operations)
    try writer.append(transfers: transfers)
    try writer.append(routing: routing)
    try writer.finish()
  }
}

extension TraceFile {
  /// All rows, in file order.
  func buffer() throws -> TraceBuffer {
    var buffer = TraceBuffer()
    buffer.operations = try operations()
    buffer.transfers = try transfers()
    buffer.routing = try routing()
    try forEachMessageBlock { buffer.append(messages: $0) }
    return buffer
  }
}

func bytes(of path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// Runs `body` with the path of a file that does not exist yet.
func withScratchFile<Result>(_ body: (String) throws -> Result) throws -> Result {
  try withScratchFolder { try body($0.appendingPathComponent("trace.mixt").path) }
}

extension TraceBuffer: Equatable {
  public static func == (first: TraceBuffer, second: TraceBuffer) -> Bool {
    first.messages == second.messages && first.operations == second.operations
      && first.transfers == second.transfers && first.routing == second.routing
  }
}
