public import TraceModel

extension CircuitMatrix {
  /// When a demand over these circuits ends, with nothing else in the way: every server has
  /// `electricalPorts` ports to a non-blocking packet network, and all ports have one rate.
  ///
  /// - Parameters:
  ///   - demand: between the servers of the region; the diagonal is ignored.
  ///   - portRate: demand units per time unit and direction.
  /// - Returns: the completion time in those time units.
  /// - Throws: a `ReplayError` naming a pair that neither a circuit nor the packet network joins.
  public func completion(
    of demand: TrafficMatrix, electricalPorts: Int, portRate: Double = 1, sharing: SharingMode
  ) throws(ReplayError) -> Double {
    guard demand.size == size else {
      throw ReplayError(
        "the demand has \(demand.size) ends, the circuits \(size)", at: "demand matrix")
    }
    if sharing == .splitOptimal {
      let optimum = optimum(of: demand, electricalPorts: electricalPorts, portRate: portRate)
      if optimum.isFinite { return optimum }
      throw ReplayError(
        "a pair has neither a circuit nor electrical ports", at: "demand matrix",
        advice: "leave at least one electrical NIC per server")
    }
    let electrical = Double(electricalPorts) * portRate
    var problem = FluidProblem(
      linkCapacity: [Double](repeating: electrical, count: 2 * size))
    for source in 0..<size {
      for destination in 0..<size
      where source != destination && demand[source, destination] > 0 {
        let circuits = self[source, destination]
        var paths: [[Int32]] = []
        if circuits > 0 {
          paths.append([problem.appendLink(capacity: Double(circuits) * portRate)])
        }
        if circuits == 0 || (sharing == .splitFair && electricalPorts > 0) {
          paths.append([Int32(source), Int32(size + destination)])
        }
        if circuits == 0 && electricalPorts == 0 {
          throw ReplayError(
            "there is neither a circuit nor an electrical port", at: "\(source) → \(destination)",
            advice: "leave at least one electrical NIC per server")
        }
        problem.appendFlow(bytes: Double(demand[source, destination]), overEachOf: paths)
      }
    }
    return try problem.solve().completion
  }

  /// The least time in which any division of the bytes over circuits and packet network ends;
  /// infinite when there is none.
  public func optimum(
    of demand: TrafficMatrix, electricalPorts: Int, portRate: Double = 1
  ) -> Double {
    var worst = 0.0
    for server in 0..<size {
      var sends = ServerLine()
      var receives = ServerLine()
      for other in 0..<size where other != server {
        let circuitRate = Double(self[server, other]) * portRate
        let backRate = Double(self[other, server]) * portRate
        sends.add(bytes: Double(demand[server, other]), circuitRate: circuitRate)
        receives.add(bytes: Double(demand[other, server]), circuitRate: backRate)
      }
      let rate = Double(electricalPorts) * portRate
      worst = max(
        worst, sends.optimum(electricalRate: rate), receives.optimum(electricalRate: rate))
    }
    return worst
  }
}

extension ServerLine {
  /// Adds the bytes of one pair, on the side of the line where they belong.
  package mutating func add(bytes: Double, circuitRate: Double) {
    if circuitRate > 0 {
      pairs.append((bytes, circuitRate))
    } else {
      electricalBytes += bytes
    }
  }
}
