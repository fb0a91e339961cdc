import Foundation
import TestSupport
import Testing
import TraceFormat
import TraceModel

@Suite("Rows come back")
struct RoundTripTests {
  @Test(
    "random tables come back sorted by (iteration, layer, id), messages as they were",
    arguments: [0, 1, 2, 63, 64, 65, 129, 5000])
  func roundTrip(count: Int) throws {
    var random = RandomTrace(seed: UInt64(count))
    let buffer = random.buffer(
      layers: count == 0 ? 0 : 4, transfers: count, routing: count, messages: count)
    try withScratchFile { path in
      try buffer.write(to: path)
      let file = try TraceFile(path: path)
      #expect(!file.isSalvaged && file.losses.isEmpty)
      #expect(file.metadata == RandomTrace.metadata)
      let (read, expected) = (try file.buffer(), buffer.sorted)
      #expect(read.operations == expected.operations)
      #expect(read.transfers == expected.transfers)
      #expect(read.routing == expected.routing)
      #expect(read.messages == expected.messages)
      #expect(
        try file.trace()
          == Trace(
            metadata: file.metadata, operations: expected.operations,
            transfers: expected.transfers, routing: expected.routing))
    }
  }

  @Test("blocks hold 65,536 rows, and one more row starts another", arguments: [65_536, 65_537])
  func blockBoundary(count: Int) throws {
    var table = MessageTable()
    var operations = OperationTable()
    operations.append(Operation(id: 7, kind: .ring, role: .data, grain: .nic))
    var transfers = TransferTable()
    for row in 0..<count {
      table.append(
        Message(
          source: 1, destination: Int32(row % 7), channel: 5, kind: .write, start: Int64(row),
          end: Int64(row * 2), bytes: 4096, packets: 4))
      transfers.append(operation: 7, source: 0, destination: Int32(row % 5), bytes: Int64(row))
    }
    try withScratchFile { path in
      let writer = try TraceWriter(path: path, metadata: RandomTrace.metadata)
      try writer.append(messages: table)
      try writer.append(operations: operations)
      try writer.append(transfers: transfers)
      try writer.finish()
      let file = try TraceFile(path: path)
      let blocks = count == 65_536 ? [65_536] : [65_536, 1]
      #expect(file.blocks.filter { $0.kind == .messages }.map(\.rowCount) == blocks)
      #expect(file.blocks.filter { $0.kind == .transfers }.map(\.rowCount) == blocks)
      #expect(file.rowCount(of: .transfers) == count)
      let read = try file.buffer()
      #expect(read.messages == table)
      #expect(read.transfers == transfers)
      #expect(read.operations.rows[0].start == Operation.unknownTime)
    }
  }

  @Test("long lists end a block early")
  func longLists() throws {
    var operations = OperationTable()
    operations.append(
      Operation(id: 0, kind: .allToAll, role: .expert, grain: .rank, iteration: 0, layer: 0))
    var routing = RoutingTable()
    for row in 0..<30 {
      routing.append(
        operation: 0, sourceRank: Int32(row), tokens: 1, expertSet: 0..<Int32(100_000 + row))
    }
    try withScratchFile { path in
      let writer = try TraceWriter(path: path, metadata: RandomTrace.metadata)
      try writer.append(operations: operations)
      try writer.append(routing: routing)
      try writer.finish()
      let file = try TraceFile(path: path)
      #expect(file.blocks.filter { $0.kind == .routing }.map(\.rowCount) == [10, 10, 10])
      #expect(try file.routing() == routing)
    }
  }

  @Test("the same rows give the same bytes, however they are batched")
  func determinism() throws {
    var random = RandomTrace(seed: 5)
    let buffer = random.buffer(transfers: 3000, routing: 1000, messages: 70_000)
    try withScratchFolder { folder in
      let paths = ["a", "b"].map { folder.appendingPathComponent($0).path }
      try buffer.write(to: paths[0])
      let writer = try TraceWriter(path: paths[1], metadata: RandomTrace.metadata)
      var first = 0
      while first < buffer.messages.count {
        var batch = MessageTable()
        let end = min(first + 777, buffer.messages.count)
        for row in first..<end { batch.append(buffer.messages[row]) }
        try writer.append(messages: batch)
        first = end
      }
      for row in buffer.operations.rows {
        var batch = OperationTable()
        batch.append(row)
        try writer.append(operations: batch)
      }
      var dependencies = OperationTable()
      dependencies.dependencies = buffer.operations.dependencies
      try writer.append(operations: dependencies)
      for row in 0..<buffer.transfers.count {
        var batch = TransferTable()
        batch.append(
          operation: buffer.transfers.operation[row], source: buffer.transfers.source[row],
          destination: buffer.transfers.destination[row], bytes: buffer.transfers.bytes[row],
          start: buffer.transfers.start[row], end: buffer.transfers.end[row])
        try writer.append(transfers: batch)
      }
      try writer.append(routing: buffer.routing)
      try writer.finish()
      #expect(try bytes(of: paths[0]) == bytes(of: paths[1]))
    }
  }

  @Test("the last metadata is in force, ledger included")
  func lastMetadata() throws {
    try withScratchFile { path in
      let writer = try TraceWriter(path: path, metadata: TraceMetadata(layout: RandomTrace.layout))
      writer.setMetadata(TraceMetadata(layout: RandomTrace.layout, notes: ["superseded"]))
      writer.setMetadata(RandomTrace.metadata)
      try writer.finish()
      let metadata = try TraceFile(path: path).metadata
      #expect(metadata == RandomTrace.metadata)
      #expect(metadata.ledgers.first?.isBalanced == true)
    }
  }

  @Test("messages are copied to another file byte for byte")
  func copyMessages() throws {
    var random = RandomTrace(seed: 8)
    let messages = random.messages(66_000)
    try withScratchFolder { folder in
      let paths = ["a.mixt", "b.mixt"].map { folder.appendingPathComponent($0).path }
      var buffer = TraceBuffer()
      buffer.messages = messages
      try buffer.write(to: paths[0])
      let source = try TraceFile(path: paths[0])
      let writer = try TraceWriter(path: paths[1], metadata: RandomTrace.metadata)
      var before = MessageTable()
      before.append(messages[0])
      try writer.append(messages: before)
      try writer.copyMessages(from: source)
      try writer.finish()
      let copy = try TraceFile(path: paths[1])
      #expect(copy.blocks.filter { $0.kind == .messages }.map(\.rowCount) == [1, 65_536, 464])
      var expected = TraceBuffer()
      expected.append(messages: before)
      expected.append(messages: messages)
      #expect(try copy.buffer().messages == expected.messages)
    }
  }

  @Test("rows of operations that are not known, and ids used twice, are refused")
  func misuse() throws {
    var random = RandomTrace(seed: 2)
    let operations = random.operations(iterations: 1, layers: 1)
    var stray = TransferTable()
    stray.append(operation: 99, source: 0, destination: 1, bytes: 1)
    var strayRouting = RoutingTable()
    strayRouting.append(operation: -5, sourceRank: 0, tokens: 1, expertSet: [1])
    try withScratchFile { path in
      let writer = try TraceWriter(path: path, metadata: RandomTrace.metadata)
      try writer.append(operations: operations)
      let error = #expect(throws: TraceFormatError.self) { try writer.append(transfers: stray) }
      #expect(error?.message.contains("99") == true)
      #expect(throws: TraceFormatError.self) { try writer.append(routing: strayRouting) }
      #expect(throws: TraceFormatError.self) { try writer.append(operations: operations) }
    }
  }
}
