/// What every link carried over a replay.
struct LinkTraffic: Sendable {
  private let network: FabricNetwork
  private var bytes: [Double]
  /// By region and cell of its circuit matrix: bytes carried, and bytes that the circuits could have
  /// carried during all communication while in place.
  private var circuitBytes: [[Double]]
  private var circuitRoom: [[Double]]

  init(_ network: FabricNetwork) {
    self.network = network
    bytes = [Double](repeating: 0, count: network.links.count)
    circuitBytes = [[Double]](repeating: [], count: network.regions.count)
    circuitRoom = circuitBytes
  }

  mutating func add(_ amount: Double, to link: Int) { bytes[link] += amount }

  mutating func add(_ amount: Double, toCell cell: Int, of region: Int) {
    allocate(region)
    circuitBytes[region][cell] += amount
  }

  /// Notes that a region's circuits were in place during so much communication, used or not.
  mutating func addRoom(of matrix: CircuitMatrix, region: Int, during time: Double) {
    guard time > 0 else { return }
    allocate(region)
    for (cell, count) in matrix.cells.enumerated() where count > 0 {
      circuitRoom[region][cell] += Double(count) * network.fabric.nicRate * time
    }
  }

  private mutating func allocate(_ region: Int) {
    guard circuitBytes[region].isEmpty else { return }
    let size = network.regions[region].count
    circuitBytes[region] = [Double](repeating: 0, count: size * size)
    circuitRoom[region] = circuitBytes[region]
  }

  /// The links with the highest utilisation; ties stay in the order of the links.
  func busiest(_ count: Int, during time: Double) -> [LinkUse] {
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
            .circuit, amount, amount / max(circuitRoom[region][cell], amount)
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
