/// Ranks that share slots freely, and what each carries when replicas split evenly.
struct RankBalance {
  /// A busiest rank this near to the mean, as a share of it, is balanced.
  static let negligible = 1e-4
  /// What two sums of the same numbers may differ by, as a share.
  static let rounding = 1e-12
  /// Slots that all trials of replicas together may touch: thousands of trials for hundreds of slots.
  private static let trialWork = 4_000_000

  /// Those of one rank ascend by what they carry.
  private(set) var slots: [Int32]
  private let weights: [Float]
  private let perRank: Int
  /// Slots of each expert, and what each of them carries.
  private var counts: [Int]
  private var shares: [Double]
  private var loads: [Double]

  init(_ slots: [Int32], _ weights: [Float], rankCount: Int) {
    self.slots = slots
    self.weights = weights
    perRank = slots.count / rankCount
    var counts = [Int](repeating: 0, count: weights.count)
    for expert in slots { counts[Int(expert)] += 1 }
    self.counts = counts
    shares = zip(weights, counts).map { $1 > 0 ? Double($0) / Double($1) : 0 }
    loads = [Double](repeating: 0, count: rankCount)
    for rank in 0..<rankCount { settle(rank) }
  }

  var busiest: Double { loads.max() ?? 0 }

  /// Every step lowers the busiest rank or the number of ranks that are as busy, so it ends.
  func refined() -> RankBalance {
    var result = self
    // Even a huge shape gets a few trials.
    var work = max(Self.trialWork, 16 * slots.count)
    let balanced = loads.reduce(0, +) / Double(loads.count) * (1 + Self.negligible)
    while result.busiest > balanced, result.exchangeSlots() || result.giveReplica(&work) {}
    return result
  }

  private func range(of rank: Int) -> Range<Int> { rank * perRank..<(rank + 1) * perRank }

  /// Sorts a rank's slots and adds them up afresh, so that no error of rounding grows.
  private mutating func settle(_ rank: Int) {
    let shares = shares
    slots[range(of: rank)].sort { (shares[Int($0)], $0) < (shares[Int($1)], $1) }
    loads[rank] = slots[range(of: rank)].reduce(0) { $0 + shares[Int($1)] }
  }

  // MARK: Exchanges

  /// Exchanges one slot of the busiest rank so that both ranks end up as low as possible.
  ///
  /// - Complexity: O(ranks log ranks), and O(slots of a rank) for each partner that could be the best.
  private mutating func exchangeSlots() -> Bool {
    guard let hot = loads.firstIndex(of: busiest) else { return false }
    var limit = loads[hot] * (1 - Self.rounding)
    var best: (mine: Int, theirs: Int)?
    for other in loads.indices.sorted(by: { (loads[$0], $0) < (loads[$1], $1) }) {
      // The busier of two has at least their mean, and the next partners have more.
      guard (loads[hot] + loads[other]) / 2 < limit else { break }
      if other != hot { findExchange(hot, other, below: &limit, &best) }
    }
    guard let best else { return false }
    slots.swapAt(best.mine, best.theirs)
    settle(hot)
    settle(best.theirs / perRank)
    return true
  }

  /// Looks for the two slots whose exchange evens two ranks out best: both lists ascend, so each slot's
  /// best partner lies after that of the slot before.
  private func findExchange(
    _ hot: Int, _ other: Int, below limit: inout Double, _ best: inout (mine: Int, theirs: Int)?
  ) {
    let half = (loads[hot] - loads[other]) / 2
    let partners = range(of: other)
    var partner = partners.lowerBound
    for mine in range(of: hot) {
      let share = shares[Int(slots[mine])]
      while partner + 1 < partners.upperBound, shares[Int(slots[partner + 1])] <= share - half {
        partner += 1
      }
      for theirs in partner..<min(partner + 2, partners.upperBound) {
        let change = share - shares[Int(slots[theirs])]
        let load = max(loads[hot] - change, loads[other] + change)
        guard change > 0, load < limit else { continue }
        limit = load
        best = (mine, theirs)
      }
    }
  }

  // MARK: Replicas

  /// Turns a spare replica into one of another expert, where that lowers the busiest rank once slots
  /// have been exchanged.
  ///
  /// The most promising are tried, as far as the work allows: experts of the busiest rank first, those
  /// that a replica relieves most; in place of replicas whose experts then carry least.
  private mutating func giveReplica(_ work: inout Int) -> Bool {
    var limit = busiest * (1 - Self.rounding)
    var best: RankBalance?
    let experts = expertsByRelief()
    let spares = spareSlots(below: limit)
    // A trial and its exchanges touch all slots at least twice.
    let trialsPerExpert = max(1, work / (2 * slots.count * experts.count))
    for expert in experts {
      for slot in spares.prefix(trialsPerExpert) where slots[slot] != expert && work > 0 {
        var trial = self
        trial.give(slot, to: expert)
        work -= slots.count
        while trial.exchangeSlots() { work -= slots.count }
        guard trial.busiest < limit else { continue }
        limit = trial.busiest
        best = trial
      }
    }
    guard let best else { return false }
    self = best
    return true
  }

  private func expertsByRelief() -> [Int32] {
    var isHot = [Bool](repeating: false, count: weights.count)
    if let hot = loads.firstIndex(of: busiest) {
      for expert in slots[range(of: hot)] { isHot[Int(expert)] = true }
    }
    // What each slot of an expert loses with one more.
    let relief = zip(shares, counts).map { $0 / Double($1 + 1) }
    return Set(slots).sorted { first, second in
      let (left, right) = (Int(first), Int(second))
      if isHot[left] != isHot[right] { return isHot[left] }
      return (relief[right], first) < (relief[left], second)
    }
  }

  /// Slots of experts that have others, those first whose experts carry least without; none that would
  /// leave a replica as heavy as the limit.
  private func spareSlots(below limit: Double) -> [Int] {
    let without = zip(weights, counts).map { Double($0) / Double(max(1, $1 - 1)) }
    func share(_ slot: Int) -> Double { without[Int(slots[slot])] }
    return slots.indices.filter { counts[Int(slots[$0])] > 1 && share($0) < limit }.sorted {
      (share($0), loads[$0 / perRank], $0) < (share($1), loads[$1 / perRank], $1)
    }
  }

  private mutating func give(_ slot: Int, to expert: Int32) {
    let old = slots[slot]
    slots[slot] = expert
    counts[Int(old)] -= 1
    counts[Int(expert)] += 1
    for changed in [Int(old), Int(expert)] {
      shares[changed] = Double(weights[changed]) / Double(counts[changed])
    }
    for rank in loads.indices
    where slots[range(of: rank)].contains(where: { $0 == old || $0 == expert }) {
      settle(rank)
    }
  }
}
