extension Workload {
  /// Ends up to which a matrix of all pairs is made: 2 GiB.
  public static let denseEndLimit = 1 << 14

  /// Refuses a grain at which a matrix of all pairs would not fit in memory.
  ///
  /// - Parameter coarse: the grain of the matrix, or nil for the workload's own.
  /// - Throws: `WorkloadError` that says what to ask for instead.
  public func requireDenseMatrix(at coarse: Grain? = nil) throws(WorkloadError) {
    let target = coarse ?? grain
    let ends = layout.endpointCount(at: target)
    guard ends > Self.denseEndLimit else { return }
    throw WorkloadError(
      "a matrix of \(ends) × \(ends) \(target.name)s takes \((ends * ends) >> 27) GiB, above the "
        + "limit of \(Self.denseEndLimit) \(target.name)s", at: "layout",
      advice: target == .server
        ? "Read a part of the trace that fewer servers take part in, or analyse it with --streaming."
        : "Ask for a matrix between servers: --grain server.")
  }

  /// Refuses amounts that no number holds: with a total that is one, sums of parts cannot overflow.
  ///
  /// - Complexity: O(pairs + steps).
  func requireCountableBytes() throws(WorkloadError) {
    var total: Int64 = 0
    var totals = [Int64?](repeating: nil, count: demands.count)
    for step in steps {
      let units = totals[step.demand] ?? demands.total(of: step.demand)
      totals[step.demand] = units
      let (bytes, isBeyond) = units.multipliedReportingOverflow(by: step.bytesPerUnit)
      let (sum, isAbove) = total.addingReportingOverflow(bytes)
      guard !isBeyond, !isAbove, units >= 0 else {
        throw WorkloadError(
          "its operations move more bytes than 64 bits hold", at: "operation \(step.operation)",
          advice: "A size in the input is probably damaged: look at what the operation moves.")
      }
      total = sum
    }
  }
}

extension DemandSet {
  /// Units of a demand; −1 when no number holds them.
  fileprivate func total(of demand: Int) -> Int64 {
    var total: Int64 = 0
    for pair in pairs(of: demand) {
      let (sum, overflows) = total.addingReportingOverflow(amount[pair])
      if overflows || amount[pair] < 0 || amount[pair] == .max { return -1 }
      total = sum
    }
    return total
  }
}
