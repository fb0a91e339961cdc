/// A whole trace in memory, without its messages (which stay on disk).
public struct Trace: Sendable, Hashable {
  public var metadata: TraceMetadata
  public var operations: OperationTable
  public var transfers: TransferTable
  public var routing: RoutingTable

  public init(
    metadata: TraceMetadata, operations: OperationTable = OperationTable(),
    transfers: TransferTable = TransferTable(), routing: RoutingTable = RoutingTable()
  ) {
    self.metadata = metadata
    self.operations = operations
    self.transfers = transfers
    self.routing = routing
  }
}
