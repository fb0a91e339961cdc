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
  /// Gains below this are rounding and could be exchanged back and forth for ever.
  let smallestGain: Double

  init(_ traffic: SymmetricTraffic, regionOf: [Int]) {
    self.regionOf = regionOf
    regionCount = (regionOf.max() ?? 0) + 1
    smallestGain = traffic.total * 1e-12
    attraction = [Double](repeating: 0, count: traffic.size * regionCount)
    add(traffic.weights.span, regionOf.span, regionCount: regionCount, to: &attraction)
  }

  /// Exchanges that gain, until there is none.
  mutating func climb(_ traffic: SymmetricTraffic) {
    let isLocked = [Bool](repeating: false, count: traffic.size)
    for _ in 0..<100 {
      var isBetter = false
      for server in 0..<traffic.size {
        let partner = bestPartner(
          of: server, traffic.weights.span, regionOf.span, attraction.span, isLocked.span,
          regionCount: regionCount)
        guard let partner, partner.gain > smallestGain else { continue }
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
    var favourite = (0..<traffic.size).map {
      favouriteRegion(of: $0, regionOf.span, attraction.span, regionCount: regionCount)
    }
    var chain: [(Int, Int)] = []
    var (gain, bestGain, bestLength) = (0.0, smallestGain, 0)
    // Beyond this many losses in a row a chain hardly ever comes back.
    let patience = 32 + traffic.size / 8
    while chain.count - bestLength < patience {
      let first = mostDrawn(
        regionOf.span, attraction.span, favourite.span, isLocked.span, regionCount: regionCount)
      guard let first else { break }
      isLocked[first] = true
      let partner = bestPartner(
        of: first, traffic.weights.span, regionOf.span, attraction.span, isLocked.span,
        regionCount: regionCount)
      guard let partner else { break }
      isLocked[partner.server] = true
      let regions = (regionOf[first], regionOf[partner.server])
      exchange(first, partner.server, traffic)
      update(
        &favourite, regionOf.span, attraction.span, changed: regions, regionCount: regionCount)
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
///
/// - Parameter favourite: the other region that each server exchanges most with.
private func mostDrawn(
  _ regionOf: Span<Int>, _ attraction: Span<Double>, _ favourite: Span<Int>,
  _ isLocked: Span<Bool>, regionCount: Int
) -> Int? {
  var best: Int?
  var bestGain = -Double.infinity
  for server in 0..<regionOf.count where !isLocked[server] {
    let row = server * regionCount
    let gain = attraction[row + favourite[server]] - attraction[row + regionOf[server]]
    if gain > bestGain {
      bestGain = gain
      best = server
    }
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

/// Brings favourites up to date after bytes with two regions have changed: a row is searched again
/// only where its favourite is one of them or its own region.
private func update(
  _ favourite: inout [Int], _ regionOf: Span<Int>, _ attraction: Span<Double>, changed: (Int, Int),
  regionCount: Int
) {
  var favourites = favourite.mutableSpan
  for server in 0..<regionOf.count {
    let known = favourites[server]
    let home = regionOf[server]
    if known == changed.0 || known == changed.1 || known == home {
      favourites[server] = favouriteRegion(
        of: server, regionOf, attraction, regionCount: regionCount)
      continue
    }
    let row = server * regionCount
    if changed.0 != home, attraction[row + changed.0] > attraction[row + favourites[server]] {
      favourites[server] = changed.0
    }
    if changed.1 != home, attraction[row + changed.1] > attraction[row + favourites[server]] {
      favourites[server] = changed.1
    }
  }
}

/// The free server of another region whose exchange with `server` gains most, a loss included.
private func bestPartner(
  of server: Int, _ weights: Span<Double>, _ regionOf: Span<Int>, _ attraction: Span<Double>,
  _ isLocked: Span<Bool>, regionCount: Int
) -> (server: Int, gain: Double)? {
  let count = regionOf.count
  let home = regionOf[server]
  let mine = server * regionCount
  var best: Int?
  var bestGain = -Double.infinity
  for other in 0..<count {
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
