/// Token-expert assignments of one operation on its busiest ranks.
struct TokenLoad {
  var sent = 0.0
  var received = 0.0

  /// Compute before a phase as a share of what the model's reference takes: experts wait for the
  /// rank that got most assignments, attention for the one that sent most.
  func share(before phase: Phase, model: ExpertModel) -> Double {
    let busiest =
      switch phase {
      case .combineForward, .dispatchBackward: received
      case .unspecified, .dispatchForward, .combineBackward: sent
      }
    return busiest * Double(model.tokensPerLoggedToken)
      / (Double(model.compute.referenceTokensPerRank) * Double(model.topK))
  }
}

/// Counts assignments by rank; scratch memory is kept between operations.
struct TokenLoadCounter {
  private let placement: ExpertPlacement
  private var sent: [Double]
  private var received: [Double]

  init(placement: ExpertPlacement) {
    self.placement = placement
    sent = [Double](repeating: 0, count: placement.layout.rankCount)
    received = sent
  }

  /// Rows whose ranks and experts have been checked; linear in their experts.
  mutating func load(rows: ArraySlice<Int>, of routing: RoutingTable, layer: Int32) -> TokenLoad {
    var load = TokenLoad()
    Self.forEachAssignment(rows, of: routing, layer, placement) { source, destination, tokens in
      sent[source] += tokens
      received[destination] += tokens
      load.sent = max(load.sent, sent[source])
      load.received = max(load.received, received[destination])
    }
    Self.forEachAssignment(rows, of: routing, layer, placement) { source, destination, _ in
      sent[source] = 0
      received[destination] = 0
    }
    return load
  }

  private static func forEachAssignment(
    _ rows: ArraySlice<Int>, of routing: RoutingTable, _ layer: Int32,
    _ placement: ExpertPlacement, _ body: (Int, Int, Double) -> Void
  ) {
    for row in rows {
      let source = Int(routing.sourceRank[row])
      for index in routing.expertOffsets[row]..<routing.expertOffsets[row + 1] {
        let destination = placement.rank(
          ofExpert: Int(routing.experts[index]), layer: layer, from: source)
        body(source, destination, Double(routing.tokens[row]))
      }
    }
  }
}
