internal import TraceModel

/// A few iterations that stand for all: the medoids of the iterations' traffic, each with how many it
/// stands for.
///
/// Partitioning around medoids (Kaufman and Rousseeuw, 1987): built greedily, then improved by exchanges;
/// distance is the sum of absolute differences. Ties go to the lowest iteration.
public struct RepresentativeIterations: Sendable, Hashable {
  /// Places of the medoids among the iterations, ascending.
  public private(set) var places: [Int] = []
  /// Iterations that each medoid stands for, itself included.
  public private(set) var weights: [Int] = []
  /// Of every iteration, the number of its medoid in `places`.
  public private(set) var standIn: [Int] = []

  /// - Parameters:
  ///   - features: of each iteration, numbers such as the bytes that every server sends and receives,
  ///     all in one unit.
  ///   - count: medoids wanted, 1 or more.
  /// - Complexity: O(rounds · count · iterations²), and O(iterations² · numbers) before.
  public init(_ features: [[Double]], count: Int) {
    let size = features.count
    guard size > 0 else { return }
    let distance = Self.distances(features)
    var chosen: [Int] = []
    var nearest = [Double](repeating: .infinity, count: size)
    for _ in 0..<max(1, min(count, size)) {
      var best = (total: Double.infinity, place: 0)
      for place in 0..<size where !chosen.contains(place) {
        var total = 0.0
        for other in 0..<size { total += min(nearest[other], distance[other * size + place]) }
        if total < best.total { best = (total, place) }
      }
      chosen.append(best.place)
      for other in 0..<size {
        nearest[other] = min(nearest[other], distance[other * size + best.place])
      }
    }
    Self.exchange(&chosen, distance, size: size)
    places = chosen.sorted()
    let found = places
    standIn = (0..<size).map { iteration in
      found.indices.min {
        (distance[iteration * size + found[$0]], $0) < (distance[iteration * size + found[$1]], $1)
      } ?? 0
    }
    // A medoid stands for itself also where another iteration is its equal.
    for (number, place) in places.enumerated() { standIn[place] = number }
    weights = places.indices.map { number in standIn.count { $0 == number } }
  }

  private static func distances(_ features: [[Double]]) -> [Double] {
    let size = features.count
    var distance = [Double](repeating: 0, count: size * size)
    for left in 0..<size {
      for right in 0..<left {
        var sum = 0.0
        for (first, second) in zip(features[left], features[right]) { sum += abs(first - second) }
        distance[left * size + right] = sum
        distance[right * size + left] = sum
      }
    }
    return distance
  }

  /// Exchanges a medoid for another iteration as long as this brings all nearer to theirs.
  private static func exchange(_ chosen: inout [Int], _ distance: [Double], size: Int) {
    func total(_ medoids: [Int]) -> Double {
      (0..<size).reduce(0) { sum, other in
        sum + (medoids.lazy.map { distance[other * size + $0] }.min() ?? 0)
      }
    }
    var least = total(chosen)
    // Each exchange lowers the sum; few rounds are ever needed.
    for _ in 0..<16 {
      var best: (total: Double, slot: Int, place: Int)?
      for slot in chosen.indices {
        for place in 0..<size where !chosen.contains(place) {
          var other = chosen
          other[slot] = place
          let sum = total(other)
          if sum < (best?.total ?? least) * (1 - 1e-12) { best = (sum, slot, place) }
        }
      }
      guard let best else { return }
      chosen[best.slot] = best.place
      least = best.total
    }
  }

  /// True when every iteration stands for itself alone.
  public var isAll: Bool { places.count == standIn.count }

  /// What all iterations take, each as long as its medoid.
  public func expand(_ times: CandidateTimes) -> [IterationTime] {
    var all = standIn.map { times.iterations[$0] }
    if !all.isEmpty {
      all[0].nanoseconds += times.onceNanoseconds
      all[0].exposedNanoseconds += times.onceNanoseconds
    }
    return all
  }
}
