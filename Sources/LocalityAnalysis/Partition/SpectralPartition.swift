/// A balanced partition by cutting the servers in two along the second vector of their traffic,
/// again and again.
///
/// The vector is that of the normalised cut (Shi and Malik 2000); servers are ordered by it and cut
/// where the sizes say, and every cut is refined before the halves are cut. Where a size does not
/// divide the servers, the last region is smaller.
///
/// - Complexity: O(n² · steps) for the vectors, without refinement.
package func spectralPartition(_ traffic: SymmetricTraffic, size: Int) -> [Int] {
  var regionOf = [Int](repeating: 0, count: traffic.size)
  var next = 0
  var waiting = [
    (servers: Array(0..<traffic.size), sizes: regionSizes(serverCount: traffic.size, size: size))
  ]
  while let (servers, sizes) = waiting.popLast() {
    guard sizes.count > 1 else {
      for server in servers { regionOf[server] = next }
      next += 1
      continue
    }
    let part = traffic.restricted(to: servers)
    let left = Array(sizes.prefix((sizes.count + 1) / 2))
    let order = orderAlongSecondVector(part)
    var side = [Int](repeating: 1, count: servers.count)
    for place in order.prefix(left.reduce(0, +)) { side[place] = 0 }
    side = refinedPartition(part, from: side)
    waiting.append(
      (
        servers.indices.filter { side[$0] == 1 }.map { servers[$0] },
        Array(sizes.dropFirst(left.count))
      ))
    waiting.append((servers.indices.filter { side[$0] == 0 }.map { servers[$0] }, left))
  }
  return refinedPartition(traffic, from: regionOf)
}

/// Servers by their entry in the second vector, ties by lowest index.
private func orderAlongSecondVector(_ traffic: SymmetricTraffic) -> [Int] {
  let entries = secondVector(traffic)
  return entries.indices.sorted { (entries[$0], $0) < (entries[$1], $1) }
}

extension SymmetricTraffic {
  /// Traffic among some of the servers.
  fileprivate func restricted(to servers: [Int]) -> SymmetricTraffic {
    var cells: [Double] = []
    cells.reserveCapacity(servers.count * servers.count)
    var sum = 0.0
    for row in servers {
      for column in servers { cells.append(weights[row * size + column]) }
    }
    sum = cells.reduce(0, +) / 2
    return SymmetricTraffic(size: servers.count, weights: cells, total: sum)
  }
}
