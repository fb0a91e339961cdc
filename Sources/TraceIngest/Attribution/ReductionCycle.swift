/// The reductions of one ring, placed by the exchanges that start before them.
///
/// How many exchanges start from one reduction to that of the same layer in the next iteration is the
/// same in every iteration, whatever lasts how long, and whatever else the ring carries: reductions of
/// other layers, several of one layer, parameters that are gathered again.
struct ReductionCycle {
  /// Reductions between which no exchange starts count as one.
  private struct Reduction {
    /// Exchanges that start before it, and from it to the next reduction.
    var place: Int
    var followers: Int
    var end: Int64
    /// Nanoseconds from its end to the next reduction.
    var pause: Int64
  }

  private var reductions: [Reduction] = []

  /// An iteration's exchanges are at least those of the forward pass of one layer and of the backward
  /// pass before its reduction.
  private static let leastExchanges = 3.0
  /// Reductions that are compared, each with each; an iteration of more than half as many is not found.
  private static let mostCompared = 4_096
  /// Exchanges by which an iteration may be longer or shorter than another: one starts just before or
  /// just after a reduction.
  private static let tolerance = 0.25
  /// What is closer than this part of an iteration to its last reduction is not the last of another.
  private static let reach = 2.0 / 3

  /// - Parameters:
  ///   - bursts: of the ring, in order of time.
  ///   - exchanges: starts of the all-to-alls on the same NICs, ascending.
  init(_ bursts: [Burst], among exchanges: [Int64]) {
    for burst in bursts {
      let place = countBefore(burst.start, in: exchanges)
      if let last = reductions.last, last.place == place {
        reductions[reductions.count - 1].end = max(last.end, burst.end)
      } else {
        if let last = reductions.indices.last {
          reductions[last].followers = place - reductions[last].place
          reductions[last].pause = pause(from: reductions[last].end, to: burst.start)
        }
        reductions.append(
          Reduction(
            place: place, followers: exchanges.count - place, end: burst.end, pause: 0))
      }
    }
  }

  /// The ends of the reductions after which an iteration's forward pass begins: more exchanges follow
  /// than after any other within an iteration.
  ///
  /// O(reductions²), of at most 4,096.
  var iterationEnds: [Int64] {
    guard let last = reductions.indices.last else { return [] }
    guard last > 0 else { return [reductions[last].end] }
    let length = exchangesPerIteration
    // No forward pass lies between any two: all are of one iteration.
    guard length >= Self.leastExchanges else { return [reductions[last].end] }
    // What follows the last one may be cut: it is what followed the one an iteration before it.
    func distance(_ index: Int) -> Double {
      abs(Double(reductions[last].place - reductions[index].place) - length)
    }
    let before = (0..<last).min { distance($0) < distance($1) } ?? 0
    var whole = reductions
    whole[last].followers = reductions[before].followers
    whole[last].pause = reductions[before].pause
    return whole.indices.filter { Self.isLast(whole[$0], of: whole, at: $0, length: length) }
      .map { whole[$0].end }
  }

  private static func isLast(
    _ own: Reduction, of all: [Reduction], at index: Int, length: Double
  ) -> Bool {
    func isNear(_ other: Reduction) -> Bool {
      Double(abs(own.place - other.place)) <= length * reach
    }
    let near =
      [all[..<index].reversed().prefix(while: isNear), all[(index + 1)...].prefix(while: isNear)]
      .joined()
    return near.allSatisfy {
      ($0.followers, $0.pause) <= (own.followers, own.pause)
    }
  }

  /// The mean number of exchanges from one reduction to the next of its kind: of all numbers of
  /// reductions that an iteration may have, the smallest with which iterations are about as equally
  /// long as with any.
  private var exchangesPerIteration: Double {
    let places = reductions.prefix(Self.mostCompared).map { Double($0.place) }
    let cycles = (1...(places.count + 1) / 2).map { count in
      let lengths = zip(places.dropFirst(count), places).map { $0 - $1 }
      let mean = lengths.reduce(0, +) / Double(lengths.count)
      return (mean: mean, spread: lengths.reduce(0) { $0 + abs($1 - mean) } / Double(lengths.count))
    }
    let least = cycles.reduce(.infinity) { min($0, $1.spread) }
    return cycles.first { $0.spread <= least + Self.tolerance }?.mean ?? 0
  }
}
