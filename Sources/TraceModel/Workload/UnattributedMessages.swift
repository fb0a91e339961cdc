/// The messages of a capture that nobody attributed, as one operation of unknown kind.
///
/// Memory is that of the pairs since the last `take`.
public struct UnattributedMessages: Sendable {
  private let metadata: TraceMetadata
  private let grain: Grain
  /// The end of each address.
  private let endOfAddress: [Int]
  private var sums = PairSums()

  /// No messages yet.
  ///
  /// - Parameter grain: NICs when nil; ranks cannot be had from messages.
  /// - Throws: `WorkloadError` when the layout has a defect or the grain is that of ranks.
  public init(_ metadata: TraceMetadata, grain: Grain? = nil) throws(WorkloadError) {
    let layout = metadata.layout
    if let defect = layout.defect { throw WorkloadError(defect, at: "layout") }
    guard grain != .rank else {
      throw WorkloadError(
        "the trace knows nics, not ranks", at: "messages",
        advice: "Ask for the grain `nic` or `server`.")
    }
    self.metadata = metadata
    self.grain = grain ?? .nic
    endOfAddress = layout.addresses.map { address in
      grain == .server ? address.server : address.server * layout.nicsPerServer + address.nic
    }
  }

  /// Pairs of ends since the last `take`.
  public var pairCount: Int { sums.count }

  /// Adds messages; O(1) each.
  ///
  /// - Throws: `WorkloadError` for an address that the layout does not list, or less than no bytes.
  public mutating func add(_ block: MessageTable) throws(WorkloadError) {
    for row in 0..<block.count {
      let (source, destination) = (Int(block.source[row]), Int(block.destination[row]))
      guard endOfAddress.indices.contains(source), endOfAddress.indices.contains(destination),
        block.bytes[row] >= 0
      else {
        throw WorkloadError(
          "\(block.bytes[row]) bytes from address \(source) to \(destination), of "
            + "\(endOfAddress.count) addresses", at: "message row \(row)",
          advice: "The trace is damaged; ingest the capture again.")
      }
      sums.add(block.bytes[row], from: endOfAddress[source], to: endOfAddress[destination])
    }
  }

  /// What was added since the last time.
  ///
  /// - Throws: `WorkloadError` when it is more than 64 bits hold.
  public mutating func take() throws(WorkloadError) -> Workload {
    var demands = DemandSet()
    let columns = sums.columns()
    let demand = demands.append(
      source: columns.source, destination: columns.destination, amount: columns.amount)
    sums = PairSums()
    let workload = Workload(
      grain: grain, layout: metadata.layout, demands: demands,
      steps: [
        Workload.Step(
          operation: 0, kind: .unknown, role: .other, phase: .unspecified,
          iteration: Operation.unknown, layer: Operation.unknown, demand: demand)
      ], provenance: metadata.provenance)
    try workload.requireCountableBytes()
    return workload
  }
}
