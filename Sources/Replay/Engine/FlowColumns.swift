/// Rates of links and who crosses them.
package struct LinkColumns: Sendable {
  package var capacity: [Double] = []
  /// First of the link's running crossings; -1 when it is idle.
  package var firstCrossing: [Int32] = []

  mutating func append(capacity: Double) {
    self.capacity.append(capacity)
    firstCrossing.append(-1)
  }
}

/// Every flow of a session with its subflows and their crossings of links.
package struct FlowColumns: Sendable {
  package var bytes: [Double] = []
  /// Bytes left at `updatedAt`, and the rate since then.
  package var left: [Double] = []
  package var rate: [Double] = []
  package var updatedAt: [Double] = []
  package var startedAt: [Double] = []
  package var component: [Int32] = []
  package var nextInComponent: [Int32] = []
  private var firstSubflow: [Int32] = [0]
  package var flowOfSubflow: [Int32] = []
  package var subflowRate: [Double] = []
  package var subflowCarried: [Double] = []
  package private(set) var firstCrossing: [Int32] = [0]
  package var crossingLink: [Int32] = []
  package var subflowOfCrossing: [Int32] = []
  package var nextCrossing: [Int32] = []
  package var previousCrossing: [Int32] = []

  var count: Int { bytes.count }

  /// When a flow ends at its present rate; one that waits for its batch has ended, also when paused.
  @inline(__always)
  func finish(of flow: Int) -> Double {
    if rate[flow] > 0 { return updatedAt[flow] + left[flow] / rate[flow] }
    return left[flow] <= 0 ? updatedAt[flow] : .infinity
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    left.removeAll(keepingCapacity: true)
    rate.removeAll(keepingCapacity: true)
    updatedAt.removeAll(keepingCapacity: true)
    startedAt.removeAll(keepingCapacity: true)
    component.removeAll(keepingCapacity: true)
    nextInComponent.removeAll(keepingCapacity: true)
    firstSubflow.removeLast(firstSubflow.count - 1)
    flowOfSubflow.removeAll(keepingCapacity: true)
    subflowRate.removeAll(keepingCapacity: true)
    subflowCarried.removeAll(keepingCapacity: true)
    firstCrossing.removeLast(firstCrossing.count - 1)
    crossingLink.removeAll(keepingCapacity: true)
    subflowOfCrossing.removeAll(keepingCapacity: true)
    nextCrossing.removeAll(keepingCapacity: true)
    previousCrossing.removeAll(keepingCapacity: true)
  }

  @inline(__always)
  package func subflows(of flow: Int) -> Range<Int> {
    Int(firstSubflow[flow])..<Int(firstSubflow[flow + 1])
  }

  @inline(__always)
  package func crossings(ofSubflow subflow: Int) -> Range<Int> {
    Int(firstCrossing[subflow])..<Int(firstCrossing[subflow + 1])
  }

  @inline(__always)
  package func crossings(of flow: Int) -> Range<Int> {
    Int(firstCrossing[Int(firstSubflow[flow])])..<Int(firstCrossing[Int(firstSubflow[flow + 1])])
  }

  mutating func endPath() {
    let subflow = Int32(flowOfSubflow.count)
    flowOfSubflow.append(Int32(count))
    subflowRate.append(0)
    subflowCarried.append(0)
    for _ in Int(firstCrossing[Int(subflow)])..<crossingLink.count {
      subflowOfCrossing.append(subflow)
      nextCrossing.append(-1)
      previousCrossing.append(-1)
    }
    firstCrossing.append(Int32(crossingLink.count))
  }

  mutating func endFlow(bytes: Double, now: Double) -> Int {
    firstSubflow.append(Int32(flowOfSubflow.count))
    self.bytes.append(bytes)
    left.append(bytes)
    rate.append(0)
    updatedAt.append(now)
    startedAt.append(now)
    component.append(-1)
    nextInComponent.append(-1)
    return count - 1
  }
}
