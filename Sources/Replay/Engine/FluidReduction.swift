extension FluidProblem {
  /// Links that can never be the tightest, found without solving anything.
  ///
  /// A link is implied when every subflow on it comes from (or goes on to) links that are kept
  /// and whose capacities add up to no more than its own: the uplinks of a non-blocking leaf, for
  /// example. Max-min rates depend only on which rates are feasible, so leaving implied links out
  /// changes nothing but the work, and flows that met only there fall into separate parts.
  /// Each link is judged against those kept so far, so no two links imply each other.
  /// O(path links + links log links).
  package func impliedLinks() -> [Bool] {
    let crossings = LinkCrossings(self)
    var isImplied = [Bool](repeating: false, count: linkCount)
    var seenBy = [Int32](repeating: -1, count: linkCount)
    let widestFirst = (0..<linkCount).sorted {
      (linkCapacity[$1], $0) < (linkCapacity[$0], $1)
    }
    for link in widestFirst where crossings.count(on: link) > 1 {
      for direction in [-1, 1] {
        // Two searches share one table, so their marks must differ.
        let mark = Int32(link) * 2 + (direction < 0 ? 0 : 1)
        let budget = linkCapacity[link] * (1 + 1e-12)
        if neighbourCapacity(
          of: link, direction: direction, budget: budget, mark: mark, crossings: crossings,
          isImplied: isImplied, seenBy: &seenBy) <= budget
        {
          isImplied[link] = true
          break
        }
      }
    }
    return isImplied
  }

  /// Capacities of the kept links next to `link` on all of its paths; infinite when a path has none.
  private func neighbourCapacity(
    of link: Int, direction: Int, budget: Double, mark: Int32, crossings: LinkCrossings,
    isImplied: [Bool], seenBy: inout [Int32]
  ) -> Double {
    var total = 0.0
    for entry in crossings.entries(on: link) {
      let places = pathRange(of: Int(crossings.subflow[entry]))
      var place = Int(crossings.place[entry]) + direction
      while places.contains(place) && isImplied[Int(path[place])] { place += direction }
      guard places.contains(place) else { return .infinity }
      let neighbour = Int(path[place])
      if seenBy[neighbour] == mark { continue }
      seenBy[neighbour] = mark
      total += linkCapacity[neighbour]
      if total > budget { return .infinity }
    }
    return total
  }
}

/// For each link, the subflows that cross it and where in `path` they do.
private struct LinkCrossings {
  private var offsets: [Int]
  var subflow: [Int32]
  var place: [Int32]

  init(_ problem: FluidProblem) {
    offsets = [Int](repeating: 0, count: problem.linkCount + 1)
    for link in problem.path { offsets[Int(link) + 1] += 1 }
    for link in 0..<problem.linkCount { offsets[link + 1] += offsets[link] }
    subflow = [Int32](repeating: 0, count: problem.path.count)
    place = [Int32](repeating: 0, count: problem.path.count)
    var next = offsets
    for row in 0..<problem.subflowCount {
      for position in problem.pathRange(of: row) {
        let link = Int(problem.path[position])
        subflow[next[link]] = Int32(row)
        place[next[link]] = Int32(position)
        next[link] += 1
      }
    }
  }

  func entries(on link: Int) -> Range<Int> { offsets[link]..<offsets[link + 1] }
  func count(on link: Int) -> Int { offsets[link + 1] - offsets[link] }
}
