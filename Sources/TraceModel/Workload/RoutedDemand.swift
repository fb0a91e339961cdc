/// Turns the routing of operations into token copies between ranks.
///
/// Scratch memory of one row of ranks is kept between operations. A rank's copies to itself and
/// to its own server are in the result: they cross no network but they are traffic of the layer.
public struct RoutedDemand: Sendable {
  public let placement: ExpertPlacement
  public let copies: CopyRule
  private var copiesTo: [Int64]
  private var touched: [Int32] = []
  /// The row that last gave each rank or server its copy: experts ascend, their places need not.
  private var stamps: [Int]
  private var stamp = 0

  public init(placement: ExpertPlacement, copies: CopyRule) {
    self.placement = placement
    self.copies = copies
    copiesTo = [Int64](repeating: 0, count: placement.layout.rankCount)
    stamps = [Int](repeating: 0, count: placement.layout.rankCount)
  }

  /// Appends the demand of one operation, in token copies between ranks ordered by (source,
  /// destination), and returns its number.
  ///
  /// - `perExpert`: each chosen expert's rank gets a copy.
  /// - `perRank`: each rank with a chosen expert gets one copy.
  /// - `perServer`: each server with a chosen expert gets one copy, delivered to the GPU with the
  ///   sender's place in its server; the copies from there to the experts' ranks are inside the
  ///   server and not counted.
  ///
  /// With routing in assignments (sets of one expert) the last two are upper bounds.
  /// - Parameters:
  ///   - rows: rows of `routing` that belong to the operation.
  ///   - layer: whose slots the experts are in.
  /// - Complexity: O(chosen experts + pairs log pairs).
  public mutating func append(
    rows: some Sequence<Int>, of routing: RoutingTable, layer: Int32 = Operation.unknown,
    to demands: inout DemandSet
  ) throws(WorkloadError) -> Int {
    let ordered = rows.sorted {
      (routing.sourceRank[$0], $0) < (routing.sourceRank[$1], $1)
    }
    var source: [Int32] = []
    var destination: [Int32] = []
    var amount: [Int64] = []
    var start = 0
    while start < ordered.count {
      let rank = routing.sourceRank[ordered[start]]
      let end =
        ordered[start...].firstIndex { routing.sourceRank[$0] != rank } ?? ordered.count
      for row in ordered[start..<end] { try add(row: row, of: routing, layer: layer) }
      touched.sort()
      for end in touched {
        source.append(rank)
        destination.append(end)
        amount.append(copiesTo[Int(end)])
        copiesTo[Int(end)] = 0
      }
      touched.removeAll(keepingCapacity: true)
      start = end
    }
    return demands.append(source: source, destination: destination, amount: amount)
  }

  private mutating func add(
    row: Int, of routing: RoutingTable, layer: Int32
  ) throws(WorkloadError) {
    let layout = placement.layout
    let source = Int(routing.sourceRank[row])
    let tokens = routing.tokens[row]
    guard source >= 0, source < layout.rankCount else {
      throw WorkloadError(
        "source rank \(source) is outside the layout's \(layout.rankCount) ranks",
        at: "routing row \(row)", advice: "Declare the layout that the log was recorded on.")
    }
    guard tokens >= 0 else {
      throw WorkloadError("\(tokens) tokens", at: "routing row \(row)")
    }
    if tokens == 0 { return }
    stamp += 1
    for index in routing.expertOffsets[row]..<routing.expertOffsets[row + 1] {
      let expert = Int(routing.experts[index])
      guard expert >= 0, expert < placement.expertCount else {
        throw WorkloadError(
          "expert \(expert) is outside the model's \(placement.expertCount) experts",
          at: "routing row \(row)", advice: "Declare the model that the log was recorded with.")
      }
      let rank = placement.rank(ofExpert: expert, layer: layer, from: source)
      switch copies {
      case .perExpert: add(tokens, to: rank)
      case .perRank:
        if isFirst(rank) { add(tokens, to: rank) }
      case .perServer:
        let server = rank / layout.gpusPerServer
        if isFirst(server) {
          add(tokens, to: server * layout.gpusPerServer + source % layout.gpusPerServer)
        }
      }
    }
  }

  /// True once per row for each rank or server.
  private mutating func isFirst(_ place: Int) -> Bool {
    if stamps[place] == stamp { return false }
    stamps[place] = stamp
    return true
  }

  private mutating func add(_ tokens: Int64, to rank: Int) {
    if copiesTo[rank] == 0 { touched.append(Int32(truncatingIfNeeded: rank)) }
    copiesTo[rank] &+= tokens
  }
}
