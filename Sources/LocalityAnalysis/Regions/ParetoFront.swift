/// What candidates are compared by; less is better in each.
public struct CandidateFigures: Sendable, Hashable {
  /// US dollars.
  public var cost: Double
  /// Nanoseconds of all iterations.
  public var time: Double
  /// Nanoseconds of it that are delays which nothing hides.
  public var exposed: Double

  /// - Parameters:
  ///   - cost: USD.
  ///   - time: nanoseconds, `exposed` as well.
  public init(cost: Double, time: Double, exposed: Double) {
    self.cost = cost
    self.time = time
    self.exposed = exposed
  }

  /// True when nothing is worse than in another, and something better.
  public func dominates(_ other: CandidateFigures) -> Bool {
    cost <= other.cost && time <= other.time && exposed <= other.exposed && self != other
  }
}

/// Those that no other beats in every figure, and where the bargain between price and time turns.
public struct ParetoFront: Sendable, Hashable {
  /// Places of the members among the candidates, cheapest first; of equals only the first.
  public private(set) var members: [Int] = []
  /// The place of the candidate beyond which money buys least time: farthest below the chord between the
  /// cheapest and the fastest, both axes from 0 to 1; nil where the front has no bend.
  public private(set) var knee: Int?

  /// - Complexity: O(candidates²).
  public init(_ figures: [CandidateFigures]) {
    members = figures.indices.filter { place in
      !figures.indices.contains { other in
        figures[other].dominates(figures[place])
          || (other < place && figures[other] == figures[place])
      }
    }.sorted {
      (figures[$0].cost, figures[$0].time, $0) < (figures[$1].cost, figures[$1].time, $1)
    }
    knee = Self.knee(of: members, figures)
  }

  /// Gives members the numbers that they have elsewhere.
  mutating func replacePlaces(_ number: (Int) -> Int) {
    members = members.map(number)
    knee = knee.map(number)
  }

  private static func knee(of members: [Int], _ figures: [CandidateFigures]) -> Int? {
    // Exposed delay apart: the bend is that of price against time.
    var plane: [Int] = []
    for member in members
    where plane.last.map({ figures[member].time < figures[$0].time }) ?? true {
      plane.append(member)
    }
    guard plane.count > 2, let first = plane.first, let last = plane.last else { return nil }
    let (cheap, fast) = (figures[first], figures[last])
    let width = fast.cost - cheap.cost
    let height = cheap.time - fast.time
    guard width > 0, height > 0 else { return nil }
    var best: (distance: Double, member: Int)?
    for member in plane {
      // Below the line from (0, 1) to (1, 0).
      let x = (figures[member].cost - cheap.cost) / width
      let y = (figures[member].time - fast.time) / height
      let distance = 1 - x - y
      if distance > (best?.distance ?? 1e-9) { best = (distance, member) }
    }
    return best?.member
  }
}
