public import TraceModel

/// Looks for better slots of one layer by exchanging slots or ranks and by giving a replica's slot to
/// another expert; never ends worse than it starts.
public struct PlacementSearch {
  public let loads: ExpertLoads.LayerLoads
  public let expertCount: Int
  public let layout: Layout
  /// Slots that are scored at most by `improved`.
  public let evaluationLimit: Int

  public init(
    _ loads: ExpertLoads.LayerLoads, expertCount: Int, layout: Layout,
    evaluationLimit: Int = 20_000
  ) {
    self.loads = loads
    self.expertCount = expertCount
    self.layout = layout
    self.evaluationLimit = evaluationLimit
  }

  /// What a search found.
  public struct Result: Sendable, Hashable {
    public var slots: [Int32]
    /// The objective at the start and at the end.
    public var start: Double
    public var end: Double
    public var evaluations: Int
    /// True when no single change helps any more, false when the limit came first.
    public var isLocalOptimum: Bool
  }

  /// The first change that helps is made, over and over through all changes in order of their
  /// slots.
  ///
  /// - Parameter start: one expert per slot, each expert at least once, as many for each
  ///   expert-parallel rank.
  /// - Complexity: O(sources × replicas + slots of a rank) for each evaluation of traffic.
  public func improved(_ start: [Int32], for objective: PlacementObjective) -> Result {
    result(of: start, for: objective, triesEveryOrder: false)
  }

  /// The best of all orders of the experts in the slots; of equals the first, and `start` comes first.
  ///
  /// - Parameter start: few slots, one expert in each.
  /// - Complexity: O(slots! × sources).
  public func bestOfEveryOrder(_ start: [Int32], for objective: PlacementObjective) -> Result {
    result(of: start, for: objective, triesEveryOrder: true)
  }

  private func result(
    of start: [Int32], for objective: PlacementObjective, triesEveryOrder: Bool
  ) -> Result {
    func search(_ scorer: some PlacementScorer) -> Result {
      var scorer = scorer
      return triesEveryOrder ? Self.everyOrder(of: start, &scorer) : climb(start, &scorer)
    }
    switch objective {
    case .busiestPort:
      return search(
        PortTraffic(loads, slots: start, expertCount: expertCount, layout: layout))
    case .across(let regionOf):
      return search(
        PortTraffic(
          loads, slots: start, expertCount: expertCount, layout: layout, regionOf: regionOf))
    case .score(let closure): return search(ClosureScorer(start, closure))
    }
  }

  /// The value that `improved` makes small, without a search; not for closures alone.
  public func value(of slots: [Int32], for objective: PlacementObjective) -> Double {
    switch objective {
    case .busiestPort:
      Double(
        PortTraffic(loads, slots: slots, expertCount: expertCount, layout: layout).busiestPort)
    case .across(let regionOf):
      Double(
        PortTraffic(
          loads, slots: slots, expertCount: expertCount, layout: layout, regionOf: regionOf
        ).across)
    case .score(let closure): closure(slots)
    }
  }

  /// Heap's algorithm: each order differs from the one before by one exchange.
  private static func everyOrder(
    of start: [Int32], _ scorer: inout some PlacementScorer
  ) -> Result {
    let first = scorer.score
    var slots = start
    var best = (score: first, slots: start)
    var evaluations = 1
    var turns = [Int](repeating: 0, count: start.count)
    var place = 1
    while place < start.count {
      guard turns[place] < place else {
        turns[place] = 0
        place += 1
        continue
      }
      let other = place % 2 == 0 ? 0 : turns[place]
      slots.swapAt(other, place)
      scorer.place(slots, changed: SlotChange(exchanging: other, place, of: slots))
      let score = scorer.score
      evaluations += 1
      if score < best.score { best = (score, slots) }
      turns[place] += 1
      place = 1
    }
    return Result(
      slots: best.slots, start: first.first, end: best.score.first, evaluations: evaluations,
      isLocalOptimum: true)
  }

  private func climb(_ start: [Int32], _ scorer: inout some PlacementScorer) -> Result {
    var state = ClimbState(
      slots: start, expertCount: expertCount, rankCount: layout.parallelism.expert,
      best: scorer.score, evaluationLimit: evaluationLimit)
    let first = scorer.score.first
    var hasImproved = true
    while hasImproved, !state.isExhausted {
      let before = state.best
      for slot in start.indices where !state.isExhausted { state.tryChanges(of: slot, &scorer) }
      hasImproved = state.best < before
    }
    return Result(
      slots: state.slots, start: first, end: state.best.first, evaluations: state.evaluations,
      isLocalOptimum: !hasImproved)
  }
}

/// Slots under way, and the best score so far: theirs.
private struct ClimbState {
  var slots: [Int32]
  var counts: [Int]
  var best: PlacementScore
  var evaluations = 0
  private let slotsPerRank: Int
  private let evaluationLimit: Int

  init(
    slots: [Int32], expertCount: Int, rankCount: Int, best: PlacementScore, evaluationLimit: Int
  ) {
    self.slots = slots
    self.best = best
    self.evaluationLimit = evaluationLimit
    slotsPerRank = max(1, slots.count / rankCount)
    counts = [Int](repeating: 0, count: expertCount)
    for expert in slots { counts[Int(expert)] += 1 }
  }

  var isExhausted: Bool { evaluations >= evaluationLimit }

  /// Tries what one slot can do: exchanges with later ones on other ranks, other experts in its place,
  /// and for the first of a rank exchanges of all slots.
  mutating func tryChanges(of slot: Int, _ scorer: inout some PlacementScorer) {
    for other in (slot / slotsPerRank + 1) * slotsPerRank..<slots.count {
      if isExhausted { return }
      trySwap(slot, other, &scorer)
    }
    if slots.count > counts.count {
      for expert in 0..<Int32(counts.count) where !isExhausted {
        tryGiving(slot, to: expert, &scorer)
      }
    }
    // Company is kept when whole ranks change places.
    if slot % slotsPerRank == 0, slotsPerRank > 1 {
      for other in stride(from: slot + slotsPerRank, to: slots.count, by: slotsPerRank)
      where !isExhausted {
        trySwapRanks(slot, other, &scorer)
      }
    }
  }

  private mutating func trySwap(_ slot: Int, _ other: Int, _ scorer: inout some PlacementScorer) {
    guard slots[slot] != slots[other] else { return }
    exchange(slot, other, &scorer)
    if !accepts(scorer.score) { exchange(slot, other, &scorer) }
  }

  /// Exchanges all slots of two ranks, which begin at `slot` and `other`.
  private mutating func trySwapRanks(
    _ slot: Int, _ other: Int, _ scorer: inout some PlacementScorer
  ) {
    for place in 0..<slotsPerRank { exchange(slot + place, other + place, &scorer) }
    if accepts(scorer.score) { return }
    for place in 0..<slotsPerRank { exchange(slot + place, other + place, &scorer) }
  }

  private mutating func exchange(
    _ slot: Int, _ other: Int, _ scorer: inout some PlacementScorer
  ) {
    slots.swapAt(slot, other)
    scorer.place(slots, changed: SlotChange(exchanging: slot, other, of: slots))
  }

  /// Gives the slot of an expert that has another one to `expert`.
  private mutating func tryGiving(
    _ slot: Int, to expert: Int32, _ scorer: inout some PlacementScorer
  ) {
    let old = slots[slot]
    guard old != expert, counts[Int(old)] > 1 else { return }
    let change = SlotChange(giving: slot, from: old, to: expert)
    slots[slot] = expert
    scorer.place(slots, changed: change)
    if accepts(scorer.score) {
      counts[Int(old)] -= 1
      counts[Int(expert)] += 1
      return
    }
    slots[slot] = old
    scorer.place(slots, changed: change)
  }

  private mutating func accepts(_ score: PlacementScore) -> Bool {
    evaluations += 1
    guard score < best else { return false }
    best = score
    return true
  }
}
