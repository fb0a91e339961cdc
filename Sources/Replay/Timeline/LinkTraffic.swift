/// What every link carried over a replay.
struct LinkTraffic {
  private let network: FabricNetwork
  private var bytes: [Double]
  private var circuits: [Pair: Circuit] = [:]

  private struct Pair: Hashable {
    var source: Int
    var destination: Int
  }

  private struct Circuit {
    var bytes = 0.0
    /// Bytes that the circuits could have carried during all communication while in place.
    var room = 0.0
  }

  init(_ network: FabricNetwork) {
    self.network = network
    bytes = [Double](repeating: 0, count: network.links.count)
  }

  mutating func add(_ outcome: PhaseOutcome, scale: Double) {
    for link in outcome.linkBytes.indices { bytes[link] += outcome.linkBytes[link] * scale }
    for use in outcome.circuitUses {
      let pair = Pair(source: use.source, destination: use.destination)
      circuits[pair, default: Circuit()].bytes += use.bytes * scale
    }
  }

  /// Notes that a region's circuits were in place during so much communication, used or not.
  mutating func addRoom(of matrix: CircuitMatrix, region: Int, during time: Double) {
    guard time > 0 else { return }
    let servers = network.regions[region]
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size where matrix[source, destination] > 0 {
        circuits[
          Pair(source: servers[source], destination: servers[destination]), default: Circuit()
        ].room += Double(matrix[source, destination]) * network.fabric.nicRate * time
      }
    }
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
    let ordered = circuits.sorted {
      ($0.key.source, $0.key.destination) < ($1.key.source, $1.key.destination)
    }
    for (pair, circuit) in ordered where circuit.bytes > 0 {
      uses.append(
        (
          .circuit(source: pair.source, destination: pair.destination), .circuit, circuit.bytes,
          circuit.bytes / circuit.room
        ))
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
