/// What the answers depend on, for times that may differ: of a race, or of a resample.
package struct Contest {
  /// How long each candidate takes, and how much of it is delay that nothing hides, in nanoseconds.
  struct Times {
    var total: [Double]
    var exposed: [Double]

    init(_ scores: [CandidateScore]) {
      total = scores.map(\.nanoseconds)
      exposed = scores.map(\.exposedNanoseconds)
    }

    /// - Parameter weights: how often each iteration counts.
    init(_ scores: [CandidateScore], weights: [Int64]) {
      func sum(_ score: CandidateScore, _ part: KeyPath<IterationTime, Double>) -> Double {
        zip(score.iterations, weights).reduce(0) { $0 + $1.0[keyPath: part] * Double($1.1) }
      }
      total = scores.map { sum($0, \.nanoseconds) }
      exposed = scores.map { sum($0, \.exposedNanoseconds) }
    }
  }

  private let sizes: [Int]
  private let costs: [Double?]
  private let usedPortCosts: [Double?]
  private let tolerance: Double
  /// Exposed delays up to this count as none, in nanoseconds.
  private let negligible: Double

  package init(_ scores: [CandidateScore], tolerance: Double, negligible: Double) {
    sizes = scores.map(\.candidate.plan.size)
    costs = scores.map(\.quote.costUSD)
    usedPortCosts = scores.map(\.quote.usedPortsUSD)
    self.tolerance = tolerance
    self.negligible = negligible
  }

  /// The winner of each question; ties go to the faster, then to the smaller region, then to the first.
  ///
  /// - Complexity: O(candidates²), of the front.
  func winners(_ times: Times) -> [CandidateChoice.Question: Int] {
    var winners: [CandidateChoice.Question: Int] = [:]
    let time = times.total
    let all = Array(time.indices)
    guard let fastest = least(all, time, { time[$0] }) else { return [:] }
    winners[.fastest] = fastest
    let within = all.filter { time[$0] <= time[fastest] * (1 + tolerance) }
    winners[.smallest] = least(within, time) { Double(sizes[$0]) }
    winners[.cheapest] = cheapest(of: within, costs, time)
    let valued = all.filter { (costs[$0] ?? 0) > 0 && time[$0] > 0 }
    winners[.mostPerDollar] = least(valued, time) { time[$0] * (costs[$0] ?? .infinity) }
    winners[.knee] = front(times).knee
    return winners
  }

  func cheapestByUsedPorts(_ times: Times) -> Int? {
    let time = times.total
    guard let best = time.min() else { return nil }
    return cheapest(
      of: time.indices.filter { time[$0] <= best * (1 + tolerance) }, usedPortCosts, time)
  }

  /// The front of those with prices.
  func front(_ times: Times) -> ParetoFront {
    let priced = costs.indices.filter { costs[$0] != nil }
    var front = ParetoFront(
      priced.map {
        let exposed = times.exposed[$0]
        return CandidateFigures(
          cost: costs[$0] ?? .infinity, time: times.total[$0],
          exposed: exposed <= negligible ? 0 : exposed)
      })
    front.replacePlaces { priced[$0] }
    return front
  }

  private func cheapest(of places: [Int], _ costs: [Double?], _ time: [Double]) -> Int? {
    least(places.filter { costs[$0] != nil }, time) { costs[$0] ?? .infinity }
  }

  private func least(_ places: [Int], _ time: [Double], _ value: (Int) -> Double) -> Int? {
    places.min {
      (value($0), time[$0], sizes[$0], $0) < (value($1), time[$1], sizes[$1], $1)
    }
  }
}
