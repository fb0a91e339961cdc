package import TraceModel

/// The ends of each distinct demand that send or receive, ascending.
package struct DemandEnds: Sendable {
  private var offsets: [Int] = [0]
  private var ends: [Int32] = []

  package init(_ demands: DemandSet) {
    var found: [Int32] = []
    for demand in 0..<demands.count {
      found.removeAll(keepingCapacity: true)
      for row in demands.pairs(of: demand) where demands.amount[row] > 0 {
        // Pairs come ordered by source, so most repeats are neighbours.
        if found.last != demands.source[row] { found.append(demands.source[row]) }
      }
      for row in demands.pairs(of: demand) where demands.amount[row] > 0 {
        found.append(demands.destination[row])
      }
      _ = append(found)
    }
  }

  /// Adds a set of ends, in any order and with repeats; returns its number.
  package mutating func append(_ found: [Int32]) -> Int {
    let first = ends.count
    for end in found.sorted() where ends.count == first || ends.last != end { ends.append(end) }
    offsets.append(ends.count)
    return offsets.count - 2
  }

  package func of(_ demand: Int) -> ArraySlice<Int32> {
    ends[offsets[demand]..<offsets[demand + 1]]
  }

  /// Whether an end sends or receives in a demand.
  package func contain(_ end: Int32, in demand: Int) -> Bool {
    var range = offsets[demand]..<offsets[demand + 1]
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      if ends[middle] == end { return true }
      range = ends[middle] < end ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return false
  }
}
