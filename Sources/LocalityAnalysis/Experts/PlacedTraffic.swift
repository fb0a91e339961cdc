public import TraceModel

/// What a placement makes of recorded routing: how even the ranks are, and what leaves servers.
public struct PlacedTraffic: Sendable, Hashable {
  /// Sum over operations of the busiest rank's assignments.
  public let busiestRankAssignments: Int64
  /// That ÷ the same sum of the mean rank's.
  public let imbalance: Double
  /// Token copies that leave their server under the model's copy rule.
  public let copiesBetweenServers: Int64
  /// Sum over operations of the token copies at the busiest server port, the larger of sent and
  /// received, under the same rule.
  public let busiestPortCopies: Int64
  /// The same if every chosen expert got a copy of its own: what de-duplication starts from.
  public let assignmentsBetweenServers: Int64
  /// True where the log counts assignments only: then copies per rank or server are upper bounds.
  public let isUpperBound: Bool

  /// - Parameter iterations: those to measure; nil for all.
  /// - Throws: `WorkloadError` where a row is outside the placement's layout or model.
  /// - Complexity: O(assignments × replicas).
  public init(
    of trace: Trace, iterations: Set<Int32>? = nil, placement: ExpertPlacement
  ) throws(WorkloadError) {
    let rule = trace.metadata.model?.copies ?? .perExpert
    isUpperBound = trace.metadata.routingUnit != .tokens && rule != .perExpert
    var busiest = Int64(0)
    var mean = 0.0
    var between = ServerPorts()
    var plain = ServerPorts()
    var perExpert = RoutedDemand(placement: placement, copies: .perExpert)
    var ruled = RoutedDemand(placement: placement, copies: rule)
    let layout = placement.layout
    for (operation, rows) in RowsOfOperations(trace, iterations: iterations) {
      var demands = DemandSet()
      _ = try perExpert.append(
        rows: rows, of: trace.routing, layer: operation.layer, to: &demands)
      let load = ReceivedLoad(demands, layout: layout)
      busiest += load.busiest
      mean += load.mean
      plain.add(demands, on: layout)
      guard rule != .perExpert else { continue }
      var copies = DemandSet()
      _ = try ruled.append(rows: rows, of: trace.routing, layer: operation.layer, to: &copies)
      between.add(copies, on: layout)
    }
    if rule == .perExpert { between = plain }
    busiestRankAssignments = busiest
    imbalance = mean > 0 ? Double(busiest) / mean : 1
    assignmentsBetweenServers = plain.total
    copiesBetweenServers = between.total
    busiestPortCopies = between.busiest
  }
}

/// Assignments received by the ranks of the expert groups that take part.
private struct ReceivedLoad {
  var busiest = Int64(0)
  var mean = 0.0

  init(_ demands: DemandSet, layout: Layout) {
    var received = [Int64](repeating: 0, count: layout.rankCount)
    var total = Int64(0)
    for pair in demands.source.indices {
      received[Int(demands.destination[pair])] += demands.amount[pair]
      total += demands.amount[pair]
    }
    let groups = Set(demands.source.map { layout.parallelism.expertGroup(ofRank: Int($0)) })
    let ranks = groups.count * layout.parallelism.expert
    guard ranks > 0 else { return }
    busiest = received.max() ?? 0
    mean = Double(total) / Double(ranks)
  }
}

/// Copies between servers, summed over operations.
private struct ServerPorts {
  private(set) var total = Int64(0)
  private(set) var busiest = Int64(0)

  mutating func add(_ demands: DemandSet, on layout: Layout) {
    var sent = [Int64](repeating: 0, count: layout.serverCount)
    var received = sent
    for pair in demands.source.indices {
      let home = Int(demands.source[pair]) / layout.gpusPerServer
      let away = Int(demands.destination[pair]) / layout.gpusPerServer
      guard home != away else { continue }
      sent[home] += demands.amount[pair]
      received[away] += demands.amount[pair]
    }
    total += sent.reduce(0, +)
    busiest += max(sent.max() ?? 0, received.max() ?? 0)
  }
}
