internal import TraceModel

/// The configuration and hold that serve the most bytes per time, again and again (Bojja
/// Venkatakrishnan et al., SIGMETRICS'16).
///
/// The bytes that a set of configurations serves in a window are submodular, so this greedy serves
/// at least half of what any schedule could. Candidates for a hold are the sizes of the demands that
/// are left; when there are more than `candidateLimit` distinct ones, so many evenly chosen ones.
/// O(candidates) assignments per configuration.
public struct Eclipse: CircuitScheduler {
  /// Nanoseconds in which as many bytes as possible are served, delays included; nil to go on until
  /// the packet network can take what is left in the time so far.
  public var windowNanoseconds: Double?
  public var candidateLimit: Int

  public init(windowNanoseconds: Double? = nil, candidateLimit: Int = 64) {
    self.windowNanoseconds = windowNanoseconds
    self.candidateLimit = max(1, candidateLimit)
  }

  public var name: String { "eclipse" }
  public var summary: String { "most bytes per time next: hold and matching chosen together" }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    CircuitSchedule(steps(for: request).map { request.configuration($0.permutation) })
  }

  /// One choice: what is held, and the bytes that it serves.
  package struct Step {
    package var permutation: WeightedPermutation
    package var servedBytes: Int64
  }

  package func steps(for request: CircuitRequest) -> [Step] {
    guard request.opticalPorts > 0 else { return [] }
    let size = request.serverCount
    var cells = request.demand.withoutDiagonal.cells
    var sums = LineSums(cells, size: size)
    var nanoseconds = 0.0
    var steps: [Step] = []
    while sums.largest > 0 {
      var room = Double.infinity
      if let windowNanoseconds {
        room = windowNanoseconds - nanoseconds - request.reconfigurationDelay
      } else if request.packetNetworkTakes(sums, within: nanoseconds) {
        break
      }
      guard let next = bestStep(cells, for: request, roomBytes: room * request.opticalRate) else {
        break
      }
      let served = serve(next, from: &cells, sums: &sums)
      steps.append(Step(permutation: next, servedBytes: served))
      nanoseconds += Double(next.bytes) / request.opticalRate + request.reconfigurationDelay
    }
    return steps
  }

  /// The most bytes per time that one configuration serves within the room; ties to the shorter.
  private func bestStep(
    _ cells: [Int64], for request: CircuitRequest, roomBytes: Double
  ) -> WeightedPermutation? {
    let size = request.serverCount
    let delayBytes = request.reconfigurationDelay * request.opticalRate
    var best: WeightedPermutation?
    var bestRatio = 0.0
    for hold in candidates(cells, roomBytes: roomBytes) {
      let clipped = cells.map { min($0, hold) }
      guard let receiver = maximumWeightAssignment(size: size, weights: clipped) else { continue }
      let ratio = Double(weight(of: receiver, in: clipped)) / (Double(hold) + delayBytes)
      if ratio > bestRatio {
        best = WeightedPermutation(bytes: hold, receiver: receiver)
        bestRatio = ratio
      }
    }
    return best
  }

  private func candidates(_ cells: [Int64], roomBytes: Double) -> [Int64] {
    let room = roomBytes >= 4e18 ? Int64.max : Int64(max(0, roomBytes))
    guard room > 0 else { return [] }
    var distinct: [Int64] = []
    for value in cells.sorted() where value > 0 && value != distinct.last {
      distinct.append(min(value, room))
      if value >= room { break }
    }
    guard distinct.count > candidateLimit else { return distinct }
    return (1...candidateLimit).map { distinct[$0 * distinct.count / candidateLimit - 1] }
  }
}
