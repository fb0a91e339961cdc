package import TraceModel

/// What failures leave of each server's NICs and of each region's circuits.
package struct FailureEffects: Sendable {
  /// Failed electrical NICs of each server or its spare, ascending.
  package private(set) var failedElectricalNICs: [[Int]]
  /// The part of its optical NICs that works, by server.
  package private(set) var opticalShare: [Double]
  /// Servers whose ranks run on a spare: place in the network after all servers, by server.
  package private(set) var sparePlace: [Int?]
  /// The part of its planes that works, by region.
  package private(set) var planeShare: [Double]

  /// - Throws: a `ReplayError` for a part that the fabric does not have.
  package init(
    _ fabric: FabricSpecification, layout: Layout, regionCount: Int
  ) throws(ReplayError) {
    let servers = layout.serverCount
    failedElectricalNICs = Array(repeating: [], count: servers)
    opticalShare = Array(repeating: 1, count: servers)
    sparePlace = Array(repeating: nil, count: servers)
    planeShare = Array(repeating: 1, count: regionCount)
    var spares = 0
    let planes = fabric.optical?.planes ?? 0
    for failure in Self.distinct(fabric.failures) {
      switch failure {
      case .nic(let server, let nic):
        try Self.check(server, below: servers, "servers", failure)
        try Self.check(nic, below: fabric.nicsPerServer, "NICs per server", failure)
        if nic < fabric.electricalNICsPerServer {
          failedElectricalNICs[server].append(nic)
        } else {
          opticalShare[server] -= 1 / Double(fabric.opticalNICsPerServer)
        }
      case .server(let server):
        try Self.check(server, below: servers, "servers", failure)
        let nics = fabric.electricalNICsPerServer
        guard nics > 0, fabric.electrical.hostsSpares(nicsPerServer: nics) else {
          throw ReplayError(
            "a spare joins a packet-switched network, and this fabric has none",
            at: "failure \"\(failure)\"")
        }
        sparePlace[server] = servers + spares
        spares += 1
      case .opticalSwitch(let region, let plane):
        try Self.check(region, below: regionCount, "regions", failure)
        try Self.check(plane, below: planes, "planes", failure)
        planeShare[region] -= 1 / Double(planes)
      case .controller where fabric.optical == nil:
        throw ReplayError("no circuits to control", at: "failure \"\(failure)\"")
      case .controller, .uplink, .link: break
      }
    }
    // Subtracting parts one by one must not leave a sliver.
    opticalShare = opticalShare.map { $0 < 1e-9 ? 0 : $0 }
    planeShare = planeShare.map { $0 < 1e-9 ? 0 : $0 }
    // What has failed in a replaced server is out of use with it.
    failedElectricalNICs = zip(failedElectricalNICs, sparePlace).map { failed, spare in
      spare == nil ? failed.sorted() : []
    }
  }

  /// The part of a pair's circuits inside a region that works.
  func circuitShare(from source: Int, to destination: Int, region: Int) -> Double {
    guard sparePlace[source] == nil, sparePlace[destination] == nil else { return 0 }
    return min(opticalShare[source], opticalShare[destination]) * planeShare[region]
  }

  /// Each failure once, in order.
  private static func distinct(_ failures: [Failure]) -> [Failure] {
    var seen = Set<Failure>()
    return failures.filter { seen.insert($0).inserted }
  }

  private static func check(
    _ number: Int, below count: Int, _ what: String, _ failure: Failure
  ) throws(ReplayError) {
    guard (0..<count).contains(number) else {
      throw ReplayError(
        "there are \(count) \(what), numbered from 0", at: "failure \"\(failure)\"")
    }
  }
}
