internal import TraceModel

/// How long each server needs under given circuits, with the packet network used as well as can be.
///
/// Times are in bytes per port: ÷ port rate they are nanoseconds. Circuits are pairs of ends; directed
/// circuits are pairs of a transmitter and a receiver, which are ends of their own.
struct HybridTimes {
  let size: Int
  /// `size * size`, row = sender.
  let bytes: [Double]
  let opticalPorts: Int
  let electricalPorts: Double

  init(_ request: CircuitRequest, duplex: Duplex = .paired) {
    let demand = request.demand.withoutDiagonal
    opticalPorts = request.opticalPorts
    electricalPorts = Double(request.electricalPorts)
    guard duplex == .independent else {
      size = demand.size
      bytes = demand.cells.map(Double.init)
      return
    }
    size = 2 * demand.size
    var bytes = [Double](repeating: 0, count: size * size)
    for source in 0..<demand.size {
      for destination in 0..<demand.size {
        bytes[source * size + demand.size + destination] = Double(demand[source, destination])
      }
    }
    self.bytes = bytes
  }

  /// When an end has sent and received all.
  func time(of end: Int, _ counts: [Int32]) -> Double {
    var sends = ServerLine()
    var receives = ServerLine()
    for other in 0..<size where other != end {
      let circuits = Double(counts[end * size + other])
      sends.add(bytes: bytes[end * size + other], circuitRate: circuits)
      receives.add(bytes: bytes[other * size + end], circuitRate: circuits)
    }
    return max(
      sends.optimum(electricalRate: electricalPorts),
      receives.optimum(electricalRate: electricalPorts))
  }

  func time(_ counts: [Int32]) -> Double { (0..<size).reduce(0) { max($0, time(of: $1, counts)) } }
}
