public import TraceModel

/// Which experts of one layer the same tokens choose, and what living together saves.
///
/// Needs token-level sets: counts of assignments do not say which of them belong to one token.
public struct CoActivation: Sendable, Hashable {
  public let layer: Int32
  public let expertCount: Int
  /// Tokens that chose both experts, row-major and symmetric; the diagonal holds each one's tokens.
  public let tokens: [Int64]
  /// Distinct (source rank, expert set) and how many tokens had them.
  private var sources: [Int32] = []
  private var sets: [Int32] = []
  private var counts: [Int64] = []
  private var offsets: [Int] = [0]

  /// Chosen experts over all rows: what one pass costs.
  var entryCount: Int { sets.count }

  /// Nil where the routing counts assignments only, or has nothing of the layer.
  ///
  /// - Parameter iterations: those to count; nil for all.
  /// - Complexity: O(tokens' sets × their size²).
  public init?(of trace: Trace, layer: Int32, iterations: Set<Int32>? = nil) {
    guard trace.metadata.routingUnit == .tokens else { return nil }
    self.layer = layer
    let expertCount = trace.expertCount
    self.expertCount = expertCount
    var wanted = KeyTable()
    for operation in trace.operations.rows
    where operation.layer == layer && iterations?.contains(operation.iteration) != false {
      _ = wanted.number(of: UInt64(UInt32(bitPattern: operation.id)))
    }
    var tokens = [Int64](repeating: 0, count: expertCount * expertCount)
    let routing = trace.routing
    for row in 0..<routing.count {
      let id = UInt64(UInt32(bitPattern: routing.operation[row]))
      let set = routing.experts[routing.expertOffsets[row]..<routing.expertOffsets[row + 1]]
      guard wanted.existingNumber(of: id) != nil,
        set.allSatisfy({ $0 >= 0 && $0 < expertCount })
      else { continue }
      for first in set {
        for second in set {
          tokens[Int(first) * expertCount + Int(second)] &+= routing.tokens[row]
        }
      }
      sources.append(routing.sourceRank[row])
      counts.append(routing.tokens[row])
      sets.append(contentsOf: set)
      offsets.append(sets.count)
    }
    guard !counts.isEmpty else { return nil }
    self.tokens = tokens
  }

  /// Token copies that leave their server when each server gets one copy of a token, however many
  /// of its experts are there: exact (a token's servers less its own).
  ///
  /// - Complexity: O(sets × their size).
  public func copiesBetweenServers(under placement: ExpertPlacement) -> Int64 {
    let layout = placement.layout
    var stamps = [Int](repeating: -1, count: layout.serverCount)
    var copies = Int64(0)
    for row in counts.indices {
      let source = Int(sources[row])
      guard source >= 0, source < layout.rankCount else { continue }
      stamps[source / layout.gpusPerServer] = row
      for entry in offsets[row]..<offsets[row + 1] {
        let rank = placement.rank(ofExpert: Int(sets[entry]), layer: layer, from: source)
        let server = rank / layout.gpusPerServer
        if stamps[server] != row { copies += counts[row] }
        stamps[server] = row
      }
    }
    return copies
  }

  /// Groups of experts that share tokens, as slots without replicas: each server in turn is filled
  /// with the experts that go with those it has.
  ///
  /// A start for a search: it cares for co-activation alone, and may load servers unevenly.
  /// - Parameters:
  ///   - rankCount: expert-parallel ranks, which divide the experts.
  ///   - ranksPerServer: successive ranks that share a server.
  /// - Complexity: O(experts²).
  public func gatheredSlots(rankCount: Int, ranksPerServer: Int) -> [Int32] {
    precondition(rankCount > 0 && expertCount % rankCount == 0 && ranksPerServer > 0)
    let perServer = expertCount / rankCount * ranksPerServer
    var isFree = [Bool](repeating: true, count: expertCount)
    var slots: [Int32] = []
    var attraction = [Int64](repeating: 0, count: expertCount)
    for place in 0..<expertCount {
      if place % perServer == 0 {
        for expert in 0..<expertCount { attraction[expert] = tokens[expert * (expertCount + 1)] }
      }
      var best: Int?
      for expert in 0..<expertCount where isFree[expert] {
        if let known = best, attraction[known] >= attraction[expert] { continue }
        best = expert
      }
      guard let best else { break }
      isFree[best] = false
      slots.append(Int32(best))
      // The first of a server is its busiest; from then on only company counts.
      if place % perServer == 0 { attraction = [Int64](repeating: 0, count: expertCount) }
      for expert in 0..<expertCount where expert != best {
        attraction[expert] += tokens[best * expertCount + expert]
      }
    }
    return slots
  }
}
