internal import TraceModel

/// The best standing circuits that are found for a demand when bytes may use circuits and packet
/// network together.
public struct StaticOptimumResult: Sendable, Hashable {
  public var circuits: CircuitMatrix
  /// The completion under `split-optimal` sharing.
  public var nanoseconds: Double
  /// Whether no circuits at all are faster by more than a millionth.
  public var isProven: Bool
}

/// The best standing circuits with a packet network beside them: exact by branch and bound for small
/// regions, the best that was found otherwise.
///
/// Starts from other schedulers' circuits, improves them by exchanges, and then looks for any that
/// are faster until there are none or the steps are used up. Finding the best is NP-hard: with 8
/// servers it takes moments, above `largestSearchedSize` servers the search is not begun.
public struct StaticOptimum: StandingCircuitScheduler {
  public static let largestSearchedSize = 16

  public var duplex: Duplex
  /// Decisions of the search before it is given up; 0 for exchanges only.
  public var stepLimit: Int

  public init(_ duplex: Duplex = .paired, stepLimit: Int = 500) {
    self.duplex = duplex
    self.stepLimit = stepLimit
  }

  public var name: String {
    (stepLimit == 0 ? "best-static" : "exact-static") + (duplex == .paired ? "" : "-directed")
  }
  public var summary: String {
    stepLimit == 0
      ? "the best of several choices, improved by exchanging circuits"
      : "branch and bound from there, \(stepLimit) steps at most"
  }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    solve(request).circuits
  }

  public func isProvenBest(for request: CircuitRequest) -> Bool? {
    stepLimit == 0 ? nil : solve(request).isProven
  }

  public func solve(_ request: CircuitRequest) -> StaticOptimumResult {
    let times = HybridTimes(request, duplex: duplex)
    var best = [Int32](repeating: 0, count: times.size * times.size)
    var shortest = times.time(best)
    for start in starts(for: request) {
      var exchange = CircuitExchange(times, startingFrom: counts(of: start, size: times.size))
      exchange.run()
      if exchange.longestTime < shortest {
        (best, shortest) = (exchange.counts, exchange.longestTime)
      }
    }
    let lines = LineSums(request.demand.withoutDiagonal.cells, size: request.serverCount)
    let ports = Double(request.opticalPorts + request.electricalPorts)
    let least = ports > 0 ? Double(lines.largest) / ports : 0
    var isProven = shortest <= least * (1 + 1e-6)
    var stepsLeft = request.serverCount <= Self.largestSearchedSize ? stepLimit : 0
    while !isProven && stepsLeft > 0 && shortest < .infinity {
      var search = StaticSearch(times, target: shortest * (1 - 1e-6), stepLimit: stepsLeft)
      switch search.run() {
      case .found(let counts):
        var exchange = CircuitExchange(times, startingFrom: counts)
        exchange.run()
        (best, shortest) = (exchange.counts, exchange.longestTime)
        isProven = shortest <= least * (1 + 1e-6)
      case .none: isProven = true
      case .stepsUsedUp: break
      }
      stepsLeft = search.stepsLeft
    }
    return StaticOptimumResult(
      circuits: matrix(best, request), nanoseconds: shortest / request.portRate,
      isProven: isProven)
  }

  private func starts(for request: CircuitRequest) -> [CircuitMatrix] {
    let schedulers: [any StandingCircuitScheduler] =
      duplex == .paired
      ? [
        Circulant(), MixNetGreedy(.continue), MixNetGreedy(.continue, fold: .max),
        ElectricalAwareGreedy(), OneHop(), TopoOpt(),
      ] : [Circulant(), ElectricalAwareGreedy(), OneHop(.independent)]
    return schedulers.map { $0.circuits(for: request) }
  }

  /// Circuits as pairs of ends; of directed ones between transmitters and receivers.
  private func counts(of circuits: CircuitMatrix, size: Int) -> [Int32] {
    guard duplex == .independent else { return circuits.cells }
    var counts = [Int32](repeating: 0, count: size * size)
    for source in 0..<circuits.size {
      for destination in 0..<circuits.size {
        let receiver = circuits.size + destination
        counts[source * size + receiver] = Int32(circuits[source, destination])
        counts[receiver * size + source] = Int32(circuits[source, destination])
      }
    }
    return counts
  }

  private func matrix(_ counts: [Int32], _ request: CircuitRequest) -> CircuitMatrix {
    let servers = request.serverCount
    let size = duplex == .paired ? servers : 2 * servers
    var circuits = CircuitMatrix(size: servers)
    for source in 0..<servers {
      for destination in 0..<servers {
        let column = duplex == .paired ? destination : servers + destination
        circuits.addDirected(
          from: source, to: destination, count: Int(counts[source * size + column]))
      }
    }
    return circuits
  }
}
