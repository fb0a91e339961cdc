/// What every link carried over a replay.
struct LinkTraffic: Sendable {
  private let network: FabricNetwork
  /// Whether any link of the fabric is a circuit that never changes.
  let hasPatchedLinks: Bool
  private var bytes: [Double]
  /// By region and cell of its circuit matrix.
  private var circuitBytes: [[Double]]
  /// By region and cell: bytes that the circuits could have carried during all communication while
  /// they were in place.
  private var circuitRoom: [[Double]]
  /// Nanoseconds during which anything was on the way.
  private var communicationTime = 0.0
  /// Since `settle`.
  private var placements: [Placement] = []
  private var communication = BusyTime()

  /// Circuits of a region while they were in place.
  private struct Placement: Sendable {
    var region: Int
    var matrix: CircuitMatrix
    var from: Double
    var to: Double
  }

  init(_ network: FabricNetwork) {
    self.network = network
    bytes = [Double](repeating: 0, count: network.links.count)
    circuitBytes = [[Double]](repeating: [], count: network.regions.count)
    circuitRoom = circuitBytes
    hasPatchedLinks = network.links.tier.contains(.circuit)
  }

  /// True of an optical circuit that never changes.
  func isPatched(_ link: Int) -> Bool { network.links.tier[link] == .circuit }

  /// Notes that something was on the way.
  mutating func addCommunication(from start: Double, to end: Double) {
    communication.add(from: start, to: end)
  }

  /// Notes that a region's circuits were in place, used or not.
  mutating func addPlacement(
    of matrix: CircuitMatrix, region: Int, from start: Double, to end: Double
  ) {
    placements.append(Placement(region: region, matrix: matrix, from: start, to: end))
  }

  mutating func add(_ amount: Double, to link: Int) { bytes[link] += amount }

  mutating func add(_ amount: Double, toCell cell: Int, of region: Int) {
    if circuitBytes[region].isEmpty { circuitBytes[region] = noCircuits(in: region) }
    circuitBytes[region][cell] += amount
  }

  private func noCircuits(in region: Int) -> [Double] {
    let size = network.regions[region].count
    return [Double](repeating: 0, count: size * size)
  }

  /// Adds up what was noted since the last time; nothing that is noted later may lie before its end.
  mutating func settle() {
    let totals = communication.totals()
    communicationTime += totals.all
    let network = network
    for placement in placements {
      let time = totals.time(from: placement.from, to: placement.to)
      guard time > 0 else { continue }
      let (region, servers) = (placement.region, network.regions[placement.region])
      if circuitRoom[region].isEmpty { circuitRoom[region] = noCircuits(in: region) }
      for (cell, count) in placement.matrix.cells.enumerated() where count > 0 {
        let rate = network.circuitRate(
          from: servers[cell / servers.count], to: servers[cell % servers.count])
        circuitRoom[region][cell] += Double(count) * rate * time
      }
    }
    placements.removeAll(keepingCapacity: true)
    communication.removeAll()
  }

  /// The links with the highest utilisation; ties stay in the order of the links.
  func busiest(_ count: Int) -> [LinkUse] {
    let time = communicationTime
    guard time > 0, count > 0 else { return [] }
    var uses: [(name: LinkName, tier: LinkTier, bytes: Double, utilisation: Double)] = []
    for link in bytes.indices where bytes[link] > 0 {
      uses.append(
        (
          network.links.name[link], network.links.tier[link], bytes[link],
          bytes[link] / (network.links.capacity[link] * time)
        ))
    }
    for (region, servers) in network.regions.enumerated() {
      for (cell, amount) in circuitBytes[region].enumerated() where amount > 0 {
        uses.append(
          (
            .circuit(
              source: servers[cell / servers.count], destination: servers[cell % servers.count]),
            .circuit, amount,
            amount / max(circuitRoom[region].isEmpty ? 0 : circuitRoom[region][cell], amount)
          ))
      }
    }
    let ranks = uses.indices.sorted {
      (uses[$1].utilisation, $0) < (uses[$0].utilisation, $1)
    }
    return ranks.prefix(count).map {
      LinkUse(
        name: uses[$0].name.description, tier: uses[$0].tier, bytes: uses[$0].bytes,
        utilisation: uses[$0].utilisation)
    }
  }
}
