internal import HeapModule

/// Components by the moment at which their next flow ends.
struct ComponentColumns: Sendable {
  private(set) var firstFlow: [Int32] = []
  private var lastFlow: [Int32] = []
  /// Flows now, and when the component was found.
  private(set) var count: [Int32] = []
  private(set) var collectedCount: [Int32] = []
  private(set) var isInUse: [Bool] = []
  /// In use, but without a moment in the queue.
  private(set) var isWaiting: [Bool] = []
  /// Counts up when a component is given up, so that its entry in the queue is known to be stale.
  private var version: [Int32] = []
  private var free: [Int32] = []
  private var queue = Heap<Entry>()

  private struct Entry: Comparable, Sendable {
    var finish: Double
    /// Flows that end until here end at `finish`.
    var horizon: Double
    var component: Int32
    var version: Int32

    static func < (left: Entry, right: Entry) -> Bool {
      left.finish < right.finish
        || (left.finish == right.finish && left.component < right.component)
    }
  }

  /// A new component of some flows, which waits to be queued.
  mutating func add(flows members: [Int32], to flows: inout FlowColumns) -> Int {
    let component: Int
    if let reused = free.popLast() {
      component = Int(reused)
    } else {
      component = firstFlow.count
      firstFlow.append(-1)
      lastFlow.append(-1)
      count.append(0)
      collectedCount.append(0)
      isInUse.append(false)
      isWaiting.append(false)
      version.append(0)
    }
    isInUse[component] = true
    firstFlow[component] = -1
    count[component] = 0
    for flow in members {
      flows.component[Int(flow)] = Int32(component)
      keep(flow, in: component, of: &flows)
    }
    collectedCount[component] = count[component]
    isWaiting[component] = true
    return component
  }

  /// Says when flows of a component end next; those until `horizon` end then.
  mutating func queue(_ component: Int, until finish: Double, horizon: Double) {
    isWaiting[component] = false
    guard finish < .infinity else { return }
    queue.insert(
      Entry(
        finish: finish, horizon: horizon, component: Int32(component),
        version: version[component]))
  }

  /// Empties a component's list and returns its first flow; those that stay are `keep`t.
  mutating func beginTaking(from component: Int) -> Int32 {
    let first = firstFlow[component]
    firstFlow[component] = -1
    count[component] = 0
    isWaiting[component] = true
    return first
  }

  /// Appends a flow to a component's list.
  mutating func keep(_ flow: Int32, in component: Int, of flows: inout FlowColumns) {
    if firstFlow[component] < 0 {
      firstFlow[component] = flow
    } else {
      flows.nextInComponent[Int(lastFlow[component])] = flow
    }
    lastFlow[component] = flow
    flows.nextInComponent[Int(flow)] = -1
    count[component] += 1
  }

  /// Gives a component up; its flows are in none until they are collected again.
  mutating func release(_ component: Int) {
    guard isInUse[component] else { return }
    isInUse[component] = false
    isWaiting[component] = false
    version[component] += 1
    free.append(Int32(component))
  }

  mutating func removeAll() {
    firstFlow.removeAll(keepingCapacity: true)
    lastFlow.removeAll(keepingCapacity: true)
    count.removeAll(keepingCapacity: true)
    collectedCount.removeAll(keepingCapacity: true)
    isWaiting.removeAll(keepingCapacity: true)
    version.removeAll(keepingCapacity: true)
    isInUse.removeAll(keepingCapacity: true)
    free.removeAll(keepingCapacity: true)
    queue = Heap()
  }

  mutating func nextFinish() -> Double? {
    while let entry = queue.min {
      if version[Int(entry.component)] == entry.version { return entry.finish }
      queue.removeMin()
    }
    return nil
  }

  mutating func popFinished(by limit: Double) -> (component: Int, horizon: Double)? {
    guard let finish = nextFinish(), finish <= limit else { return nil }
    let entry = queue.removeMin()
    return (Int(entry.component), entry.horizon)
  }
}
