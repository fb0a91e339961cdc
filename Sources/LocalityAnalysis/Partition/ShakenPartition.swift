internal import TraceModel

/// Leaves a partition's neighbourhood and comes back: moves some servers around, refines, and stays
/// where more bytes are kept inside (iterated local search: Lourenço, Martin and Stützle 2003).
///
/// Where structure is weak every start ends in a partition of its own, and this is worth more than
/// further starts. The servers are drawn from a fixed seed, so the result depends on the traffic
/// alone; it is never worse than the start. 32 rounds up to 181 servers, fewer above: O(n²) each.
package func shakenPartition(_ traffic: SymmetricTraffic, from start: [Int]) -> [Int] {
  let count = traffic.size
  var random = RandomStream(seed: 0x7368_616B_65)
  var best = start
  var bestInside = traffic.inside(start)
  for _ in 0..<min(32, (1 << 20) / (count * count)) {
    var regionOf = best
    let chosen = random.permutation(count).prefix(max(4, count / 8))
    for (server, next) in zip(chosen, chosen.dropFirst() + chosen.prefix(1)) {
      regionOf[server] = best[next]
    }
    regionOf = refinedPartition(traffic, from: regionOf)
    let inside = traffic.inside(regionOf)
    if inside > bestInside {
      best = regionOf
      bestInside = inside
    }
  }
  return best
}
