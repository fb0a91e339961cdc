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

  /// Experts of a layer: those of the model.
  ///
  /// Without a model the smallest multiple of the expert-parallel ranks that has room for all that
  /// occur, in O(routing).
  public var expertCount: Int {
    if let model = metadata.model { return model.expertCount }
    let ranks = max(1, metadata.layout.parallelism.expert)
    let seen = Int(routing.experts.max() ?? -1) + 1
    return max(1, (seen + ranks - 1) / ranks) * ranks
  }
}
