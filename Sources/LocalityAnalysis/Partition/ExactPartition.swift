/// The balanced partition that keeps most bytes inside, proven best by enumerating all of them.
///
/// best(S) = max over groups G ∋ min(S) of inside(G) + best(S ∖ G), over all subsets S of up to
/// `exactPartitionLimit` servers: each set of servers is solved once, not once per order in which
/// the groups are chosen. When the size does not divide the count, one region is smaller, and every
/// choice of its members is tried. At most 2ⁿ·C(n−1, r−1) steps (1.9 million for n = 12).
package func exactPartition(_ traffic: SymmetricTraffic, size: Int) -> [Int] {
  let count = traffic.size
  precondition(count <= exactPartitionLimit)
  let rest = count % size
  let all = (1 << count) - 1
  let inside = insideBytes(traffic)
  var best = [Double](repeating: 0, count: all + 1)
  var firstGroup = [Int](repeating: 0, count: all + 1)
  for set in 1...max(1, all) where set <= all {
    let members = set.nonzeroBitCount
    // The smaller region is still to come exactly when what is left does not divide evenly.
    let sizes = members % size == 0 ? [size] : [rest, size]
    guard members % size == 0 || members % size == rest else { continue }
    let lowest = set & -set
    var found = -Double.infinity
    // Subsets of the others in ascending order, so that the first of equals wins.
    let others = set ^ lowest
    var subset = 0
    repeat {
      if sizes.contains(subset.nonzeroBitCount + 1) {
        let group = subset | lowest
        let value = inside[group] + best[set ^ group]
        if value > found {
          found = value
          firstGroup[set] = group
        }
      }
      subset = (subset - others) & others
    } while subset != 0
    best[set] = found
  }
  return regions(of: all, firstGroup: firstGroup, count: count)
}

/// Largest number of servers that `exactPartition` takes.
package let exactPartitionLimit = 12

/// Bytes inside every subset of servers.
private func insideBytes(_ traffic: SymmetricTraffic) -> [Double] {
  var inside = [Double](repeating: 0, count: 1 << traffic.size)
  for set in 1..<max(2, inside.count) where set < inside.count {
    let lowest = set.trailingZeroBitCount
    var sum = inside[set & (set - 1)]
    for other in (lowest + 1)..<max(lowest + 1, traffic.size) where set & (1 << other) != 0 {
      sum += traffic.weights[lowest * traffic.size + other]
    }
    inside[set] = sum
  }
  return inside
}

private func regions(of all: Int, firstGroup: [Int], count: Int) -> [Int] {
  var regionOf = [Int](repeating: 0, count: count)
  var left = all
  var region = 0
  while left != 0 && firstGroup[left] != 0 {
    let group = firstGroup[left]
    for server in 0..<count where group & (1 << server) != 0 { regionOf[server] = region }
    left ^= group
    region += 1
  }
  return regionOf
}
