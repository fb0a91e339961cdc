/// Servers, their GPUs and NICs, and which rank sits where.
///
/// Rank r is GPU `r % gpusPerServer` of server `r / gpusPerServer`. NICs are numbered the same way.
public struct Layout: Sendable, Hashable, Codable {
  public static let serverLimit = 1_000_000
  /// Largest number of GPUs, and of NICs, in one server.
  public static let deviceLimit = 1_024

  public var serverCount: Int
  public var gpusPerServer: Int
  public var nicsPerServer: Int
  /// Servers that share one scale-up (NVLink) domain; 1 when the domain is the server.
  public var serversPerScaleUpDomain: Int
  public var parallelism: Parallelism
  /// Network addresses and where they live; the index is the address id used by messages.
  public var addresses: [NICAddress]

  /// A layout of equal servers; without `parallelism` every rank is one expert-parallel group.
  public init(
    serverCount: Int, gpusPerServer: Int, nicsPerServer: Int? = nil,
    serversPerScaleUpDomain: Int = 1, parallelism: Parallelism? = nil,
    addresses: [NICAddress] = []
  ) {
    self.serverCount = serverCount
    self.gpusPerServer = gpusPerServer
    self.nicsPerServer = nicsPerServer ?? gpusPerServer
    self.serversPerScaleUpDomain = serversPerScaleUpDomain
    // Numbers that overflow here are a defect, which is asked for before they are used.
    let ranks = serverCount &* gpusPerServer
    self.parallelism = parallelism ?? Parallelism(expert: ranks, data: ranks)
    self.addresses = addresses
  }

  public var rankCount: Int { serverCount * gpusPerServer }
  public var nicCount: Int { serverCount * nicsPerServer }

  /// Number of ends at a grain: ranks, NICs or servers.
  public func endpointCount(at grain: Grain) -> Int {
    switch grain {
    case .rank: rankCount
    case .nic: nicCount
    case .server: serverCount
    }
  }

  /// The server on which an end of the given grain sits.
  public func server(of endpoint: Int, at grain: Grain) -> Int {
    switch grain {
    case .rank: endpoint / gpusPerServer
    case .nic: endpoint / nicsPerServer
    case .server: endpoint
    }
  }

  /// Why the layout cannot describe a cluster, in words, or nil when it can.
  public var defect: String? {
    let counts = [
      ("servers", serverCount, Self.serverLimit),
      ("gpus_per_server", gpusPerServer, Self.deviceLimit),
      ("nics_per_server", nicsPerServer, Self.deviceLimit),
    ]
    if let bad = counts.first(where: { !(1...$0.2).contains($0.1) }) {
      return "\(bad.0) is \(bad.1); it must be from 1 to \(bad.2)"
    }
    if serversPerScaleUpDomain < 1 || serverCount % serversPerScaleUpDomain != 0 {
      return "\(serverCount) servers cannot be divided into scale-up domains of "
        + "\(serversPerScaleUpDomain)"
    }
    if let defect = parallelism.defect { return defect }
    if parallelism.rankCount != rankCount {
      return "\(serverCount) servers × \(gpusPerServer) GPUs are \(rankCount) ranks, but the "
        + "parallel sizes need \(parallelism.rankCount)"
    }
    let outside = addresses.first {
      !(0..<serverCount).contains($0.server) || !(0..<nicsPerServer).contains($0.nic)
    }
    if let outside {
      return
        "address \(outside.text) is on NIC \(outside.nic) of server \(outside.server), outside "
        + "\(serverCount) servers of \(nicsPerServer) NICs"
    }
    return nil
  }
}

/// One network address of the cluster: an IPv4, IPv6 or InfiniBand (LID, GID) address as text.
public struct NICAddress: Sendable, Hashable, Codable {
  public var text: String
  public var server: Int
  /// NIC inside its server.
  public var nic: Int

  public init(text: String, server: Int, nic: Int) {
    self.text = text
    self.server = server
    self.nic = nic
  }
}
