/// Rates of links and who crosses them.
package struct LinkColumns: Sendable {
  package var capacity: [Double] = []
  /// First of the link's running crossings; -1 when it is idle.
  package var firstCrossing: [Int32] = []
  /// How many running crossings it has.
  package var crossingCount: [Int32] = []

  mutating func append(capacity: Double) {
    self.capacity.append(capacity)
    firstCrossing.append(-1)
    crossingCount.append(0)
  }
}

/// One flow of a session; it fits a cache line.
package struct FlowState: Sendable {
  package let bytes: Double
  /// Bytes left at `updatedAt`, and the rate since then.
  package var left: Double
  package var rate = 0.0
  package var updatedAt: Double
  package let startedAt: Double
  package var component: Int32 = -1
  fileprivate let firstSubflow: Int32
  fileprivate let subflowCount: Int32
  fileprivate let firstCrossing: Int32
  fileprivate let crossingCount: Int32

  package var subflows: Range<Int> { Int(firstSubflow)..<Int(firstSubflow + subflowCount) }
  package var crossings: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + crossingCount) }

  /// When the flow ends at its present rate; one that waits for its batch has ended, also when paused.
  @inline(__always)
  var finish: Double {
    if rate > 0 { return updatedAt + left / rate }
    return left <= 0 ? updatedAt : .infinity
  }
}

/// One path of a flow.
package struct SubflowState: Sendable {
  package let flow: Int32
  fileprivate let firstCrossing: Int32
  fileprivate let crossingCount: Int32
  package var rate = 0.0
  package var carried = 0.0

  package var crossings: Range<Int> { Int(firstCrossing)..<Int(firstCrossing + crossingCount) }
}

/// A subflow where it crosses a link, among the others that cross it.
package struct LinkCrossing: Sendable {
  package let link: Int32
  package fileprivate(set) var subflow: Int32 = -1
  package var next: Int32 = -1
  package var previous: Int32 = -1
}

/// Every flow of a session with its subflows and their crossings of links; what is read together lies
/// together.
package struct FlowColumns: Sendable {
  package var states: [FlowState] = []
  package var subflows: [SubflowState] = []
  package var crossings: [LinkCrossing] = []
  /// Where the path and the flow that are being written begin.
  private var pathStart: Int32 = 0
  private var firstSubflowOfFlow: Int32 = 0
  private var firstCrossingOfFlow: Int32 = 0

  var count: Int { states.count }

  mutating func removeAll() {
    states.removeAll(keepingCapacity: true)
    subflows.removeAll(keepingCapacity: true)
    crossings.removeAll(keepingCapacity: true)
    (pathStart, firstSubflowOfFlow, firstCrossingOfFlow) = (0, 0, 0)
  }

  mutating func appendPathLink(_ link: Int32) { crossings.append(LinkCrossing(link: link)) }

  mutating func endPath() {
    let (subflow, end) = (Int32(subflows.count), Int32(crossings.count))
    for crossing in Int(pathStart)..<Int(end) { crossings[crossing].subflow = subflow }
    subflows.append(
      SubflowState(
        flow: Int32(count), firstCrossing: pathStart, crossingCount: end - pathStart))
    pathStart = end
  }

  mutating func endFlow(bytes: Double, now: Double) -> Int {
    let (subflowEnd, crossingEnd) = (Int32(subflows.count), Int32(crossings.count))
    states.append(
      FlowState(
        bytes: bytes, left: bytes, updatedAt: now, startedAt: now,
        firstSubflow: firstSubflowOfFlow, subflowCount: subflowEnd - firstSubflowOfFlow,
        firstCrossing: firstCrossingOfFlow, crossingCount: crossingEnd - firstCrossingOfFlow))
    (firstSubflowOfFlow, firstCrossingOfFlow) = (subflowEnd, crossingEnd)
    return count - 1
  }
}
