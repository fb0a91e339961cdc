internal import TraceModel

/// Sets of servers between which expert traffic runs, each with a time line of its own.
///
/// Data-parallel copies of the experts and pipeline stages do not talk to each other in all-to-alls,
/// so nothing says that their bursts keep a common order.
struct JoinSites {
  /// Site of each server; servers without expert traffic have one of their own.
  let ofServer: [Int32]
  let count: Int
  /// Servers whose tokens are compared: those with all their ranks in the log, or all of a site that
  /// has none of these.
  let isCompared: [Bool]

  /// - Parameter workload: of the routing, at server grain.
  init(_ workload: Workload, logged: LoggedRanks) {
    var sets = DisjointSets(count: workload.layout.serverCount)
    for row in 0..<workload.demands.source.count where workload.demands.amount[row] > 0 {
      sets.join(Int(workload.demands.source[row]), Int(workload.demands.destination[row]))
    }
    (ofServer, count) = sets.numbered()
    var hasLogged = [Bool](repeating: false, count: count)
    for (server, site) in ofServer.enumerated() where logged.hasAll(ofServer: server) {
      hasLogged[Int(site)] = true
    }
    isCompared = ofServer.enumerated().map { server, site in
      logged.hasAll(ofServer: server) || !hasLogged[Int(site)]
    }
  }

  func pair(_ source: Int, _ destination: Int) -> Int64 {
    Int64(source) * Int64(ofServer.count) + Int64(destination)
  }

  /// Whether the log tells the bytes of a pair.
  ///
  /// - Parameter runsFromExperts: whether the tokens' owner is the destination.
  func isCompared(_ pair: Int64, runsFromExperts: Bool) -> Bool {
    let servers = Int64(ofServer.count)
    return isCompared[Int(runsFromExperts ? pair % servers : pair / servers)]
  }
}
