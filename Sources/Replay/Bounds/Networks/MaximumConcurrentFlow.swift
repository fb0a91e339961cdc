internal import Glibc
public import TraceModel

/// The least time in which a fixed network moves a demand when bytes may be divided over any paths,
/// with a certificate of how near the answer is.
///
/// T* = 1 / λ*, where λ* is the largest λ so that λ times the demand flows within all capacities.
///
/// **From above.** Every pair's bytes are always complete, divided over a few paths, so the time of the
/// fullest link is a time in which everything arrives. In turn, each source's shortest paths are added
/// under lengths that grow exponentially with how full links are, and every pair moves bytes from its
/// longer paths to its shortest. Exponential lengths are those of Garg and Könemann (FOCS 1998) and
/// Fleischer (SIAM J. Discrete Math. 2000); equalising paths instead of adding fixed steps is how road
/// traffic is assigned (gradient projection, Jayakrishnan et al. 1994), and needs far fewer rounds.
///
/// **From below.** For any lengths l ≥ 0, every byte needs at least its shortest distance, so
/// Σ bytes · distance ≤ Σ l · capacity · T. Each pass proves such a bound, and the best is kept; it
/// holds however far the flow is from the best one.
public struct MaximumConcurrentFlow: Sendable, Hashable {
  /// Stop as soon as time ÷ lower bound − 1 is at most this.
  public var requestedGap: Double
  /// Stop after so many rounds over all sources.
  public var passLimit: Int

  public init(requestedGap: Double = 0.01, passLimit: Int = 500) {
    self.requestedGap = requestedGap
    self.passLimit = passLimit
  }

  /// What was found, in nanoseconds.
  public struct Result: Sendable {
    /// In which the flow found moves the demand.
    public var time: Double
    /// Below which no flow can.
    public var lowerBound: Double
    public var passes: Int
    /// Bytes of each source on each link, for sources with bytes in ascending order.
    package var linkBytes: [[Double]]

    /// time ÷ lower bound − 1; 0 for no bytes.
    public var gap: Double { lowerBound > 0 ? time / lowerBound - 1 : 0 }

    /// The bound as others are.
    public var bound: LowerBound {
      LowerBound(
        nanoseconds: lowerBound, name: BoundName.concurrentFlow, assumptions: [.anyRouting],
        certifiedGap: gap)
    }
  }

  /// - Throws: a `ReplayError` that names a pair without a path, or a link that makes no sense.
  /// - Complexity: O(sources · links · log nodes + paths in use) per pass.
  public func solve(
    _ demand: TrafficMatrix, on graph: LinkGraph
  ) throws(ReplayError) -> Result {
    let routed = try RoutedGraph(graph, demand)
    var flow = PathFlow(routed)
    var tree = ShortestPathTree(nodeCount: graph.nodeCount)
    // Unit lengths first: fewest links, and the distance bound.
    var lowerBound = try addShortestPaths(to: &flow, tree: &tree, in: routed)
    var (time, passes) = (flow.time, 0)
    var best = flow
    while time > lowerBound * (1 + requestedGap), passes < passLimit {
      let gap = max(requestedGap, lowerBound > 0 ? time / lowerBound - 1 : 1)
      flow.setLengths(
        sharpness: 2 * log(Double(graph.linkCount) + 1) / min(0.5, gap) / flow.time)
      lowerBound = max(lowerBound, try addShortestPaths(to: &flow, tree: &tree, in: routed))
      for _ in 0..<4 { flow.equalise() }
      if flow.time < time { (time, best) = (flow.time, flow) }
      passes += 1
    }
    return Result(
      time: time, lowerBound: min(time, lowerBound), passes: passes, linkBytes: best.linkBytes)
  }

  /// Adds every pair's shortest path, and returns the bound that the lengths prove.
  private func addShortestPaths(
    to flow: inout PathFlow, tree: inout ShortestPathTree, in routed: RoutedGraph
  ) throws(ReplayError) -> Double {
    var cost = 0.0
    for index in routed.sources.indices {
      tree.find(index, in: routed, length: flow.length)
      for peer in routed.firstPeer[index]..<routed.firstPeer[index + 1] {
        guard tree.distance[Int(routed.peers[peer])].isFinite else {
          throw ReplayError(
            "no path joins them",
            at: "node \(routed.sources[index]) → node \(routed.peers[peer])",
            advice: "add links, or leave the pair out")
        }
        flow.addPath(ofPeer: peer, in: tree)
      }
      cost += tree.cost(index, in: routed)
    }
    let room = zip(flow.length, routed.graph.capacity).reduce(0) { $0 + $1.0 * $1.1 }
    return room > 0 ? cost / room : 0
  }
}
