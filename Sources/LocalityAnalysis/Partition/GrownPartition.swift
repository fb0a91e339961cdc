/// Grows regions one after the other: the heaviest free server starts, then whichever free server
/// exchanges most with the region joins.
///
/// Ties go to the lowest index. O(n²).
package func grownPartition(_ traffic: SymmetricTraffic, size: Int) -> [Int] {
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
