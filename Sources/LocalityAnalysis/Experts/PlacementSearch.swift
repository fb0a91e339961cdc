public import TraceModel

/// Looks for better slots of one layer by exchanging slots or ranks and by giving a replica's slot to
/// another expert; never ends worse than it starts.
public struct PlacementSearch {
  public let loads: ExpertLoads.LayerLoads
  public let expertCount: Int
  public let layout: Layout
  /// Slots that are scored at most.
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
  /// - Complexity: O(sources + slots) for each evaluation of traffic.
  public func improved(_ start: [Int32], for objective: PlacementObjective) -> Result {
    switch objective {
    case .busiestPort:
      var scorer = PortTraffic(loads, slots: start, expertCount: expertCount, layout: layout)
      return climb(start, &scorer)
    case .across(let regionOf):
      var scorer = PortTraffic(
        loads, slots: start, expertCount: expertCount, layout: layout, regionOf: regionOf)
      return climb(start, &scorer)
    case .score(let closure):
      var scorer = ClosureScorer(start, closure)
      return climb(start, &scorer)
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

  private func climb(_ start: [Int32], _ scorer: inout some PlacementScorer) -> Result {
    var state = ClimbState(slots: start, expertCount: expertCount, best: scorer.score)
    let perRank = max(1, start.count / layout.parallelism.expert)
    let first = scorer.score.first
    var hasImproved = true
    while hasImproved, state.evaluations < evaluationLimit {
      let before = state.best
      for slot in start.indices {
        for other in (slot + 1)..<max(slot + 1, start.count)
        where other / perRank != slot / perRank {
          if state.evaluations < evaluationLimit { state.trySwap(slot, other, &scorer) }
        }
        for expert in 0..<Int32(start.count > expertCount ? expertCount : 0) {
          if state.evaluations < evaluationLimit { state.tryGiving(slot, to: expert, &scorer) }
        }
        // Company is kept when whole ranks change places.
        if slot % perRank == 0, perRank > 1 {
          for other in stride(from: slot + perRank, to: start.count, by: perRank)
          where state.evaluations < evaluationLimit {
            state.trySwapRanks(slot, other, slotsPerRank: perRank, &scorer)
          }
        }
      }
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

  init(slots: [Int32], expertCount: Int, best: PlacementScore) {
    self.slots = slots
    self.best = best
    counts = [Int](repeating: 0, count: expertCount)
    for expert in slots { counts[Int(expert)] += 1 }
  }

  mutating func trySwap(_ slot: Int, _ other: Int, _ scorer: inout some PlacementScorer) {
    let (mine, theirs) = (slots[slot], slots[other])
    guard mine != theirs else { return }
    slots.swapAt(slot, other)
    scorer.place(slots, changed: mine, theirs)
    if accepts(scorer.score) { return }
    slots.swapAt(slot, other)
    scorer.place(slots, changed: mine, theirs)
  }

  /// Exchanges all slots of two ranks, which begin at `slot` and `other`.
  mutating func trySwapRanks(
    _ slot: Int, _ other: Int, slotsPerRank: Int, _ scorer: inout some PlacementScorer
  ) {
    func exchange() {
      for place in 0..<slotsPerRank {
        slots.swapAt(slot + place, other + place)
        scorer.place(slots, changed: slots[slot + place], slots[other + place])
      }
    }
    exchange()
    if accepts(scorer.score) { return }
    exchange()
  }

  /// Gives the slot of an expert that has another one to `expert`.
  mutating func tryGiving(
    _ slot: Int, to expert: Int32, _ scorer: inout some PlacementScorer
  ) {
    let old = slots[slot]
    guard old != expert, counts[Int(old)] > 1 else { return }
    slots[slot] = expert
    scorer.place(slots, changed: old, expert)
    if accepts(scorer.score) {
      counts[Int(old)] -= 1
      counts[Int(expert)] += 1
      return
    }
    slots[slot] = old
    scorer.place(slots, changed: old, expert)
  }

  private mutating func accepts(_ score: PlacementScore) -> Bool {
    evaluations += 1
    guard score < best else { return false }
    best = score
    return true
  }
}
