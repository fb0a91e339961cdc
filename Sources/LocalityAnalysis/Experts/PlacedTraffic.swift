public import TraceModel

/// What a placement makes of recorded routing: how even the ranks are, and what leaves servers.
public struct PlacedTraffic: Sendable, Hashable {
  /// Sum over operations of the busiest rank's assignments ÷ the same of the mean rank's.
  public let imbalance: Double
  /// Token copies that leave their server under the model's copy rule.
  public let copiesBetweenServers: Int64
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
    var busiest = 0.0
    var mean = 0.0
    var between = Int64(0)
    var plain = Int64(0)
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
      plain += demands.between(servers: layout)
      guard rule != .perExpert else { continue }
      var copies = DemandSet()
      _ = try ruled.append(rows: rows, of: trace.routing, layer: operation.layer, to: &copies)
      between += copies.between(servers: layout)
    }
    imbalance = mean > 0 ? busiest / mean : 1
    assignmentsBetweenServers = plain
    copiesBetweenServers = rule == .perExpert ? plain : between
  }
}

/// Routing rows by operation, in the order of the operation table.
private struct RowsOfOperations: Sequence {
  private var entries: [(operation: Operation, rows: [Int])] = []

  init(_ trace: Trace, iterations: Set<Int32>?) {
    var numbers = KeyTable()
    for operation in trace.operations.rows {
      _ = numbers.number(of: UInt64(UInt32(bitPattern: operation.id)))
    }
    var rows = [[Int]](repeating: [], count: trace.operations.rows.count)
    for (row, id) in trace.routing.operation.enumerated() {
      guard let number = numbers.existingNumber(of: UInt64(UInt32(bitPattern: id))),
        number < rows.count
      else { continue }
      rows[number].append(row)
    }
    for (number, operation) in trace.operations.rows.enumerated()
    where !rows[number].isEmpty && iterations?.contains(operation.iteration) != false {
      entries.append((operation, rows[number]))
    }
  }

  func makeIterator() -> IndexingIterator<[(operation: Operation, rows: [Int])]> {
    entries.makeIterator()
  }
}

/// Assignments received by the ranks of the expert groups that take part.
private struct ReceivedLoad {
  var busiest = 0.0
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
    busiest = Double(received.max() ?? 0)
    mean = Double(total) / Double(ranks)
  }
}

extension DemandSet {
  /// Amounts between ranks of different servers.
  fileprivate func between(servers layout: Layout) -> Int64 {
    source.indices.reduce(0) { sum, pair in
      let home = Int(source[pair]) / layout.gpusPerServer
      let away = Int(destination[pair]) / layout.gpusPerServer
      return home == away ? sum : sum + amount[pair]
    }
  }
}
