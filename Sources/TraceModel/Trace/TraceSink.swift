/// Where readers put the rows that they produce, in batches: a file that is being written, or
/// memory in tests.
public protocol TraceSink {
  mutating func append(messages: MessageTable) throws
  mutating func append(operations: OperationTable) throws
  mutating func append(transfers: TransferTable) throws
  mutating func append(routing: RoutingTable) throws
}

/// A sink that keeps everything in memory: for tests and small inputs.
public struct TraceBuffer: TraceSink, Sendable {
  public var messages = MessageTable()
  public var operations = OperationTable()
  public var transfers = TransferTable()
  public var routing = RoutingTable()

  public init() {}

  public mutating func append(messages batch: MessageTable) {
    for row in 0..<batch.count { messages.append(batch[row]) }
  }

  public mutating func append(operations batch: OperationTable) {
    operations.rows += batch.rows
    operations.dependencies += batch.dependencies
  }

  public mutating func append(transfers batch: TransferTable) {
    for row in 0..<batch.count {
      transfers.append(
        operation: batch.operation[row], source: batch.source[row],
        destination: batch.destination[row], bytes: batch.bytes[row], start: batch.start[row],
        end: batch.end[row])
    }
  }

  public mutating func append(routing batch: RoutingTable) {
    for row in 0..<batch.count {
      routing.append(
        operation: batch.operation[row], sourceRank: batch.sourceRank[row],
        tokens: batch.tokens[row],
        expertSet: batch.experts[batch.expertOffsets[row]..<batch.expertOffsets[row + 1]])
    }
  }
}
