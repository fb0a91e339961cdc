/// A balanced partition through coarser and coarser pictures of the traffic.
///
/// Servers that exchange most are paired and taken as one, so that regions of r become regions of
/// r / 2, until the size is odd or few enough servers are left to try all partitions; from there
/// the regions are carried back level by level and refined on each (heavy-edge matching and
/// refinement as in METIS: Karypis and Kumar 1998). Where a size does not divide the servers, idle
/// ones that belong together fill up the last region.
///
/// - Parameter coarsest: servers up to which all partitions are tried, at most
///   `exactPartitionLimit`.
/// - Complexity: O(n² log n) for the levels, without refinement.
package func multilevelPartition(
  _ traffic: SymmetricTraffic, size: Int, coarsest: Int = exactPartitionLimit
) -> [Int] {
  let missing = (size - traffic.size % size) % size
  let levels = coarsened(traffic.padded(by: missing), size: size, coarsest: coarsest)
  let regionOf = Array(levels.prefix(traffic.size))
  return missing == 0 ? regionOf : refinedPartition(traffic, from: regionOf)
}

/// The partition of a level, by way of all coarser ones; the size divides the servers.
private func coarsened(_ traffic: SymmetricTraffic, size: Int, coarsest: Int) -> [Int] {
  if size == 1 { return Array(0..<traffic.size) }
  if traffic.size <= coarsest { return exactPartition(traffic, size: size) }
  guard size % 2 == 0 else {
    return refinedPartition(traffic, from: grownPartition(traffic, size: size))
  }
  let pairOf = refinedPartition(traffic, from: heavyEdgePairs(traffic))
  let pairs = traffic.contracted(by: pairOf, count: traffic.size / 2)
  let coarse = coarsened(pairs, size: size / 2, coarsest: coarsest)
  return refinedPartition(traffic, from: pairOf.map { coarse[$0] })
}

/// Pairs of servers, heaviest first: in each round those become a pair that exchange most with one
/// another among the free ones.
///
/// Equal to going through all pairs by descending bytes, without sorting them; ties go to the
/// lowest index. The number of servers is even. O(n²) per round, about log n rounds.
package func heavyEdgePairs(_ traffic: SymmetricTraffic) -> [Int] {
  let count = traffic.size
  let weights = traffic.weights.span
  var pairOf = [Int](repeating: -1, count: count)
  var next = 0
  while next < count / 2 {
    var favourite = [Int](repeating: -1, count: count)
    for server in 0..<count where pairOf[server] < 0 {
      var most = -Double.infinity
      for other in 0..<count
      where pairOf[other] < 0 && other != server && weights[server * count + other] > most {
        most = weights[server * count + other]
        favourite[server] = other
      }
    }
    for server in 0..<count where favourite[server] > server {
      guard favourite[favourite[server]] == server else { continue }
      pairOf[server] = next
      pairOf[favourite[server]] = next
      next += 1
    }
  }
  return pairOf
}

extension SymmetricTraffic {
  /// The same with idle servers after the others, which only want to stay together.
  fileprivate func padded(by missing: Int) -> SymmetricTraffic {
    guard missing > 0 else { return self }
    let count = size + missing
    var cells = [Double](repeating: 0, count: count * count)
    for row in 0..<size {
      for column in 0..<size { cells[row * count + column] = weights[row * size + column] }
    }
    for row in size..<count {
      for column in size..<count where column != row { cells[row * count + column] = 2 * total }
    }
    return SymmetricTraffic(size: count, weights: cells, total: total)
  }
}
