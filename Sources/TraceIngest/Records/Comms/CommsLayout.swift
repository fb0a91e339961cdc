internal import TraceModel

/// Servers and GPUs for the ranks of a trace of communication calls.
enum CommsLayout {
  /// The declared layout when it has the ranks, else one that the GPU numbers of the ranks suggest.
  ///
  /// - Parameters:
  ///   - devices: (rank, GPU inside its server or nil) of the ranks that were read.
  ///   - hosts: (rank, name of its server or nil) of the ranks that were read.
  static func layout(
    declared: Layout?, rankCount: Int, devices: [(Int32, Int32?)] = [],
    hosts: [(Int32, String?)] = [], summary: inout IngestSummary
  ) throws(IngestError) -> Layout {
    if let declared {
      guard rankCount <= declared.rankCount else {
        throw IngestError(
          "the trace has \(rankCount) ranks, the layout has \(declared.rankCount)",
          at: summary.sources.first?.name ?? "input",
          advice: "Declare the layout that it was recorded on.")
      }
      return declared
    }
    let byHost = gpusPerServer(hosts: hosts, rankCount: rankCount)
    let recorded = byHost ?? gpusPerServer(devices, rankCount: rankCount)
    let gpus = recorded ?? (1...8).last { rankCount % $0 == 0 } ?? 1
    let method =
      byHost != nil
      ? "servers of the ranks"
      : recorded == nil ? "ranks of the trace, up to 8 per server" : "GPU numbers of the ranks"
    summary.provenance["layout"] = Provenance(.inferred, method: method)
    let servers = rankCount == gpus ? "one server" : "\(rankCount / gpus) servers"
    summary.notes.append(
      "no layout declared: \(rankCount) ranks taken as \(servers) of \(gpus) GPUs (\(method))")
    return Layout(serverCount: rankCount / gpus, gpusPerServer: gpus)
  }

  /// GPUs in a server when the names of the servers divide the ranks that were read into whole
  /// blocks of one size; nil else, and where one rank alone of each server was read of a larger job.
  private static func gpusPerServer(hosts: [(Int32, String?)], rankCount: Int) -> Int? {
    var ranksOfHost: [String: [Int]] = [:]
    for (rank, host) in hosts {
      guard let host else { return nil }
      ranksOfHost[host, default: []].append(Int(rank))
    }
    guard let gpus = ranksOfHost.values.lazy.map(\.count).max(), gpus <= Layout.deviceLimit,
      rankCount % gpus == 0, gpus > 1 || hosts.count == rankCount
    else { return nil }
    let areBlocks = ranksOfHost.values.allSatisfy { ranks in
      ranks.count == gpus && Set(ranks.map { $0 / gpus }).count == 1
    }
    return areBlocks ? gpus : nil
  }

  /// GPUs in a server when the numbers of all known ranks fit rank % GPUs, and they show a whole
  /// server; nil else.
  private static func gpusPerServer(_ devices: [(Int32, Int32?)], rankCount: Int) -> Int? {
    let known = devices.compactMap { rank, device in device.map { (Int(rank), Int($0)) } }
    guard let highest = known.map(\.1).max() else { return nil }
    let gpus = highest + 1
    guard gpus > 1, gpus <= Layout.deviceLimit, rankCount % gpus == 0,
      known.allSatisfy({ $0.0 % gpus == $0.1 })
    else { return nil }
    return gpus
  }
}
