internal import HeapModule

/// Components by the moment at which their next flow ends.
struct ComponentColumns: Sendable {
  private var components: [Component] = []
  private var free: [Int32] = []
  /// Numbers given out so far; their memory is kept when they are forgotten.
  private var usedCount = 0
  private var queue = Heap<Entry>()

  private struct Component: Sendable {
    /// Ascending; empty where there is one flow alone.
    var flows: [Int32] = []
    /// The only flow of one that was found alone, or -1.
    var lone: Int32 = -1
    /// Flows when the component was found.
    var collectedCount: Int32 = 0
    /// Counts up when the component is given up, so that its entry in the queue is known to be stale.
    var version: Int32 = 0
    var isInUse = false
    /// In use, but without a moment in the queue.
    var isWaiting = false

    mutating func begin(with found: [Int32]) {
      flows.append(contentsOf: found)
      collectedCount = Int32(found.count)
      isInUse = true
      isWaiting = true
    }

    mutating func begin(with flow: Int32) {
      lone = flow
      isInUse = true
      isWaiting = true
    }

    mutating func end() {
      lone = -1
      isInUse = false
      isWaiting = false
      version &+= 1
      // Each number may once have been of everything.
      if flows.capacity > 64 {
        flows = []
      } else if !flows.isEmpty {
        flows.removeAll(keepingCapacity: true)
      }
    }
  }

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
  mutating func add(flows found: [Int32]) -> Int {
    let component = free.popLast().map { Int($0) } ?? unusedNumber()
    components[component].begin(with: found)
    return component
  }

  /// A new component of one flow, which waits to be queued.
  mutating func add(lone flow: Int32) -> Int {
    let component = free.popLast().map { Int($0) } ?? unusedNumber()
    components[component].begin(with: flow)
    return component
  }

  /// The flow of a component that was found alone.
  func loneFlow(of component: Int) -> Int32? {
    let flow = components[component].lone
    return flow >= 0 ? flow : nil
  }

  private mutating func unusedNumber() -> Int {
    usedCount += 1
    if usedCount > components.count { components.append(Component()) }
    return usedCount - 1
  }

  func isInUse(_ component: Int) -> Bool { components[component].isInUse }
  func isWaiting(_ component: Int) -> Bool { components[component].isWaiting }
  func flows(of component: Int) -> [Int32] {
    loneFlow(of: component).map { [$0] } ?? components[component].flows
  }

  /// Whether at most half of the flows are left that were there when the component was found.
  func isHalfGone(_ component: Int) -> Bool {
    components[component].flows.count * 2 <= components[component].collectedCount
  }

  /// Notes that a component has no moment any more.
  mutating func wait(_ component: Int) { components[component].isWaiting = true }

  /// Takes a component's flows out; it waits for those that stay to be put `back`.
  mutating func take(flowsOf component: Int) -> [Int32] {
    wait(component)
    var taken: [Int32] = []
    swap(&taken, &components[component].flows)
    return taken
  }

  mutating func put(back flows: consuming [Int32], to component: Int) {
    components[component].flows = flows
  }

  /// Says when flows of a component end next; those until `horizon` end then.
  mutating func queue(_ component: Int, until finish: Double, horizon: Double) {
    components[component].isWaiting = false
    guard finish < .infinity else { return }
    queue.insert(
      Entry(
        finish: finish, horizon: horizon, component: Int32(component),
        version: components[component].version))
  }

  /// Gives a component up; its flows are in none until they are collected again.
  mutating func release(_ component: Int) {
    guard components[component].isInUse else { return }
    components[component].end()
    free.append(Int32(component))
  }

  mutating func removeAll() {
    for component in 0..<usedCount { release(component) }
    free.removeAll(keepingCapacity: true)
    usedCount = 0
    queue = Heap()
  }

  mutating func nextFinish() -> Double? {
    while let entry = queue.min {
      if components[Int(entry.component)].version == entry.version { return entry.finish }
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
