/// Slots under the constraints of EPLB with a less busy busiest rank, and never a busier one.
///
/// From EPLB's answer: pairs of groups are exchanged between servers, each server is filled anew,
/// and then the busiest rank exchanges slots, or a spare replica becomes one of another expert, until
/// neither helps: a local optimum, not always the best. The constraints are EPLB's: whole groups on
/// one server where it is hierarchical, and equally many slots everywhere.
/// - Complexity: EPLB and one refinement, O(slots log slots) for each step within a fixed limit of
///   work; with several groups on a server two refinements for each exchange whose bound allows it, and no
///   more than `fillLimit` in all.
public func refinedBalance(weights: [Float], shape: SlotShape) -> [Int32] {
  let start = EPLB.slots(weights: weights, shape: shape)
  guard shape.isHierarchical, shape.slotCount % shape.serverCount == 0 else {
    return RankBalance(start, weights, rankCount: shape.rankCount).refined().slots
  }
  let perServer = shape.slotCount / shape.serverCount
  let fill = ServerFill(weights: weights, shape: shape)
  var servers = (0..<shape.serverCount).map { server in
    let slots = Array(start[server * perServer..<(server + 1) * perServer])
    return FilledServer(
      groups: Set(slots.map { Int($0) / fill.groupSize }).sorted(),
      balance: RankBalance(slots, weights, rankCount: fill.rankCount).refined())
  }
  var fills = fillLimit
  while let swap = bestGroupSwap(servers, fill, &fills) {
    servers[swap.first] = swap.firstServer
    servers[swap.second] = swap.secondServer
  }
  return servers.flatMap(\.balance.slots)
}

/// Servers that are filled anew at most while groups change places: the most promising exchanges come first.
private let fillLimit = 128

/// The groups of experts on a server, and its ranks.
private struct FilledServer {
  let groups: [Int]
  let balance: RankBalance
}

/// Fills a server with groups of experts.
private struct ServerFill {
  let weights: [Float]
  let shape: SlotShape
  let groupSize: Int
  /// Ranks of one server.
  let rankCount: Int
  private let groupWeights: [Double]

  init(weights: [Float], shape: SlotShape) {
    self.weights = weights
    self.shape = shape
    let size = shape.expertCount / shape.groupCount
    groupSize = size
    rankCount = shape.rankCount / shape.serverCount
    groupWeights = (0..<shape.groupCount).map { group in
      weights[group * size..<(group + 1) * size].reduce(0) { $0 + Double($1) }
    }
  }

  func callAsFunction(_ groups: [Int]) -> FilledServer {
    let groups = groups.sorted()
    let slots = EPLB.serverSlots(ofGroups: groups, weights, shape: shape)
    return FilledServer(
      groups: groups, balance: RankBalance(slots, weights, rankCount: rankCount).refined())
  }

  /// The mean of a server's ranks: its busiest has no less.
  func bound(of groups: [Int]) -> Double {
    groups.reduce(0) { $0 + groupWeights[$1] } / Double(rankCount)
  }
}

private struct GroupSwap {
  var first: Int
  var second: Int
  var firstServer: FilledServer
  var secondServer: FilledServer
}

/// The exchange with the busiest server after which the busier of the two is least busy; nil when
/// none is below the busiest now, or none may be tried any more.
private func bestGroupSwap(
  _ servers: [FilledServer], _ fill: ServerFill, _ fills: inout Int
) -> GroupSwap? {
  let loads = servers.map(\.balance.busiest)
  guard var limit = loads.max(), let busiest = loads.firstIndex(of: limit) else { return nil }
  let mine = servers[busiest].groups
  // Alone on its server, a group is as busy on any other.
  guard mine.count > 1 else { return nil }
  var trials: [(bound: Double, other: Int, here: [Int], there: [Int])] = []
  for other in servers.indices where other != busiest {
    for place in mine.indices {
      for theirs in servers[other].groups.indices {
        var (here, there) = (mine, servers[other].groups)
        swap(&here[place], &there[theirs])
        trials.append((max(fill.bound(of: here), fill.bound(of: there)), other, here, there))
      }
    }
  }
  var best: GroupSwap?
  for place in trials.indices.sorted(by: { (trials[$0].bound, $0) < (trials[$1].bound, $1) }) {
    let trial = trials[place]
    guard fills > 1, trial.bound < limit * (1 - RankBalance.negligible) else { break }
    fills -= 2
    let (here, there) = (fill(trial.here), fill(trial.there))
    let load = max(here.balance.busiest, there.balance.busiest)
    guard load < limit * (1 - RankBalance.rounding) else { continue }
    limit = load
    best = GroupSwap(
      first: busiest, second: trial.other, firstServer: here, secondServer: there)
  }
  return best
}
