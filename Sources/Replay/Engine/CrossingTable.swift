/// The crossings of each link, and which other links each of them visits.
///
/// Grouped by link, and within a link those that it binds come first. Paths are padded to one
/// length with a link that never fills: crossing c's other links are
/// `others[c * stride ..< (c + 1) * stride]`.
package struct CrossingTable {
  package var crossings: [Crossing]
  package var others: [Int32]
  package let stride: Int

  /// Lists the crossings of a part and notes in `places` where each link's are.
  package init(_ part: FluidPart, weights: [Int32], places: inout [LinkPlace]) {
    let padding = Int32(part.linkCapacity.count)
    for link in part.path where link != padding { places[Int(link)].crossingCount += 1 }
    var next: Int32 = 0
    for link in places.indices {
      places[link].firstCrossing = next
      next += places[link].crossingCount
      places[link].crossingCount = 0
    }
    stride = max(1, part.hops - 1)
    crossings = [Crossing](repeating: Crossing(subflow: 0, weight: 0), count: Int(next))
    others = [Int32](repeating: padding, count: Int(next) * stride)
    for subflow in 0..<part.subflowCount {
      for place in part.path(of: subflow) where part.path[place] != padding {
        let link = Int(part.path[place])
        let crossing = places[link].crossings.upperBound
        places[link].crossingCount += 1
        crossings[crossing] = Crossing(subflow: Int32(subflow), weight: weights[subflow])
        var column = crossing * stride
        for other in part.path(of: subflow) where other != place {
          others[column] = part.path[other]
          column += 1
        }
      }
    }
  }

  /// Where a subflow crosses the link at `place`; O(crossings of the link).
  package func crossing(of subflow: Int32, at place: LinkPlace) -> Int? {
    place.crossings.first { crossings[$0].subflow == subflow }
  }

  /// Takes ended flows off a subflow on one link; with `isDone` its crossing is dropped.
  package mutating func release(_ ended: EndedSubflow, at place: inout LinkPlace) {
    guard let crossing = crossing(of: ended.subflow, at: place) else { return }
    crossings[crossing].weight -= ended.weight
    guard ended.isDone else { return }
    var hole = crossing
    if place.bound.contains(hole) {
      place.boundCount -= 1
      move(place.bound.upperBound, to: hole)
      hole = place.bound.upperBound
    }
    place.crossingCount -= 1
    move(place.crossings.upperBound, to: hole)
  }

  private mutating func move(_ source: Int, to target: Int) {
    guard source != target else { return }
    crossings[target] = crossings[source]
    for hop in 0..<stride { others[target * stride + hop] = others[source * stride + hop] }
  }
}
