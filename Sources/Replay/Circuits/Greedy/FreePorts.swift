/// The optical ports of every server that hold no circuit yet.
struct FreePorts {
  let duplex: Duplex
  private(set) var transmitters: [Int]
  private(set) var receivers: [Int]

  init(of circuits: CircuitMatrix, portsPerServer: Int, duplex: Duplex) {
    self.duplex = duplex
    transmitters = (0..<circuits.size).map { portsPerServer - circuits.usedTransmitters(of: $0) }
    receivers = (0..<circuits.size).map { portsPerServer - circuits.usedReceivers(of: $0) }
  }

  func hasRoom(_ source: Int, _ destination: Int) -> Bool {
    transmitters[source] > 0 && receivers[destination] > 0
      && (duplex == .independent || (transmitters[destination] > 0 && receivers[source] > 0))
  }

  /// Takes the ports of one circuit if there are any.
  mutating func take(_ source: Int, _ destination: Int) -> Bool {
    guard hasRoom(source, destination) else { return false }
    transmitters[source] -= 1
    receivers[destination] -= 1
    if duplex == .paired {
      transmitters[destination] -= 1
      receivers[source] -= 1
    }
    return true
  }
}
