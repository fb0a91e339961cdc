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
  /// The slots have changed where they hold either expert.
  mutating func place(_ slots: [Int32], changed first: Int32, _ second: Int32)
}

/// Scores by closure; remembers nothing.
struct ClosureScorer: PlacementScorer {
  let closure: ([Int32]) -> Double
  private(set) var score: PlacementScore

  init(_ slots: [Int32], _ closure: @escaping ([Int32]) -> Double) {
    self.closure = closure
    score = PlacementScore(first: closure(slots))
  }

  mutating func place(_ slots: [Int32], changed first: Int32, _ second: Int32) {
    score = PlacementScore(first: closure(slots))
  }
}
