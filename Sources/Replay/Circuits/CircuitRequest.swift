public import TraceModel

/// What a scheduler is asked: the demand of one region, and the hardware that can serve it.
public struct CircuitRequest: Sendable, Hashable {
  /// Bytes between the servers of the region, row = source; the diagonal is ignored.
  public var demand: TrafficMatrix
  /// Optical NICs of each server (alpha).
  public var opticalPorts: Int
  /// Electrical NICs of each server, into a packet network that never blocks.
  public var electricalPorts: Int
  /// Bytes per nanosecond of one port, optical or electrical, in each direction.
  public var portRate: Double
  /// Nanoseconds for which a port carries nothing while its circuit is changed.
  public var reconfigurationDelay: Double

  public init(
    demand: TrafficMatrix, opticalPorts: Int, electricalPorts: Int = 0, portRate: Double = 1,
    reconfigurationDelay: Double = 0
  ) {
    self.demand = demand
    self.opticalPorts = opticalPorts
    self.electricalPorts = electricalPorts
    self.portRate = portRate
    self.reconfigurationDelay = reconfigurationDelay
  }

  public var serverCount: Int { demand.size }

  /// Bytes per nanosecond of all optical ports of a server when they move as one.
  package var opticalRate: Double { Double(opticalPorts) * portRate }
  /// Bytes per nanosecond of all electrical ports of a server.
  package var electricalRate: Double { Double(electricalPorts) * portRate }

  /// The same request for other bytes.
  package func asking(for demand: TrafficMatrix) -> CircuitRequest {
    var request = self
    request.demand = demand
    return request
  }

  /// Why nobody could answer, in words, or nil.
  public var defect: String? {
    if opticalPorts < 0 || electricalPorts < 0 { return "a number of ports is below 0" }
    if !(portRate > 0 && portRate.isFinite) {
      return "the port rate is \(portRate) bytes per nanosecond; it must be above 0"
    }
    if !(reconfigurationDelay >= 0 && reconfigurationDelay.isFinite) {
      return "the reconfiguration delay is \(reconfigurationDelay) ns"
    }
    if demand.cells.contains(where: { $0 < 0 }) { return "a demand is below 0 bytes" }
    return nil
  }
}
