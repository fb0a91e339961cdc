/// Exchanges servers between regions until neither a single exchange nor a chain of them keeps more
/// bytes inside.
///
/// Rounds of two steps. First every server in turn takes its best partner as long as that gains.
/// Then a chain in which every exchange is the best one left, may lose, and locks both servers
/// (Kernighan and Lin 1970; one server is chosen by its gain alone as by Fiduccia and Mattheyses
/// 1982); of the chain the prefix that gains most is kept and the rest is taken back.
///
/// Sizes stay as they are; the result is never worse than the start. O(n²) per round, O(n) per link
/// of a chain where the servers' favourite regions are spread.
package func refinedPartition(_ traffic: SymmetricTraffic, from start: [Int]) -> [Int] {
  guard start.contains(where: { $0 != start[0] }) else { return start }
  var state = ExchangeState(traffic, regionOf: start)
  for _ in 0..<50 {
    state.climb(traffic)
    if !state.takeBestPrefixOfChain(traffic) { break }
  }
  return state.regionOf
}

/// A partition and the bytes between each server and each region.
private struct ExchangeState {
  var regionOf: [Int]
  let regionCount: Int
  /// Row per server, column per region.
  var attraction: [Double]
  var draws: Draws
  /// Gains below this are rounding and could be exchanged back and forth for ever.
  let smallestGain: Double

  init(_ traffic: SymmetricTraffic, regionOf: [Int]) {
    let count = (regionOf.max() ?? 0) + 1
    var sums = [Double](repeating: 0, count: traffic.size * count)
    add(traffic.weights.span, regionOf.span, regionCount: count, to: &sums)
    draws = Draws(regionOf.span, sums.span, regionCount: count)
    self.regionOf = regionOf
    regionCount = count
    attraction = sums
    smallestGain = traffic.total * 1e-12
  }

  /// Exchanges that gain, until there is none.
  mutating func climb(_ traffic: SymmetricTraffic) {
    let isLocked = [Bool](repeating: false, count: traffic.size)
    for _ in 0..<100 {
      var isBetter = false
      for server in 0..<traffic.size
      where draws.of[server].gain + draws.largestGain > smallestGain {
        let partner = bestPartner(
          of: server, above: smallestGain, traffic.weights.span, regionOf.span, attraction.span,
          draws.of.span, isLocked.span, regionCount: regionCount)
        guard let partner else { continue }
        exchange(server, partner.server, traffic)
        isBetter = true
      }
      if !isBetter { break }
    }
  }

  /// Follows a chain of exchanges, losses included, and keeps the prefix that gains most.
  ///
  /// - Returns: whether any was worth keeping.
  mutating func takeBestPrefixOfChain(_ traffic: SymmetricTraffic) -> Bool {
    var isLocked = [Bool](repeating: false, count: traffic.size)
    var chain: [(Int, Int)] = []
    var (gain, bestGain, bestLength) = (0.0, smallestGain, 0)
    // Beyond this many losses in a row a chain hardly ever comes back.
    let patience = 32 + traffic.size / 8
    while chain.count - bestLength < patience {
      guard let first = mostDrawn(draws.of.span, isLocked.span) else { break }
      isLocked[first] = true
      let partner = bestPartner(
        of: first, above: -.infinity, traffic.weights.span, regionOf.span, attraction.span,
        draws.of.span, isLocked.span, regionCount: regionCount)
      guard let partner else { break }
      isLocked[partner.server] = true
      exchange(first, partner.server, traffic)
      chain.append((first, partner.server))
      gain += partner.gain
      if gain > bestGain {
        bestGain = gain
        bestLength = chain.count
      }
    }
    for (first, second) in chain[bestLength...].reversed() { exchange(first, second, traffic) }
    return bestLength > 0
  }

  private mutating func exchange(_ server: Int, _ partner: Int, _ traffic: SymmetricTraffic) {
    let (home, away) = (regionOf[server], regionOf[partner])
    move(
      server, partner, traffic.weights.span, home: home, away: away, regionCount: regionCount,
      in: &attraction)
    regionOf[server] = away
    regionOf[partner] = home
    let (regions, sums) = (regionOf, attraction)
    draws.update(regions.span, sums.span, changed: (home, away), regionCount: regionCount)
  }
}

/// Where a server would rather be.
private struct Draw {
  /// The other region that it exchanges most with; ties go to the lowest.
  var favourite: Int
  /// What it alone would gain there.
  var gain: Double
}

/// The draws of all servers: no exchange gains more than both of its servers would, so that most need
/// not be looked at.
private struct Draws {
  private(set) var of: [Draw] = []
  private(set) var largestGain = -Double.infinity

  init(_ regionOf: Span<Int>, _ attraction: Span<Double>, regionCount: Int) {
    of.reserveCapacity(regionOf.count)
    for server in 0..<regionOf.count {
      let favourite = favouriteRegion(
        of: server, regionOf, attraction, regionCount: regionCount)
      let row = server * regionCount
      let gain = attraction[row + favourite] - attraction[row + regionOf[server]]
      of.append(Draw(favourite: favourite, gain: gain))
      largestGain = max(largestGain, gain)
    }
  }

  /// After bytes with two regions have changed: a row is searched again only where its favourite is one of
  /// them or its own region.
  mutating func update(
    _ regionOf: Span<Int>, _ attraction: Span<Double>, changed: (Int, Int), regionCount: Int
  ) {
    var largest = -Double.infinity
    var draws = of.mutableSpan
    for server in 0..<regionOf.count {
      var known = draws[server].favourite
      let (home, row) = (regionOf[server], server * regionCount)
      if known == changed.0 || known == changed.1 || known == home {
        known = favouriteRegion(of: server, regionOf, attraction, regionCount: regionCount)
      } else {
        if changed.0 != home, attraction[row + changed.0] > attraction[row + known] {
          known = changed.0
        }
        if changed.1 != home, attraction[row + changed.1] > attraction[row + known] {
          known = changed.1
        }
      }
      let gain = attraction[row + known] - attraction[row + home]
      draws[server] = Draw(favourite: known, gain: gain)
      largest = max(largest, gain)
    }
    largestGain = largest
  }
}

private func add(
  _ weights: Span<Double>, _ regionOf: Span<Int>, regionCount: Int, to attraction: inout [Double]
) {
  let count = regionOf.count
  var sums = attraction.mutableSpan
  for server in 0..<count {
    for other in 0..<count {
      sums[server * regionCount + regionOf[other]] += weights[server * count + other]
    }
  }
}

/// What every server exchanges with two regions once one server of each has changed places.
private func move(
  _ server: Int, _ partner: Int, _ weights: Span<Double>, home: Int, away: Int, regionCount: Int,
  in attraction: inout [Double]
) {
  var sums = attraction.mutableSpan
  let count = sums.count / regionCount
  for other in 0..<count {
    // A symmetric matrix: rows are read in order.
    let change = weights[partner * count + other] - weights[server * count + other]
    sums[other * regionCount + home] += change
    sums[other * regionCount + away] -= change
  }
}

/// The free server that gains most by leaving for another region; ties go to the lowest.
private func mostDrawn(_ draws: Span<Draw>, _ isLocked: Span<Bool>) -> Int? {
  var best: Int?
  var bestGain = -Double.infinity
  for server in 0..<draws.count where draws[server].gain > bestGain && !isLocked[server] {
    bestGain = draws[server].gain
    best = server
  }
  return best
}

/// The region other than its own that a server exchanges most with; ties go to the lowest.
private func favouriteRegion(
  of server: Int, _ regionOf: Span<Int>, _ attraction: Span<Double>, regionCount: Int
) -> Int {
  let row = server * regionCount
  var best = regionOf[server] == 0 ? 1 : 0
  for region in best + 1..<max(best + 1, regionCount)
  where region != regionOf[server] && attraction[row + region] > attraction[row + best] {
    best = region
  }
  return best
}

/// The free server of another region whose exchange with `server` gains most, if that is more than
/// `least`; ties go to the lowest.
private func bestPartner(
  of server: Int, above least: Double, _ weights: Span<Double>, _ regionOf: Span<Int>,
  _ attraction: Span<Double>, _ draws: Span<Draw>, _ isLocked: Span<Bool>, regionCount: Int
) -> (server: Int, gain: Double)? {
  let count = regionOf.count
  let home = regionOf[server]
  let mine = server * regionCount
  let own = draws[server].gain
  var best: Int?
  var bestGain = least
  for other in 0..<count {
    // Bytes between both would be lost as well.
    guard own + draws[other].gain > bestGain else { continue }
    let away = regionOf[other]
    if away == home || isLocked[other] { continue }
    let theirs = other * regionCount
    let gain =
      attraction[mine + away] - attraction[mine + home] + attraction[theirs + home]
      - attraction[theirs + away] - 2 * weights[server * count + other]
    if gain > bestGain {
      bestGain = gain
      best = other
    }
  }
  return best.map { ($0, bestGain) }
}
