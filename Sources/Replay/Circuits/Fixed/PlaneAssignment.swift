/// Which of several parallel switches holds each circuit, when every server has one port on each.
///
/// An edge colouring of the circuits. Directed circuits always fit as many planes as the busiest
/// server has circuits (König), because transmitters and receivers are two sides. Full-duplex ones may
/// need more: the circuits of a triangle of servers, two at each, need three planes.
public enum PlaneAssignment: Sendable, Hashable {
  /// The circuits of each plane.
  case planes([CircuitMatrix])
  /// No assignment exists.
  case impossible
  /// The search for full-duplex circuits was ended before it had an answer.
  case undecided

  /// Looks for an assignment.
  ///
  /// Directed circuits: exact, O(circuits × (servers + planes)). Full-duplex circuits: exact search,
  /// given up after `stepLimit` steps.
  public init(
    of circuits: CircuitMatrix, planeCount: Int, duplex: Duplex, stepLimit: Int = 1_000_000
  ) {
    let most = (0..<circuits.size).map { circuits.usedPorts(of: $0) }.max() ?? 0
    guard most <= planeCount else {
      self = .impossible
      return
    }
    switch duplex {
    case .independent: self = .planes(colouredDirections(circuits, planeCount: planeCount))
    case .paired:
      var search = PairColouring(circuits, planeCount: planeCount, stepLimit: stepLimit)
      self = search.run()
    }
  }
}

/// Colours directed circuits one after the other; where no colour is free at both ends, two colours
/// are exchanged along the path of circuits that alternate between them (König).
private func colouredDirections(_ circuits: CircuitMatrix, planeCount: Int) -> [CircuitMatrix] {
  let size = circuits.size
  // For nodes (transmitters, then receivers) and planes, the node at the other end, or −1.
  var other = [Int](repeating: -1, count: 2 * size * planeCount)
  func freePlane(_ node: Int) -> Int? {
    (0..<planeCount).first { other[node * planeCount + $0] < 0 }
  }
  for source in 0..<size {
    for destination in 0..<size {
      for _ in 0..<circuits[source, destination] {
        let target = size + destination
        guard let plane = freePlane(source), let second = freePlane(target) else { continue }
        if other[target * planeCount + plane] >= 0 {
          // Free `plane` at the receiver. The path cannot come back to the transmitter, where `plane`
          // is free: it would have to arrive on it.
          var path = [target]
          var colour = plane
          while other[path[path.count - 1] * planeCount + colour] >= 0 {
            path.append(other[path[path.count - 1] * planeCount + colour])
            colour = colour == plane ? second : plane
          }
          for node in path {
            other.swapAt(node * planeCount + plane, node * planeCount + second)
          }
        }
        other[source * planeCount + plane] = target
        other[target * planeCount + plane] = source
      }
    }
  }
  return (0..<planeCount).map { plane in
    var matrix = CircuitMatrix(size: size)
    for source in 0..<size where other[source * planeCount + plane] >= 0 {
      matrix.addDirected(from: source, to: other[source * planeCount + plane] - size)
    }
    return matrix
  }
}

/// Backtracking over full-duplex circuits, the one with the fewest planes left next.
private struct PairColouring {
  private let size: Int
  private let planeCount: Int
  private let edges: [(left: Int, right: Int)]
  private var colour: [Int]
  private var isUsed: [Bool]
  private var stepsLeft: Int

  init(_ circuits: CircuitMatrix, planeCount: Int, stepLimit: Int) {
    size = circuits.size
    self.planeCount = planeCount
    var edges: [(left: Int, right: Int)] = []
    for left in 0..<size {
      for right in left + 1..<max(left + 1, size) {
        for _ in 0..<circuits[left, right] { edges.append((left, right)) }
      }
    }
    self.edges = edges
    colour = [Int](repeating: -1, count: edges.count)
    isUsed = [Bool](repeating: false, count: size * planeCount)
    stepsLeft = stepLimit
  }

  mutating func run() -> PlaneAssignment {
    guard let isColoured = colourNext(planesUsed: 0) else { return .undecided }
    guard isColoured else { return .impossible }
    var planes = [CircuitMatrix](repeating: CircuitMatrix(size: size), count: planeCount)
    for (edge, plane) in zip(edges, colour) { planes[plane].addPair(edge.left, edge.right) }
    return .planes(planes)
  }

  private func isFree(_ plane: Int, _ edge: Int) -> Bool {
    !isUsed[edges[edge].left * planeCount + plane]
      && !isUsed[edges[edge].right * planeCount + plane]
  }

  /// Colours the circuits that are left; nil when the steps are used up.
  ///
  /// Planes not used yet are all alike: only the first is tried.
  private mutating func colourNext(planesUsed: Int) -> Bool? {
    var chosen = -1
    var fewest = Int.max
    for edge in edges.indices where colour[edge] < 0 {
      let count = (0..<planeCount).count { isFree($0, edge) }
      if count < fewest { (chosen, fewest) = (edge, count) }
    }
    guard chosen >= 0 else { return true }
    for plane in 0..<min(planeCount, planesUsed + 1) where isFree(plane, chosen) {
      stepsLeft -= 1
      guard stepsLeft > 0 else { return nil }
      set(chosen, plane, isUsed: true)
      let answer = colourNext(planesUsed: max(planesUsed, plane + 1))
      if answer != false { return answer }
      set(chosen, plane, isUsed: false)
    }
    return false
  }

  private mutating func set(_ edge: Int, _ plane: Int, isUsed: Bool) {
    colour[edge] = isUsed ? plane : -1
    self.isUsed[edges[edge].left * planeCount + plane] = isUsed
    self.isUsed[edges[edge].right * planeCount + plane] = isUsed
  }
}
