internal import Glibc

/// A complete flow of a demand: every pair's bytes over a few paths, and how full links are with them.
///
/// Lengths of links grow with what they carry: exp(sharpness · (fullness − reference)) ÷ capacity. A
/// flow whose used paths are all shortest minimises Σ exp(sharpness · fullness); the sharper, the nearer
/// its fullest link is to the least possible.
struct PathFlow {
  private let routed: RoutedGraph
  /// Links of all paths; those of path p are `links[first[p]..<first[p + 1]]`, last link first.
  private var links: [Int32] = []
  private var first: [Int] = [0]
  private var bytes: [Double] = []
  /// The next path of the same pair, −1 for none.
  private var next: [Int32] = []
  /// The first path of each of `routed.peers`.
  private var head: [Int32]
  /// Bytes ÷ capacity of each link: the time that it needs.
  private(set) var fullness: [Double]
  private(set) var length: [Double]
  private var sharpness = 0.0
  private var reference = 0.0
  /// By link: which path it was marked for.
  private var mark: [Int32]

  init(_ routed: RoutedGraph) {
    self.routed = routed
    head = [Int32](repeating: -1, count: routed.peers.count)
    fullness = [Double](repeating: 0, count: routed.graph.linkCount)
    length = [Double](repeating: 1, count: routed.graph.linkCount)
    mark = [Int32](repeating: -1, count: routed.graph.linkCount)
  }

  /// The time of the fullest link: everything has arrived.
  var time: Double { fullness.max() ?? 0 }

  /// Adds the path of a tree to one of its peers unless the pair has it; the first takes all bytes.
  mutating func addPath(ofPeer peer: Int, in tree: ShortestPathTree) {
    let start = links.count
    tree.appendPath(to: routed.peers[peer], in: routed.graph, onto: &links)
    var known = head[peer]
    while known >= 0 {
      if links[first[Int(known)]..<first[Int(known) + 1]] == links[start...] {
        links.removeSubrange(start...)
        return
      }
      known = next[Int(known)]
    }
    let isFirst = head[peer] < 0
    bytes.append(isFirst ? routed.bytes[peer] : 0)
    next.append(head[peer])
    head[peer] = Int32(bytes.count - 1)
    first.append(links.count)
    guard isFirst else { return }
    for link in links[start...] {
      fullness[Int(link)] += routed.bytes[peer] / routed.graph.capacity[Int(link)]
    }
  }

  /// Lengths for the flow as it is.
  mutating func setLengths(sharpness: Double) {
    // Added up anew, so that rounding does not grow with the passes.
    for link in fullness.indices { fullness[link] = 0 }
    for path in bytes.indices where bytes[path] > 0 {
      for link in links[first[path]..<first[path + 1]] {
        fullness[Int(link)] += bytes[path] / routed.graph.capacity[Int(link)]
      }
    }
    self.sharpness = sharpness
    reference = time
    for link in length.indices { length[link] = length(of: link, with: fullness[link]) }
  }

  /// Links that are as good as empty still count as links, so that paths have few of them.
  private func length(of link: Int, with fullness: Double) -> Double {
    (exp(sharpness * (fullness - reference)) + 1e-15) / routed.graph.capacity[link]
  }

  /// Moves bytes of every pair from its longer paths to its shortest one until they are as long.
  mutating func equalise() {
    for peer in head.indices where head[peer] >= 0 && next[Int(head[peer])] >= 0 {
      var shortest = head[peer]
      var least = pathLength(Int(shortest))
      var path = next[Int(shortest)]
      while path >= 0 {
        let length = pathLength(Int(path))
        if length < least { (shortest, least) = (path, length) }
        path = next[Int(path)]
      }
      for place in first[Int(shortest)]..<first[Int(shortest) + 1] {
        mark[Int(links[place])] = shortest
      }
      path = head[peer]
      while path >= 0 {
        if path != shortest, bytes[Int(path)] > 0 { moveBytes(from: Int(path), to: Int(shortest)) }
        path = next[Int(path)]
      }
    }
  }

  private func pathLength(_ path: Int) -> Double {
    var sum = 0.0
    for place in first[path]..<first[path + 1] { sum += length[Int(links[place])] }
    return sum
  }

  /// Moves as many bytes as make both paths equally long, or all.
  ///
  /// How much longer the emptied path is falls steadily with what is moved: bisected Newton steps.
  private mutating func moveBytes(from long: Int, to short: Int) {
    var leaving: [Int32] = []
    for place in first[long]..<first[long + 1] {
      let link = links[place]
      if mark[Int(link)] == Int32(short) {
        mark[Int(link)] = -1
      } else {
        leaving.append(link)
      }
    }
    let entering = links[first[short]..<first[short + 1]].filter { mark[Int($0)] == Int32(short) }
    for link in links[first[short]..<first[short + 1]] { mark[Int(link)] = Int32(short) }
    var (low, high, moved) = (0.0, bytes[long], 0.0)
    var excess = 0.0
    var slope = 0.0
    func measure(_ moved: Double) {
      (excess, slope) = (0, 0)
      for link in leaving {
        let capacity = routed.graph.capacity[Int(link)]
        let length = length(of: Int(link), with: fullness[Int(link)] - moved / capacity)
        excess += length
        slope += sharpness * length / capacity
      }
      for link in entering {
        let capacity = routed.graph.capacity[Int(link)]
        let length = length(of: Int(link), with: fullness[Int(link)] + moved / capacity)
        excess -= length
        slope += sharpness * length / capacity
      }
    }
    measure(0)
    // Nearly equal is equal: moving on costs time and gains nothing.
    guard excess > 1e-6 * slope / max(sharpness, 1e-300) else { return }
    measure(high)
    if excess >= 0 {
      moved = high
    } else {
      measure(0)
      for _ in 0..<12 {
        if excess > 0 { low = moved } else { high = moved }
        let newton = moved + excess / slope
        let step = newton > low && newton < high ? newton : low + (high - low) / 2
        let change = abs(step - moved)
        moved = step
        if change <= 1e-3 * moved { break }
        measure(moved)
      }
    }
    bytes[long] -= moved
    if bytes[long] < 1e-12 * moved { (moved, bytes[long]) = (moved + bytes[long], 0) }
    bytes[short] += moved
    for link in leaving { change(Int(link), by: -moved) }
    for link in entering { change(Int(link), by: moved) }
  }

  private mutating func change(_ link: Int, by moved: Double) {
    fullness[link] += moved / routed.graph.capacity[link]
    length[link] = length(of: link, with: fullness[link])
  }

  /// Bytes of each source on each link.
  var linkBytes: [[Double]] {
    routed.sources.indices.map { index in
      var flow = [Double](repeating: 0, count: fullness.count)
      for peer in routed.firstPeer[index]..<routed.firstPeer[index + 1] {
        var path = head[peer]
        while path >= 0 {
          for place in first[Int(path)]..<first[Int(path) + 1] {
            flow[Int(links[place])] += bytes[Int(path)]
          }
          path = next[Int(path)]
        }
      }
      return flow
    }
  }
}
