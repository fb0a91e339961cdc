import TraceModel

/// Assignments between servers of one layer under some slots, kept up to date as slots change.
///
/// The choice of a replica is that of `ExpertPlacement`, seen from servers: none leaves a server
/// that has one.
struct PortTraffic: PlacementScorer {
  private let experts: Int
  private let perRank: Int
  /// Row per source, column per expert.
  private let tokens: [Int64]
  private let sourceServer: [Int32]
  /// Which replica a source takes in turn where none is near.
  private let sourceTurn: [Int32]
  /// Where a source's expert group begins in `holderServer`.
  private let sourceBase: [Int32]
  /// Server by (expert group, expert index).
  private let holderServer: [Int32]
  /// Region of each server where bytes across regions are the objective.
  private let regionOf: [Int]?
  /// Expert indices that hold each expert, ascending, one for each slot.
  private var holders: [[Int32]]
  private(set) var sent: [Int64]
  private(set) var received: [Int64]
  private(set) var across: Int64 = 0

  init(
    _ loads: ExpertLoads.LayerLoads, slots: [Int32], expertCount: Int, layout: Layout,
    regionOf: [Int]? = nil
  ) {
    let parallelism = layout.parallelism
    experts = expertCount
    perRank = slots.count / parallelism.expert
    tokens = loads.tokens
    sourceServer = loads.sources.map { $0 / Int32(layout.gpusPerServer) }
    sourceTurn = loads.sources.map { Int32(parallelism.expertIndex(ofRank: Int($0))) }
    sourceBase = loads.sources.map {
      Int32(parallelism.expertGroup(ofRank: Int($0)) * parallelism.expert)
    }
    holderServer = (0..<parallelism.expertGroupCount).flatMap { group in
      parallelism.ranks(ofExpertGroup: group).map { Int32($0 / layout.gpusPerServer) }
    }
    self.regionOf = regionOf
    holders = [[Int32]](repeating: [], count: expertCount)
    for (slot, expert) in slots.enumerated() {
      holders[Int(expert)].append(Int32(slot / perRank))
    }
    sent = [Int64](repeating: 0, count: layout.serverCount)
    received = sent
    for expert in 0..<Int32(expertCount) { add(expert, times: 1) }
  }

  /// The larger of what the busiest server sends and receives.
  var busiestPort: Int64 { max(sent.max() ?? 0, received.max() ?? 0) }

  var score: PlacementScore {
    if regionOf != nil { return PlacementScore(first: Double(across), second: squares) }
    return PlacementScore(first: Double(busiestPort), second: squares)
  }

  /// Prefers even ports where the busiest stays: a way off a plateau.
  private var squares: Double {
    sent.indices.reduce(0) {
      $0 + Double(sent[$1]) * Double(sent[$1]) + Double(received[$1]) * Double(received[$1])
    }
  }

  mutating func place(_ slots: [Int32], changed change: SlotChange) {
    let ranks = (change.slot / perRank, change.other / perRank)
    for expert in change.experts {
      add(expert, times: -1)
      recount(expert, on: ranks.0, in: slots)
      if ranks.1 != ranks.0 { recount(expert, on: ranks.1, in: slots) }
      add(expert, times: 1)
    }
  }

  /// Corrects how often a rank holds an expert.
  private mutating func recount(_ expert: Int32, on rank: Int, in slots: [Int32]) {
    let held = slots[rank * perRank..<(rank + 1) * perRank].count { $0 == expert }
    holders[Int(expert)].removeAll { $0 == rank }
    let place = holders[Int(expert)].firstIndex { $0 > rank } ?? holders[Int(expert)].count
    holders[Int(expert)].insert(contentsOf: repeatElement(Int32(rank), count: held), at: place)
  }

  private mutating func add(_ expert: Int32, times sign: Int64) {
    let holders = holders[Int(expert)]
    guard !holders.isEmpty else { return }
    for source in sourceServer.indices {
      let count = tokens[source * experts + Int(expert)] * sign
      if count == 0 { continue }
      let server = sourceServer[source]
      let base = Int(sourceBase[source])
      if holders.contains(where: { holderServer[base + Int($0)] == server }) { continue }
      let holder = holders[Int(sourceTurn[source]) % holders.count]
      let other = Int(holderServer[base + Int(holder)])
      sent[Int(server)] += count
      received[other] += count
      if let regionOf, regionOf[Int(server)] != regionOf[other] { across += count }
    }
  }
}
