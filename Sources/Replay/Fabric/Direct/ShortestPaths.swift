/// Distances and numbers of shortest paths between all servers of a direct graph.
///
/// A path is named by a fraction of 0 ..< 1: paths are in the order of their servers' numbers, and
/// the fraction says how far along that order. O(servers · links) time, O(servers²) memory.
struct ShortestPaths: Sendable {
  private let serverCount: Int
  /// Neighbours of server s and their links are at `offset[s] ..< offset[s + 1]`, ascending.
  private let offset: [Int32]
  private let neighbour: [Int32]
  private let link: [Int32]
  /// Links between server d and every server, by d; `unreachable` for none.
  private var distance: [UInt16]
  /// Shortest paths to d, by d; counts beyond a Float's precision are rounded.
  private var count: [Float]

  private static let unreachable = UInt16.max
  /// Far above what is ever told apart, far below where a Float ends.
  private static let mostPaths: Float = 1e30

  /// - Parameter arcs: joined pairs, each once, sorted, with the number of their link.
  init(serverCount: Int, arcs: [(source: Int, destination: Int, link: Int32)]) {
    self.serverCount = serverCount
    neighbour = arcs.map { Int32($0.destination) }
    link = arcs.map(\.link)
    var degree = [Int32](repeating: 0, count: serverCount + 1)
    var entering = degree
    for arc in arcs {
      degree[arc.source + 1] += 1
      entering[arc.destination + 1] += 1
    }
    for server in 0..<serverCount {
      degree[server + 1] += degree[server]
      entering[server + 1] += entering[server]
    }
    offset = degree
    var place = entering
    var origin = [Int32](repeating: 0, count: arcs.count)
    for arc in arcs {
      origin[Int(place[arc.destination])] = Int32(arc.source)
      place[arc.destination] += 1
    }
    distance = Array(repeating: Self.unreachable, count: serverCount * serverCount)
    count = Array(repeating: 0, count: serverCount * serverCount)
    var order: [Int] = []
    for destination in 0..<serverCount {
      search(towards: destination, entering: entering, origin: origin, order: &order)
    }
  }

  /// Breadth first against the links' direction; counts add up as distances grow.
  private mutating func search(
    towards destination: Int, entering: [Int32], origin: [Int32], order: inout [Int]
  ) {
    let row = destination * serverCount
    order.removeAll(keepingCapacity: true)
    order.append(destination)
    distance[row + destination] = 0
    count[row + destination] = 1
    var next = 0
    while next < order.count {
      let server = order[next]
      next += 1
      let further = distance[row + server] + 1
      for place in Int(entering[server])..<Int(entering[server + 1]) {
        let other = Int(origin[place])
        if distance[row + other] == Self.unreachable {
          distance[row + other] = further
          order.append(other)
        }
        if distance[row + other] == further {
          count[row + other] = min(Self.mostPaths, count[row + other] + count[row + server])
        }
      }
    }
  }

  /// Links on a shortest path, or nil when there is none.
  func distance(from source: Int, to destination: Int) -> Int? {
    let hops = distance[destination * serverCount + source]
    return hops == Self.unreachable ? nil : Int(hops)
  }

  /// Shortest paths, at most `limit`.
  func pathCount(from source: Int, to destination: Int, limit: Int) -> Int {
    Int(min(Float(limit), count[destination * serverCount + source]))
  }

  /// Calls `visit` for each link of the shortest path at a fraction of their order.
  func forEachLink(
    from source: Int, to destination: Int, fraction: Double, _ visit: (Int32) -> Void
  ) {
    let row = destination * serverCount
    var server = source
    var fraction = fraction
    while server != destination, distance[row + server] != Self.unreachable {
      // Paths through the neighbours before, and through the one looked at.
      var sought = fraction * Double(count[row + server])
      var chosen = -1
      for place in Int(offset[server])..<Int(offset[server + 1]) {
        let other = Int(neighbour[place])
        guard distance[row + other] &+ 1 == distance[row + server] else { continue }
        chosen = place
        let through = Double(count[row + other])
        if sought < through {
          fraction = min(max(0, sought / through), 1 - 1e-12)
          break
        }
        sought -= through
        fraction = 0
      }
      guard chosen >= 0 else { return }
      visit(link[chosen])
      server = Int(neighbour[chosen])
    }
  }
}
