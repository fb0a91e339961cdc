/// What a link is part of.
public enum LinkTier: String, Sendable, Hashable, CaseIterable {
  /// Between the GPUs of a server or scale-up domain.
  case scaleUp = "scale-up"
  /// Between a server and the electrical network.
  case nic = "NIC"
  /// Inside the electrical network.
  case network = "network"
  /// A circuit, changing or patched for good, all of a pair's circuits in one direction together.
  case circuit = "circuit"
}

/// Which link it is; the words are made only for those that are printed.
public enum LinkName: Sendable, Hashable, CustomStringConvertible {
  case gpuOut(rank: Int)
  case gpuIn(rank: Int)
  /// All GPUs of a server together.
  case serverOut(server: Int)
  case serverIn(server: Int)
  /// Both at once, where a server is its own scale-up domain.
  case scaleUpPool(server: Int)
  case nicUp(server: Int, nic: Int?)
  case nicDown(server: Int, nic: Int?)
  case up(tier: String, group: Int)
  case down(tier: String, group: Int)
  /// One cable of a leaf or pod, where cables are not pooled.
  case cable(tier: String, group: Int, cable: Int, isUp: Bool)
  /// All direct links from one server to another together.
  case direct(source: Int, destination: Int)
  case packetUp(server: Int)
  case packetDown(server: Int)
  case circuit(source: Int, destination: Int)

  public var description: String {
    func port(_ server: Int, _ nic: Int?) -> String {
      nic.map { "server \(server) NIC \($0)" } ?? "server \(server) NICs"
    }
    return switch self {
    case .gpuOut(let rank): "rank \(rank) scale-up out"
    case .gpuIn(let rank): "rank \(rank) scale-up in"
    case .serverOut(let server): "server \(server) scale-up out"
    case .serverIn(let server): "server \(server) scale-up in"
    case .scaleUpPool(let server): "server \(server) scale-up, all GPUs"
    case .nicUp(let server, let nic): port(server, nic) + " up"
    case .nicDown(let server, let nic): port(server, nic) + " down"
    case .up(let tier, let group): "\(tier) \(group) up"
    case .down(let tier, let group): "\(tier) \(group) down"
    case .cable(let tier, let group, let cable, let isUp):
      "\(tier) \(group) cable \(cable) \(isUp ? "up" : "down")"
    case .direct(let source, let destination): "direct link \(source) → \(destination)"
    case .packetUp(let server): "server \(server) electrical NICs up"
    case .packetDown(let server): "server \(server) electrical NICs down"
    case .circuit(let source, let destination): "circuit \(source) → \(destination)"
    }
  }
}

extension LinkName {
  /// What a lower bound that rests on this link is called, for links inside the electrical network.
  var boundName: String {
    switch self {
    case .up(let tier, _), .cable(let tier, _, _, true): "\(tier) uplink"
    case .down(let tier, _), .cable(let tier, _, _, false): "\(tier) downlink"
    case .direct: "direct link"
    case .packetUp, .packetDown: "electrical NIC"
    default: "scale-up"
    }
  }
}

/// The links of a built fabric that do not depend on the circuits.
public struct LinkTable: Sendable {
  /// Bytes per nanosecond.
  public private(set) var capacity: [Double] = []
  public private(set) var tier: [LinkTier] = []
  public private(set) var name: [LinkName] = []

  public init() {}

  public var count: Int { capacity.count }

  /// Adds a link and returns its number.
  public mutating func append(_ name: LinkName, tier: LinkTier, capacity: Double) -> Int32 {
    self.name.append(name)
    self.tier.append(tier)
    self.capacity.append(capacity)
    return Int32(count - 1)
  }
}
