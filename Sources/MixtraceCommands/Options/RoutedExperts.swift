internal import TraceModel

/// The experts that a routing table names, to be compared with those of a model.
struct RoutedExperts {
  /// One more than the highest expert named.
  let span: Int
  /// Experts named.
  let used: Int

  /// Nil where the trace routes nothing.
  ///
  /// O(entries).
  init?(_ routing: RoutingTable) {
    guard let highest = routing.experts.max(), highest >= 0 else { return nil }
    span = Int(highest) + 1
    var isUsed = [Bool](repeating: false, count: span)
    for expert in routing.experts where expert >= 0 { isUsed[Int(expert)] = true }
    used = isUsed.count { $0 }
  }

  /// Whether a model with so many experts can have routed this.
  ///
  /// Which experts stay idle has nothing to do with their numbers. So if all idle ones of a model had
  /// the highest numbers by chance, that must not be rarer than once in a hundred.
  func canBe(ofModelWith experts: Int) -> Bool {
    guard experts >= span else { return false }
    // Idle sets below the span ÷ idle sets of the model, both of as many as lie between them.
    let idle = experts - used
    var chance = 1.0
    for place in 0..<(experts - span) {
      chance *= Double(idle - place) / Double(experts - place)
      if chance < 0.01 { return false }
    }
    return true
  }
}
