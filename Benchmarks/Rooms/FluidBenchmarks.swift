import Replay
import TraceModel

/// The exact and batched fluid replay of all-to-alls, on the networks that peers were timed on.
let fluidBenchmarks = [
  fluid("all-to-all-64", flows: 64 * 63, isCounted: true) { unevenAllToAll(nodeCount: 64) },
  fluid("all-to-all-128", flows: 128 * 127) { PeerNetwork.nonBlocking.problem(sizes: .few) },
  fluid("all-to-all-128-distinct", flows: 128 * 127) {
    PeerNetwork.nonBlocking.problem(sizes: .distinct)
  },
  fluid("fixed-paths-128", flows: 128 * 127) { fixedPathAllToAll(sizes: .few) },
  fluid("fixed-paths-128-distinct", flows: 128 * 127) { fixedPathAllToAll(sizes: .distinct) },
  fluid("core-4-to-1-1024", flows: 1024 * 31, isCounted: true) {
    PeerNetwork.oversubscribed.problem(sizes: .few)
  },
  fluid("core-4-to-1-1024-distinct", flows: 1024 * 31) {
    PeerNetwork.oversubscribed.problem(sizes: .distinct)
  },
  fluid("all-to-all-1024-batched", flows: 1024 * 1023, batching: FluidBatching(relativeStep: 0.01))
  {
    PeerNetwork.large.problem(sizes: .few)
  },
  fluid(
    "all-to-all-1024-batched-distinct", flows: 1024 * 1023,
    batching: FluidBatching(relativeStep: 0.01)
  ) {
    PeerNetwork.large.problem(sizes: .distinct)
  },
]

private func fluid(
  _ name: String, flows: Int, isCounted: Bool = false, batching: FluidBatching = .exact,
  _ problem: @escaping @Sendable () -> FluidProblem
) -> Benchmark {
  Benchmark(name: "replay/" + name, unit: "flows", workCount: flows, isCounted: isCounted) {
    let problem = problem()
    return {
      let solution = try problem.solve(batching)
      return solution.eventCount &+ Int(solution.completion)
    }
  }
}

private enum Sizes {
  /// 97 sizes.
  case few
  /// One size per pair.
  case distinct

  func bytes(from source: Int, to destination: Int, unit: Double) -> Double {
    let bytes = Double((31 * source + 17 * destination) % 97 + 1) * unit
    guard self == .distinct else { return bytes }
    var random = RandomStream(seed: UInt64(source) << 32 | UInt64(destination))
    return bytes + unit * Double(random.below(1 << 20)) / Double(1 << 20)
  }
}

/// A fat-tree of 50 bytes per nanosecond whose uplinks of one leaf or pod are pooled.
private struct PeerNetwork {
  var nodes: Int
  var perLeaf: Int
  var perPod: Int
  var oversubscription: Double
  /// Nodes whose numbers agree modulo this exchange bytes.
  var groups: Int
  var unit: Double

  static let nonBlocking = PeerNetwork(
    nodes: 128, perLeaf: 4, perPod: 16, oversubscription: 1, groups: 1, unit: 16_384)
  static let oversubscribed = PeerNetwork(
    nodes: 1024, perLeaf: 8, perPod: 64, oversubscription: 4, groups: 32, unit: 4_096)
  static let large = PeerNetwork(
    nodes: 1024, perLeaf: 1024, perPod: 1024, oversubscription: 1, groups: 1, unit: 16_384)

  func problem(sizes: Sizes) -> FluidProblem {
    let (leaves, pods) = (nodes / perLeaf, nodes / perPod)
    var problem = FluidProblem(
      linkCapacity: [Double](repeating: 50, count: 2 * nodes)
        + [Double](repeating: 50 * Double(perLeaf), count: 2 * leaves)
        + [Double](repeating: 50 * Double(perPod) / oversubscription, count: 2 * pods))
    for source in 0..<nodes {
      for destination in stride(from: source % groups, to: nodes, by: groups)
      where destination != source {
        var path = [source]
        if source / perLeaf != destination / perLeaf {
          path.append(2 * nodes + source / perLeaf)
          if source / perPod != destination / perPod {
            path.append(2 * nodes + 2 * leaves + source / perPod)
            path.append(2 * nodes + 2 * leaves + pods + destination / perPod)
          }
          path.append(2 * nodes + leaves + destination / perLeaf)
        }
        path.append(nodes + destination)
        problem.appendFlow(
          bytes: sizes.bytes(from: source, to: destination, unit: unit),
          over: path.map { Int32($0) })
      }
    }
    return problem
  }
}

/// 128 nodes over one fixed path per destination: 8 pods of 4 leaves of 4 nodes, D-mod-k.
private func fixedPathAllToAll(sizes: Sizes) -> FluidProblem {
  let nodes = 128
  var problem = FluidProblem(linkCapacity: [Double](repeating: 50, count: 6 * nodes))
  for source in 0..<nodes {
    for destination in 0..<nodes where destination != source {
      let (spine, core) = (destination % 4, destination / 4 % 4)
      var path = [source]
      if source / 4 != destination / 4 {
        path.append(2 * nodes + source / 4 * 4 + spine)
        if source / 16 != destination / 16 {
          path.append(4 * nodes + (source / 16 * 4 + spine) * 4 + core)
          path.append(5 * nodes + (destination / 16 * 4 + spine) * 4 + core)
        }
        path.append(3 * nodes + destination / 4 * 4 + spine)
      }
      path.append(nodes + destination)
      problem.appendFlow(
        bytes: sizes.bytes(from: source, to: destination, unit: 16_384),
        over: path.map { Int32($0) })
    }
  }
  return problem
}

/// Every node sends to every other one through its own link up and the other's link down, with
/// sizes that differ, so that flows end one after the other.
func unevenAllToAll(nodeCount: Int) -> FluidProblem {
  var random = RandomStream(seed: 3)
  var problem = FluidProblem(linkCapacity: [Double](repeating: 1, count: 2 * nodeCount))
  for source in 0..<nodeCount {
    for destination in 0..<nodeCount where destination != source {
      problem.appendFlow(
        bytes: Double(16_384 * (1 + random.below(64))),
        over: [Int32(source), Int32(nodeCount + destination)])
    }
  }
  return problem
}
