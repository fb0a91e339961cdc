internal import TraceModel

/// Servers and GPUs for the ranks of a trace of communication calls.
enum CommsLayout {
  /// The declared layout when it has the ranks, else one that the GPU numbers of the ranks suggest.
  ///
  /// - Parameter devices: (rank, GPU inside its server or nil) of the ranks that were read.
  static func layout(
    declared: Layout?, rankCount: Int, devices: [(Int32, Int32?)], summary: inout IngestSummary
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
    let recorded = gpusPerServer(devices, rankCount: rankCount)
    let gpus = recorded ?? (1...8).last { rankCount % $0 == 0 } ?? 1
    let method =
      recorded == nil ? "ranks of the trace, up to 8 per server" : "GPU numbers of the ranks"
    summary.provenance["layout"] = Provenance(.inferred, method: method)
    let servers = rankCount == gpus ? "one server" : "\(rankCount / gpus) servers"
    summary.notes.append(
      "no layout declared: \(rankCount) ranks taken as \(servers) of \(gpus) GPUs (\(method))")
    return Layout(serverCount: rankCount / gpus, gpusPerServer: gpus)
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
