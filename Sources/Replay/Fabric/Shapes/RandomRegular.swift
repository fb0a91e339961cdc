internal import TraceModel

/// Every server joined to `degree` others at random (Jellyfish, Singla et al., NSDI'12), by a seed.
///
/// Free ports are joined at random; when only joined servers have free ports left, a link between
/// others is broken up for them. One port of one server stays free when servers × degree is odd. A
/// graph that falls apart is drawn again, a few times.
public struct RandomRegular: DirectShape {
  public var degree: Int
  public var seed: UInt64

  public init(degree: Int, seed: UInt64 = 1) {
    self.degree = degree
    self.seed = seed
  }

  public var name: String { "random-regular" }
  public var effectiveParameters: [EffectiveParameter] {
    [EffectiveParameter("neighbours per server", degree), EffectiveParameter("graph seed", seed)]
  }

  public func defect(serverCount: Int) -> String? {
    degree >= 0 && degree < max(1, serverCount)
      ? nil : "\(degree) neighbours per server among \(serverCount) servers"
  }

  public func graph(serverCount: Int) -> DirectGraph {
    var random = RandomStream(seed: seed)
    var graph = DirectGraph(serverCount: serverCount)
    for _ in 0..<32 {
      var builder = RegularGraphBuilder(serverCount: serverCount, degree: degree)
      builder.fill(&random)
      graph = DirectGraph(serverCount: serverCount)
      for pair in builder.pairs { graph.join(pair.left, pair.right) }
      if graph.isConnected { break }
    }
    return graph
  }
}

/// Joins servers at random until all ports are used.
private struct RegularGraphBuilder {
  private let serverCount: Int
  private var free: [Int]
  private var isJoined: Set<Int> = []
  private(set) var pairs: [(left: Int, right: Int)] = []

  init(serverCount: Int, degree: Int) {
    self.serverCount = serverCount
    free = Array(repeating: degree, count: serverCount)
  }

  mutating func fill(_ random: inout RandomStream) {
    var open = Array(0..<serverCount).filter { free[$0] > 0 }
    while !open.isEmpty {
      if !joinRandomPair(of: open, &random), !breakUp(for: open, &random) { return }
      open.removeAll { free[$0] == 0 }
    }
  }

  private func key(_ left: Int, _ right: Int) -> Int {
    min(left, right) * serverCount + max(left, right)
  }

  private mutating func join(_ left: Int, _ right: Int) {
    isJoined.insert(key(left, right))
    pairs.append((left, right))
    free[left] -= 1
    free[right] -= 1
  }

  /// Joins two servers with free ports that are not joined; false when there are none.
  private mutating func joinRandomPair(of open: [Int], _ random: inout RandomStream) -> Bool {
    for _ in 0..<32 where open.count > 1 {
      let (left, right) = (open[random.below(open.count)], open[random.below(open.count)])
      if left != right, !isJoined.contains(key(left, right)) {
        join(left, right)
        return true
      }
    }
    // Few are left: look at all.
    var candidates: [(Int, Int)] = []
    for (index, left) in open.enumerated() {
      for right in open[(index + 1)...] where !isJoined.contains(key(left, right)) {
        candidates.append((left, right))
      }
      if candidates.count > 1024 { break }
    }
    guard !candidates.isEmpty else { return false }
    let (left, right) = candidates[random.below(candidates.count)]
    join(left, right)
    return true
  }

  /// Puts two free ports into a link of two other servers; false when no link can be broken up.
  private mutating func breakUp(for open: [Int], _ random: inout RandomStream) -> Bool {
    let first = open[0]
    let second = free[first] > 1 ? first : (open.count > 1 ? open[1] : first)
    if first == second && free[first] < 2 { return false }
    for index in random.permutation(pairs.count) {
      let (left, right) = pairs[index]
      guard ![left, right].contains(first), ![left, right].contains(second),
        !isJoined.contains(key(first, left)), !isJoined.contains(key(second, right))
      else { continue }
      isJoined.remove(key(left, right))
      pairs.remove(at: index)
      free[left] += 1
      free[right] += 1
      join(first, left)
      join(second, right)
      return true
    }
    return false
  }
}
