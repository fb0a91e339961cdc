/// Servers joined by direct links, without switches; servers forward.
public struct DirectGraph: Sendable, Hashable {
  /// Largest number of servers: paths are found in tables of all pairs.
  public static let serverLimit = 4096

  /// What one direct link carries in its direction.
  public enum Rate: Sendable, Hashable {
    /// An even part of what declared links leave of its ends' NICs: the smaller of both.
    case evenShare
    /// So many NICs at each end.
    case nics(Int)
    /// Declared, payload and headers.
    case bitsPerSecond(Double)
  }

  /// One direct link in one direction.
  public struct Edge: Sendable, Hashable {
    public var source: Int
    public var destination: Int
    public var rate: Rate
  }

  public let serverCount: Int
  public private(set) var edges: [Edge] = []

  public init(serverCount: Int) { self.serverCount = serverCount }

  /// Adds a link in one direction.
  public mutating func addEdge(from source: Int, to destination: Int, rate: Rate = .evenShare) {
    edges.append(Edge(source: source, destination: destination, rate: rate))
  }

  /// Adds a link in both directions.
  public mutating func join(_ left: Int, _ right: Int, rate: Rate = .evenShare) {
    addEdge(from: left, to: right, rate: rate)
    addEdge(from: right, to: left, rate: rate)
  }

  /// All links of two graphs over the same servers.
  public func adding(_ other: DirectGraph) -> DirectGraph {
    var sum = self
    for edge in other.edges {
      sum.addEdge(from: edge.source, to: edge.destination, rate: edge.rate)
    }
    return sum
  }

  /// True when links, whatever their direction, lead from every server to every other.
  public var isConnected: Bool {
    var group = Array(0..<serverCount)
    func root(of server: Int) -> Int {
      var server = server
      while group[server] != server { server = group[server] }
      return server
    }
    var groups = serverCount
    for edge in edges {
      let (left, right) = (root(of: edge.source), root(of: edge.destination))
      if left != right {
        group[max(left, right)] = min(left, right)
        groups -= 1
      }
    }
    return groups <= 1
  }

  /// Bytes per nanosecond of every edge, when a server's NICs together carry `serverRate`.
  ///
  /// - Parameter rateOfBits: bytes per nanosecond of a declared rate in bits per second.
  func capacities(
    serverRate: Double, nicRate: Double, rateOfBits: (Double) -> Double
  ) -> [Double] {
    var out = [ServerPorts](repeating: ServerPorts(), count: serverCount)
    var into = out
    let declared: [Double?] = edges.map {
      switch $0.rate {
      case .evenShare: nil
      case .nics(let count): Double(count) * nicRate
      case .bitsPerSecond(let rate): rateOfBits(rate)
      }
    }
    for (edge, declared) in zip(edges, declared) {
      out[edge.source].add(declared)
      into[edge.destination].add(declared)
    }
    return zip(edges, declared).map { edge, declared in
      declared
        ?? min(
          out[edge.source].share(of: serverRate), into[edge.destination].share(of: serverRate))
    }
  }

  /// The declared and the undeclared links of one server in one direction.
  private struct ServerPorts {
    var declared = 0.0
    var undeclared = 0

    mutating func add(_ rate: Double?) {
      if let rate { declared += rate } else { undeclared += 1 }
    }

    func share(of serverRate: Double) -> Double {
      max(0, serverRate - declared) / Double(undeclared)
    }
  }

  /// Why no servers with these NICs have such links, in words, or nil.
  func defect(serverRate: Double, nicRate: Double, rateOfBits: (Double) -> Double) -> String? {
    var out = [Double](repeating: 0, count: serverCount)
    var into = out
    for edge in edges {
      guard (0..<serverCount).contains(edge.source), (0..<serverCount).contains(edge.destination)
      else {
        return "link \(edge.source) → \(edge.destination): servers are numbered 0 to "
          + "\(serverCount - 1)"
      }
      if edge.source == edge.destination { return "server \(edge.source) is joined to itself" }
    }
    let capacities = capacities(serverRate: serverRate, nicRate: nicRate, rateOfBits: rateOfBits)
    for (edge, capacity) in zip(edges, capacities) {
      guard capacity > 0, capacity.isFinite else {
        return "link \(edge.source) → \(edge.destination) has no rate left: declare less for the "
          + "other links of its ends"
      }
      out[edge.source] += capacity
      into[edge.destination] += capacity
    }
    for server in 0..<serverCount
    where max(out[server], into[server]) > serverRate * (1 + 1e-9) {
      return "the links of server \(server) need "
        + "\(max(out[server], into[server]) / serverRate) times the rate of its NICs"
    }
    return nil
  }
}
