/// What a search for slots makes small.
public enum PlacementObjective {
  /// Assignments through the busiest server port, the larger of what a server sends and receives:
  /// what decides the time of an all-to-all on a fabric that does not block.
  case busiestPort
  /// Assignments whose sender and expert are in different regions, by the region of each server; a
  /// region per server counts what crosses the network.
  case across(regionOf: [Int])
  /// Whatever a closure makes of one layer's slots, a replayed time for one; infinite for slots that
  /// cannot be judged.
  case score(([Int32]) -> Double)
}

/// How good some slots are: less is better, the second number where the first is equal.
struct PlacementScore: Comparable {
  var first: Double
  var second = 0.0

  static func < (left: PlacementScore, right: PlacementScore) -> Bool {
    (left.first, left.second) < (right.first, right.second)
  }
}

/// Follows a search through its changes.
protocol PlacementScorer {
  var score: PlacementScore { get }
  /// Follows one change, after it.
  mutating func place(_ slots: [Int32], changed change: SlotChange)
}

/// Two slots that exchanged their experts, or one whose expert gave way to another.
struct SlotChange {
  let slot: Int
  /// The same where one slot was given to another expert.
  let other: Int
  private let first: Int32
  private let second: Int32

  /// - Parameter slots: before the change or after it.
  init(exchanging slot: Int, _ other: Int, of slots: [Int32]) {
    self.slot = slot
    self.other = other
    first = slots[slot]
    second = slots[other]
  }

  init(giving slot: Int, from old: Int32, to new: Int32) {
    self.slot = slot
    other = slot
    first = old
    second = new
  }

  /// The experts whose slots changed.
  var experts: [Int32] { first == second ? [first] : [first, second] }
}

/// Scores by closure, when asked.
struct ClosureScorer: PlacementScorer {
  private let closure: ([Int32]) -> Double
  private var slots: [Int32]

  init(_ slots: [Int32], _ closure: @escaping ([Int32]) -> Double) {
    self.closure = closure
    self.slots = slots
  }

  var score: PlacementScore { PlacementScore(first: closure(slots)) }

  mutating func place(_ slots: [Int32], changed change: SlotChange) { self.slots = slots }
}
