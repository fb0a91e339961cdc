/// What-if questions that change the workload itself; those about rates, NICs and regions are
/// parameters of the fabric.
extension Workload {
  /// The workload on GPUs that compute `factor` times as long; below 1 they are faster.
  ///
  /// - Throws: `WorkloadError` when the factor is negative or not a number.
  public func scalingCompute(by factor: Double) throws(WorkloadError) -> Workload {
    guard factor >= 0, factor.isFinite else {
      throw WorkloadError("compute cannot take \(factor) times as long", at: "compute scale")
    }
    var steps = steps
    for index in steps.indices { steps[index].computeBeforeNanoseconds *= factor }
    return changed(
      steps: steps, note: "steps.computeScale", method: "compute time × \(factor)")
  }

  /// The workload with `factor` times the bytes between experts; other roles keep theirs.
  ///
  /// Amounts are bytes afterwards, each rounded to the nearest.
  /// - Throws: `WorkloadError` when the factor is negative or not a number, or when the bytes of a
  ///   pair are too many to count.
  /// - Complexity: O(pairs of distinct demands) for each size of their unit.
  public func scalingExpertDemand(by factor: Double) throws(WorkloadError) -> Workload {
    guard factor >= 0, factor.isFinite else {
      throw WorkloadError("\(factor) times the bytes cannot be sent", at: "expert demand scale")
    }
    var demands = demands
    var steps = steps
    var scaled: [UnitOfDemand: Int] = [:]
    for index in steps.indices where steps[index].role == .expert {
      let unit = UnitOfDemand(demand: steps[index].demand, bytes: steps[index].bytesPerUnit)
      if scaled[unit] == nil {
        scaled[unit] = try Self.append(unit, scaledBy: factor, to: &demands)
      }
      steps[index].demand = scaled[unit] ?? steps[index].demand
      steps[index].bytesPerUnit = 1
    }
    return changed(
      demands: demands, steps: steps, note: "demands.scale", method: "expert bytes × \(factor)")
  }

  /// The workload with its servers in other places: what ran on server s runs on `newServer[s]`.
  ///
  /// The layout's groups keep the numbers of the ranks that formed them; only where they sit changes.
  /// - Throws: `WorkloadError` when `newServer` is not a permutation of the layout's servers.
  /// - Complexity: O(pairs log pairs).
  public func placingServers(_ newServer: [Int]) throws(WorkloadError) -> Workload {
    guard newServer.sorted() == Array(0..<layout.serverCount) else {
      throw WorkloadError(
        "a placement names each of the \(layout.serverCount) servers once", at: "placement")
    }
    let map = EndPlacement(servers: newServer, endsPerServer: endpointCount / layout.serverCount)
    var placed = DemandSet()
    for demand in 0..<demands.count { _ = placed.append(demand, of: demands, placedBy: map) }
    return changed(
      demands: placed, steps: steps, note: "layout.placement", method: "servers were moved")
  }

  private struct UnitOfDemand: Hashable {
    var demand: Int
    var bytes: Int64
  }

  private static func append(
    _ unit: UnitOfDemand, scaledBy factor: Double, to demands: inout DemandSet
  ) throws(WorkloadError) -> Int {
    let pairs = demands.pairs(of: unit.demand)
    var amounts: [Int64] = []
    for amount in demands.amount[pairs] {
      let bytes = (Double(amount) * Double(unit.bytes) * factor).rounded()
      guard let whole = Int64(exactly: bytes) else {
        throw WorkloadError("\(bytes) bytes between two ends", at: "expert demand scale")
      }
      amounts.append(whole)
    }
    return demands.append(
      source: Array(demands.source[pairs]), destination: Array(demands.destination[pairs]),
      amount: amounts)
  }

  private func changed(
    demands: DemandSet? = nil, steps: [Step], note: String, method: String
  ) -> Workload {
    var provenance = provenance
    provenance[note] = Provenance(.declared, method: method)
    return Workload(
      grain: grain, layout: layout, model: model, demands: demands ?? self.demands, steps: steps,
      provenance: provenance)
  }
}
