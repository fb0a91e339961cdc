/// Bytes from one end to another within an operation, as parallel columns.
public struct TransferTable: Sendable, Hashable {
  /// Operation id.
  public var operation: [Int32] = []
  /// Source end at the operation's grain.
  public var source: [Int32] = []
  /// Destination end at the operation's grain.
  public var destination: [Int32] = []
  public var bytes: [Int64] = []
  /// Nanoseconds on the trace's clock, or `Operation.unknownTime`.
  public var start: [Int64] = []
  public var end: [Int64] = []

  public init() {}

  public var count: Int { operation.count }

  public mutating func append(
    operation: Int32, source: Int32, destination: Int32, bytes: Int64,
    start: Int64 = Operation.unknownTime, end: Int64 = Operation.unknownTime
  ) {
    self.operation.append(operation)
    self.source.append(source)
    self.destination.append(destination)
    self.bytes.append(bytes)
    self.start.append(start)
    self.end.append(end)
  }
}
