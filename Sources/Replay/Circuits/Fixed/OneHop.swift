public import TraceModel

/// The circuits with which the last pair ends soonest when every byte takes its own pair's circuits:
/// exact (the one-hop case that ATRO solves by search, 2025).
///
/// A pair with D bytes needs ⌈D / (T × rate)⌉ circuits to end by T, so the best T is one of the
/// breakpoints D / (rate × m), and a breakpoint is right when the counts fit the ports of every
/// server. Where a server has more peers than ports there is none; then, and for ports that are left,
/// the next circuit goes to the pair that would finish last.
public struct OneHop: StandingCircuitScheduler {
  public var duplex: Duplex

  public init(_ duplex: Duplex = .paired) { self.duplex = duplex }

  public var name: String { duplex == .paired ? "one-hop" : "one-hop-directed" }
  public var summary: String { "the last pair ends soonest, exact when bytes use circuits only" }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let optimum = OneHopOptimum(
      of: request.demand, portsPerServer: request.opticalPorts, duplex: duplex)
    let demand = request.demand
    return greedyCircuits(
      size: demand.size, portsPerServer: request.opticalPorts, duplex: duplex,
      demand: { duplex == .paired ? max(demand[$0, $1], demand[$1, $0]) : demand[$0, $1] },
      urgency: finishTime, startingFrom: optimum?.circuits)
  }
}

/// The least time over a pair's own circuits only.
///
/// O(servers² × ports × log).
public struct OneHopOptimum: Sendable, Hashable {
  /// Bytes per circuit of the pair that ends last; ÷ port rate this is the time.
  public var bytesPerCircuit: Double
  /// The fewest circuits with which every pair ends by then.
  public var circuits: CircuitMatrix

  /// Nil when a server has more peers than ports.
  public init?(of demand: TrafficMatrix, portsPerServer: Int, duplex: Duplex) {
    let size = demand.size
    let cells = duplex == .paired ? demand.foldedByMaximum() : demand.withoutDiagonal.cells
    var breakpoints: [(ratio: Double, bytes: Int64, count: Int64)] = []
    for bytes in Set(cells) where bytes > 0 {
      for count in 1...Int64(max(1, portsPerServer)) {
        breakpoints.append((Double(bytes) / Double(count), bytes, count))
      }
    }
    breakpoints.sort { ($0.ratio, $0.count) < ($1.ratio, $1.count) }
    var best: (place: Int, circuits: CircuitMatrix)?
    var low = 0
    var high = breakpoints.count
    while low < high {
      let middle = (low + high) / 2
      let circuits = Self.circuits(
        cells, size: size, bytes: breakpoints[middle].bytes, count: breakpoints[middle].count,
        ports: portsPerServer)
      if let circuits {
        best = (middle, circuits)
        high = middle
      } else {
        low = middle + 1
      }
    }
    if breakpoints.isEmpty { best = (-1, CircuitMatrix(size: size)) }
    guard let best else { return nil }
    bytesPerCircuit = best.place < 0 ? 0 : breakpoints[best.place].ratio
    circuits = best.circuits
  }

  /// ⌈cell × count / bytes⌉ circuits for every cell, worked out in integers; nil when a line has
  /// more than `ports`.
  private static func circuits(
    _ cells: [Int64], size: Int, bytes: Int64, count: Int64, ports: Int
  ) -> CircuitMatrix? {
    var circuits = CircuitMatrix(size: size)
    var receivers = [Int](repeating: 0, count: size)
    for source in 0..<size {
      var transmitters = 0
      for destination in 0..<size where cells[source * size + destination] > 0 {
        let cell = cells[source * size + destination]
        if Double(cell) * Double(count) / Double(bytes) > Double(ports + 1) { return nil }
        let product = cell.multipliedFullWidth(by: count)
        let (quotient, rest) = bytes.dividingFullWidth(product)
        let needed = Int(quotient) + (rest > 0 ? 1 : 0)
        transmitters += needed
        receivers[destination] += needed
        if transmitters > ports || receivers[destination] > ports { return nil }
        circuits.addDirected(from: source, to: destination, count: needed)
      }
    }
    return circuits
  }
}
