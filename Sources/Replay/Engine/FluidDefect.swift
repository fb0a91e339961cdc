extension FluidProblem {
  /// What makes a problem unsolvable, and the flow or link that it is about.
  package struct Defect: Sendable, Hashable {
    package var flow: Int?
    package var reason: String
  }

  /// The first reason why the problem has no answer, or nil.
  ///
  /// O(path links).
  package var defect: Defect? {
    for (link, capacity) in linkCapacity.enumerated() where !(capacity >= 0 && capacity.isFinite) {
      return Defect(flow: nil, reason: "link \(link) has the capacity \(capacity) bytes/ns")
    }
    var visitor = [Int32](repeating: -1, count: linkCount)
    for flow in 0..<flowCount {
      if let reason = defect(ofFlow: flow, visitor: &visitor) {
        return Defect(flow: flow, reason: reason)
      }
    }
    return nil
  }

  private func defect(ofFlow flow: Int, visitor: inout [Int32]) -> String? {
    let bytes = flowBytes[flow]
    guard bytes >= 0 && bytes.isFinite else { return "it has \(bytes) bytes" }
    guard flowMultiplicity[flow] > 0 else { return "its multiplicity is not positive" }
    var canMove = false
    for subflow in subflows(of: flow) {
      let places = pathRange(of: subflow)
      if places.isEmpty { return "one of its paths crosses no link" }
      var narrowest = Double.infinity
      for place in places {
        guard let link = Int(exactly: path[place]), linkCapacity.indices.contains(link) else {
          return "its path names link \(path[place]), of \(linkCount)"
        }
        if visitor[link] == Int32(subflow) { return "its path visits link \(link) twice" }
        visitor[link] = Int32(subflow)
        narrowest = min(narrowest, linkCapacity[link])
      }
      if narrowest > 0 { canMove = true }
    }
    if bytes > 0 && !canMove {
      return subflows(of: flow).isEmpty
        ? "it has no path" : "every path of it crosses a link without capacity"
    }
    return nil
  }
}
