/// Grows regions one after the other: the heaviest free server starts, then whichever free server
/// exchanges most with the region joins.
///
/// Ties go to the lowest index. O(n²).
func grownPartition(_ traffic: SymmetricTraffic, size: Int) -> [Int] {
  let count = traffic.size
  let weights = traffic.weights.span
  var regionOf = [Int](repeating: -1, count: count)
  var freeWeight = (0..<count).map { row in
    traffic.weights[row * count..<(row + 1) * count].reduce(0, +)
  }
  for (region, members) in regionSizes(serverCount: count, size: size).enumerated() {
    var attraction = freeWeight
    for place in 0..<members {
      guard let server = heaviest(attraction, free: regionOf) else { break }
      regionOf[server] = region
      if place == 0 { attraction = [Double](repeating: 0, count: count) }
      for other in 0..<count {
        let weight = weights[server * count + other]
        attraction[other] += weight
        freeWeight[other] -= weight
      }
    }
  }
  return regionOf
}

private func heaviest(_ attraction: [Double], free regionOf: [Int]) -> Int? {
  var best: Int?
  for server in attraction.indices where regionOf[server] < 0 {
    if let known = best, attraction[known] >= attraction[server] { continue }
    best = server
  }
  return best
}

/// Exchanges servers between regions, the best partner for each in turn, until no exchange keeps
/// more bytes inside (Kernighan and Lin's gain, without their tentative losses).
///
/// Sizes stay as they are; the result is never worse than the start. O(n²) per round.
func refinedPartition(_ traffic: SymmetricTraffic, from start: [Int]) -> [Int] {
  let count = traffic.size
  let regionCount = (start.max() ?? 0) + 1
  var regionOf = start
  var attraction = attractions(traffic, regionOf: start, regionCount: regionCount)
  // Gains below this are rounding and could be exchanged back and forth for ever.
  let smallestGain = traffic.total * 1e-12
  for _ in 0..<100 {
    var improved = false
    for server in 0..<count {
      guard
        let partner = bestPartner(
          of: server, traffic.weights.span, regionOf.span, attraction.span,
          regionCount: regionCount, above: smallestGain)
      else { continue }
      exchange(
        server, partner, traffic.weights.span, regionCount: regionCount,
        &regionOf, &attraction)
      improved = true
    }
    if !improved { break }
  }
  return regionOf
}

/// Bytes between each server and each region, row per server.
private func attractions(
  _ traffic: SymmetricTraffic, regionOf: [Int], regionCount: Int
) -> [Double] {
  var result = [Double](repeating: 0, count: traffic.size * regionCount)
  let weights = traffic.weights.span
  let regions = regionOf.span
  var sums = result.mutableSpan
  for server in 0..<traffic.size {
    for other in 0..<traffic.size {
      sums[server * regionCount + regions[other]] += weights[server * traffic.size + other]
    }
  }
  return result
}

private func bestPartner(
  of server: Int, _ weights: Span<Double>, _ regionOf: Span<Int>, _ attraction: Span<Double>,
  regionCount: Int, above smallestGain: Double
) -> Int? {
  let count = regionOf.count
  let home = regionOf[server]
  let mine = server * regionCount
  var best: Int?
  var bestGain = smallestGain
  for other in 0..<count {
    let away = regionOf[other]
    if away == home { continue }
    let theirs = other * regionCount
    let gain =
      attraction[mine + away] - attraction[mine + home] + attraction[theirs + home]
      - attraction[theirs + away] - 2 * weights[server * count + other]
    if gain > bestGain {
      bestGain = gain
      best = other
    }
  }
  return best
}

private func exchange(
  _ server: Int, _ partner: Int, _ weights: Span<Double>, regionCount: Int,
  _ regionOf: inout [Int], _ attraction: inout [Double]
) {
  let count = regionOf.count
  let (home, away) = (regionOf[server], regionOf[partner])
  var sums = attraction.mutableSpan
  for other in 0..<count {
    let change = weights[other * count + partner] - weights[other * count + server]
    sums[other * regionCount + home] += change
    sums[other * regionCount + away] -= change
  }
  regionOf[server] = away
  regionOf[partner] = home
}
