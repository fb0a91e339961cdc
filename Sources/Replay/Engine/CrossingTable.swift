/// Which subflows cross each link, and which other links each of them visits.
///
/// Grouped by link, so that a filling reads `weights` and `others` from front to back. Paths are
/// padded to one length with a link that never fills: crossing c's other links are
/// `others[c * stride ..< (c + 1) * stride]`.
package struct CrossingTable {
  /// Running flows (with multiplicity) behind each crossing; 0 once its bundle has ended.
  package private(set) var weights: [Double]
  package private(set) var others: [Int32]
  package let stride: Int
  /// The place in the part's `path` that a crossing stands for, and the crossing of each place.
  private var pathPlace: [Int32]
  private var crossingOfPlace: [Int32]

  /// Lists the crossings of a part and notes in `places` where each link's are.
  package init(_ part: FluidPart, weights subflowWeights: [Double], places: inout [LinkPlace]) {
    let padding = Int32(part.linkCapacity.count)
    for link in part.path where link != padding { places[Int(link)].crossingCount += 1 }
    var next: Int32 = 0
    for link in places.indices {
      places[link].firstCrossing = next
      next += places[link].crossingCount
      places[link].crossingCount = 0
    }
    stride = max(1, part.hops - 1)
    weights = [Double](repeating: 0, count: Int(next))
    others = [Int32](repeating: padding, count: Int(next) * stride)
    pathPlace = [Int32](repeating: 0, count: Int(next))
    crossingOfPlace = [Int32](repeating: -1, count: part.path.count)
    for subflow in 0..<part.subflowCount {
      for place in part.path(of: subflow) where part.path[place] != padding {
        let link = Int(part.path[place])
        let crossing = places[link].crossings.upperBound
        places[link].crossingCount += 1
        weights[crossing] = subflowWeights[subflow]
        pathPlace[crossing] = Int32(place)
        crossingOfPlace[place] = Int32(crossing)
        var column = crossing * stride
        for other in part.path(of: subflow) where other != place {
          others[column] = part.path[other]
          column += 1
        }
      }
    }
  }

  /// Takes `weight` flows off a subflow; with `isDone` its crossings are dead.
  package mutating func release(
    _ subflow: Int, weight: Double, isDone: Bool, of part: FluidPart, places: inout [LinkPlace]
  ) {
    for place in part.path(of: subflow) where crossingOfPlace[place] >= 0 {
      let crossing = Int(crossingOfPlace[place])
      weights[crossing] = isDone ? 0 : weights[crossing] - weight
      guard isDone else { continue }
      let link = Int(part.path[place])
      places[link].deadCount += 1
      if places[link].deadCount * 4 > places[link].crossingCount { forgetDead(&places[link]) }
    }
  }

  /// Closes the gaps that ended subflows leave, once they are a quarter of a link's crossings.
  private mutating func forgetDead(_ state: inout LinkPlace) {
    var kept = state.crossings.lowerBound
    for crossing in state.crossings where weights[crossing] > 0 {
      weights[kept] = weights[crossing]
      pathPlace[kept] = pathPlace[crossing]
      crossingOfPlace[Int(pathPlace[kept])] = Int32(kept)
      for hop in 0..<stride { others[kept * stride + hop] = others[crossing * stride + hop] }
      kept += 1
    }
    state.crossingCount = Int32(kept - state.crossings.lowerBound)
    state.deadCount = 0
  }
}
