internal import TraceModel

/// Which ranks of the layout a routing log has lines of.
struct LoggedRanks {
  /// Ranks without a line, ascending.
  let missing: [Int]
  private let hasAllOfServer: [Bool]

  /// A log without ranks of its own, whose tokens a reader has dealt out, misses none.
  init(_ routing: Trace) {
    let layout = routing.metadata.layout
    let origin = routing.metadata.provenance["routing.sourceRank"]?.origin ?? .measured
    var isLogged = [Bool](repeating: origin != .measured, count: layout.rankCount)
    for rank in routing.routing.sourceRank where isLogged.indices.contains(Int(rank)) {
      isLogged[Int(rank)] = true
    }
    missing = isLogged.indices.filter { !isLogged[$0] }
    hasAllOfServer = (0..<layout.serverCount).map { server in
      isLogged[server * layout.gpusPerServer..<(server + 1) * layout.gpusPerServer]
        .allSatisfy { $0 }
    }
  }

  /// Whether every rank of a server has lines, so that the log tells all that its tokens moved.
  func hasAll(ofServer server: Int) -> Bool { hasAllOfServer[server] }

  /// The missing ones in words: "rank 3", "ranks 0, 4–7"; nil when none is.
  var words: String? {
    guard let first = missing.first else { return nil }
    var runs = [first...first]
    for rank in missing.dropFirst() {
      if let last = runs.last, last.upperBound == rank - 1 {
        runs[runs.count - 1] = last.lowerBound...rank
      } else {
        runs.append(rank...rank)
      }
    }
    let shown = runs.prefix(8).map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)"
    }
    let rest = runs.count > shown.count ? ", …" : ""
    return "rank\(missing.count == 1 ? "" : "s") \(shown.joined(separator: ", "))\(rest)"
  }
}
