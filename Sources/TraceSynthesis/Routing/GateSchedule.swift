internal import Glibc
internal import TraceModel

/// Which experts are hot in which layer and iteration, and which expert-parallel rank each source
/// leans towards.
///
/// Popularity is a Zipf law over an order of the experts, the first of them hotter still where that
/// is planted; affinity is one partner per source, or its planted region. From one iteration to the
/// next a share of order and partners trades places, so that hot experts stay hot for about
/// 1 / drift iterations, as measured traces do; at a change point both are drawn anew, and with a
/// period they come back. Weights are integers: a draw never depends on how
/// a platform rounds.
package struct GateSchedule: Sendable {
  private let plan: SynthesisPlan
  private let weights: [UInt64]
  /// Place in the popularity order of each expert, by (iteration, layer position).
  private let places: [[Int32]]
  /// Partner of each source's expert index, by (iteration, layer position).
  private let partners: [[Int32]]
  /// Planted region of each expert index; nil where none is planted.
  private let regions: [Int]?

  package init(_ plan: SynthesisPlan) {
    self.plan = plan
    weights = (0..<plan.model.expertCount).map { place in
      let factor = place < plan.hotExperts ? plan.hotFactor : 1
      return max(1, UInt64(factor * pow(Double(place + 1), -plan.skew) * 0x1p32))
    }
    regions = plan.plantedRegionOfExpertIndex
    var places = [[Int32]](repeating: [], count: plan.iterations * plan.layers.count)
    var partners = places
    for (position, layer) in plan.layers.enumerated() {
      var random = RandomStream(seed: plan.seed, purpose: 0x6761_7465 + UInt64(layer) << 32)
      var order = random.permutation(plan.model.expertCount).map { Int32($0) }
      var partner = random.permutation(plan.layout.parallelism.expert).map { Int32($0) }
      var changed = 0
      for iteration in 0..<plan.iterations {
        if plan.changePoints.contains(iteration) {
          changed = iteration
          order = random.permutation(order.count).map { Int32($0) }
          partner = random.permutation(partner.count).map { Int32($0) }
        } else if let period = plan.period, iteration - period >= changed {
          order = places[(iteration - period) * plan.layers.count + position]
          partner = partners[(iteration - period) * plan.layers.count + position]
        } else if iteration > 0 {
          Self.trade(&order, share: plan.drift, &random)
          Self.trade(&partner, share: plan.drift, &random)
        }
        places[iteration * plan.layers.count + position] = order
        partners[iteration * plan.layers.count + position] = partner
      }
    }
    self.places = places
    self.partners = partners
  }

  /// The expert that most tokens choose.
  package func hottestExpert(iteration: Int, position: Int) -> Int {
    places[iteration * plan.layers.count + position].firstIndex(of: 0) ?? 0
  }

  /// The expert index that a source's expert index leans towards.
  package func partner(of expertIndex: Int, iteration: Int, position: Int) -> Int {
    Int(partners[iteration * plan.layers.count + position][expertIndex])
  }

  /// The experts in the first places of popularity, ascending: those that are planted to be hot.
  package func hotExperts(iteration: Int, position: Int) -> [Int] {
    let places = places[iteration * plan.layers.count + position]
    return places.indices.filter { places[$0] < plan.hotExperts }
  }

  /// Whether a source favours the experts of each expert index: its region's, or its partner's.
  private func favours(of expertIndex: Int, iteration: Int, position: Int) -> [Bool] {
    if let regions { return regions.map { $0 == regions[expertIndex] } }
    let partner = partner(of: expertIndex, iteration: iteration, position: position)
    return (0..<plan.layout.parallelism.expert).map { $0 == partner }
  }

  /// Running sums of the weights with which a source draws its experts.
  func cumulativeWeights(of expertIndex: Int, iteration: Int, position: Int) -> [UInt64] {
    let places = places[iteration * plan.layers.count + position]
    let experts = plan.model.expertCount
    let perRank = experts / plan.layout.parallelism.expert
    let favours = favours(of: expertIndex, iteration: iteration, position: position)
    let total = Double(weights.reduce(0, +))
    // Of the drawn weight a share `pairAffinity` lies evenly on the favoured experts.
    let common = 1 - plan.pairAffinity
    let leaning = plan.pairAffinity * total / Double(favours.count { $0 } * perRank)
    var sum: UInt64 = 0
    return (0..<experts).map { expert in
      var weight = Double(weights[Int(places[expert])]) * common
      if favours[expert / perRank] { weight += leaning }
      sum += max(1, UInt64(weight))
      return sum
    }
  }

  /// Lets a share of the entries trade places with one another.
  private static func trade(
    _ list: inout [Int32], share: Double, _ random: inout RandomStream
  ) {
    let count = min(list.count, Int((share * Double(list.count)).rounded(.up)))
    guard share > 0, list.count > 1 else { return }
    let chosen = Array(random.permutation(list.count).prefix(max(2, count)))
    let values = chosen.map { list[$0] }
    // A rotation moves every one of them.
    for (index, place) in chosen.enumerated() { list[place] = values[(index + 1) % values.count] }
  }
}
