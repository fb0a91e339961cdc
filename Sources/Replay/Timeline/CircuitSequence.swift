internal import TraceModel

/// The configurations that serve one phase's bytes inside one region one after the other, and what each
/// of them carries.
///
/// A configuration takes over when the bytes that the schedule gave to the one before have left the
/// circuits, however long that took: a sender that computes for longer holds it up.
struct CircuitSequence: Sendable {
  struct Step: Sendable {
    /// A number of `CircuitChoices.matrices`.
    var circuits: Int
    /// Cells of the circuit matrix that carry bytes, ascending, and which share of each cell's.
    var cells: [Int32] = []
    var shares: [Double] = []
    /// Nanoseconds that it lasts even if its bytes are gone: ports are being changed meanwhile.
    var leastNanoseconds = 0.0
    /// What of them is no time for bytes.
    var darkNanoseconds = 0.0

    /// The share of a cell's bytes that it carries; O(log cells).
    func share(ofCell cell: Int) -> Double {
      var range = cells.indices
      while !range.isEmpty {
        let middle = (range.lowerBound + range.upperBound) / 2
        if Int(cells[middle]) == cell { return shares[middle] }
        range =
          Int(cells[middle]) < cell ? middle + 1..<range.upperBound : range.lowerBound..<middle
      }
      return 0
    }
  }

  private(set) var steps: [Step] = []
  /// By cell: the share that no step carries.
  private(set) var shareOnPackets: [Double]
  /// By cell: the last step that carries some of it, or -1.
  private(set) var lastStep: [Int32]
  /// Whether set-up lies inside the steps, not between them.
  let isLaidOut: Bool

  /// - Parameters:
  ///   - demand: bytes between the servers of the region, for which the schedule was made.
  ///   - portRate: bytes per nanosecond of one circuit.
  ///   - number: gives each set of circuits its number.
  init(
    _ schedule: CircuitSchedule, for demand: TrafficMatrix, portRate: Double,
    number: (CircuitMatrix) -> Int
  ) {
    isLaidOut = schedule.setUp == .laidOut
    let bytes = demand.withoutDiagonal.cells.map(Double.init)
    var left = bytes
    // A laid-out hold is the difference of two moments, each as exact as the clock then is.
    let clockError = isLaidOut ? 1e-12 * schedule.holdNanoseconds * portRate : 0
    lastStep = [Int32](repeating: -1, count: bytes.count)
    for configuration in schedule.configurations {
      var step = Step(circuits: 0)
      var busy = 0.0
      for one in configuration.circuits {
        let cell = Int(one.source) * demand.size + Int(one.destination)
        let rate = Double(one.count) * portRate
        var carried = min(left[cell], rate * configuration.holdNanoseconds)
        // The last difference is rounding only.
        if left[cell] - carried <= max(1e-9 * bytes[cell], clockError) { carried = left[cell] }
        guard carried > 0 else { continue }
        left[cell] -= carried
        busy = max(busy, carried / rate)
        lastStep[cell] = Int32(steps.count)
        step.cells.append(Int32(cell))
        step.shares.append(carried / bytes[cell])
      }
      if isLaidOut {
        step.leastNanoseconds = configuration.holdNanoseconds
        step.darkNanoseconds = max(0, configuration.holdNanoseconds - busy)
      } else if step.cells.isEmpty {
        continue
      }
      step.circuits = number(configuration.matrix)
      steps.append(step)
    }
    shareOnPackets = zip(left, bytes).map { $1 > 0 ? $0 / $1 : 0 }
  }
}
