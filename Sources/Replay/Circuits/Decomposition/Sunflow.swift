internal import HeapModule
internal import TraceModel

/// A port of one side that becomes free.
private struct PortRelease: Comparable {
  var time: Double
  var side: Int
  var server: Int

  static func < (left: PortRelease, right: PortRelease) -> Bool {
    (left.time, left.side, left.server) < (right.time, right.side, right.server)
  }
}

/// Every pair gets one circuit once, for exactly as long as its bytes take; ports change each at its
/// own time and nothing is preempted (Huang, Sun and Ng, CoNEXT'16).
///
/// Pairs are taken by falling bytes whenever a transmitter and a receiver are free. With one port per
/// server the time is less than twice the best: while a pair waits one of its two ports is always
/// in use, delays included. O(pairs × servers × log servers).
public struct Sunflow: CircuitScheduler {
  public init() {}

  public var name: String { "sunflow" }
  public var summary: String { "one circuit per pair, port by port, without preemption" }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    CircuitSchedule(laidOut: reservations(for: request), size: request.serverCount)
  }

  package func reservations(for request: CircuitRequest) -> [CircuitReservation] {
    guard request.opticalPorts > 0 else { return [] }
    let size = request.serverCount
    let demand = request.demand.withoutDiagonal.cells
    var order = demand.indices.filter { demand[$0] > 0 }
    order.sort { (demand[$1], $0) < (demand[$0], $1) }
    var waiting = WaitingPairs(order, size: size)
    var free = [[Int]](
      repeating: [Int](repeating: request.opticalPorts, count: size), count: 2)
    var releases = Heap<PortRelease>()
    var reservations: [CircuitReservation] = []
    var now = 0.0
    var candidates = order
    while true {
      for cell in candidates {
        let (source, destination) = (cell / size, cell % size)
        guard free[0][source] > 0, free[1][destination] > 0 else { continue }
        waiting.remove(cell)
        free[0][source] -= 1
        free[1][destination] -= 1
        let start = now + request.reconfigurationDelay
        let end = start + Double(demand[cell]) / request.portRate
        reservations.append(
          CircuitReservation(
            from: source, to: destination, takenNanoseconds: now, startNanoseconds: start,
            endNanoseconds: end))
        releases.insert(PortRelease(time: end, side: 0, server: source))
        releases.insert(PortRelease(time: end, side: 1, server: destination))
      }
      guard let first = releases.min?.time else { return reservations }
      now = first
      var released: [[Int]] = [[], []]
      while let next = releases.min, next.time == now {
        free[next.side][next.server] += 1
        released[next.side].append(next.server)
        _ = releases.popMin()
      }
      candidates = waiting.pairs(from: released[0], to: released[1])
    }
  }
}

/// The pairs that have had no circuit yet, in a fixed order.
private struct WaitingPairs {
  private let size: Int
  /// Place of each pair in the order; −1 when it does not wait.
  private var place: [Int32]

  init(_ order: [Int], size: Int) {
    self.size = size
    place = [Int32](repeating: -1, count: size * size)
    for (index, cell) in order.enumerated() { place[cell] = Int32(index) }
  }

  mutating func remove(_ cell: Int) { place[cell] = -1 }

  /// Those of some sources or to some destinations, in order: only a pair whose port was released
  /// can have become possible.
  func pairs(from sources: [Int], to destinations: [Int]) -> [Int] {
    var found: [Int] = []
    for source in sources { found += (0..<size).map { source * size + $0 } }
    for destination in destinations { found += (0..<size).map { $0 * size + destination } }
    found = found.filter { place[$0] >= 0 }
    return found.sorted { place[$0] < place[$1] }
  }
}
