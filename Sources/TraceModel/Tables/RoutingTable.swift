/// What the gate decided: tokens of a source rank and the experts that they were sent to.
///
/// A row is `tokens[i]` tokens of `sourceRank[i]` that share the expert set
/// `experts[expertOffsets[i] ..< expertOffsets[i + 1]]` (ascending). Logs that only count
/// assignments give sets of one expert; `TraceMetadata.routingUnit` says which it is.
public struct RoutingTable: Sendable, Hashable {
  /// Operation id.
  public var operation: [Int32] = []
  public var sourceRank: [Int32] = []
  public var tokens: [Int64] = []
  /// `count + 1` offsets into `experts`.
  public var expertOffsets: [Int] = [0]
  public var experts: [Int32] = []

  public init() {}

  public var count: Int { operation.count }

  /// Appends one row; `expertSet` must be ascending.
  public mutating func append(
    operation: Int32, sourceRank: Int32, tokens: Int64, expertSet: some Sequence<Int32>
  ) {
    self.operation.append(operation)
    self.sourceRank.append(sourceRank)
    self.tokens.append(tokens)
    experts.append(contentsOf: expertSet)
    expertOffsets.append(experts.count)
  }
}

/// What one unit of `RoutingTable.tokens` counts.
public enum RoutingUnit: String, Sendable, Hashable, Codable {
  /// Tokens, each with its whole expert set: duplicates towards one rank or server can be seen.
  case tokens
  /// Token-expert assignments: sets of one expert, so copies can only be bounded from above.
  case assignments
}
