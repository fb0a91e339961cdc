internal import HeapModule

/// Components by the moment at which their next flow ends.
struct ComponentColumns: Sendable {
  /// The flows of each component, ascending.
  private var members: [[Int32]] = []
  /// Flows when the component was found.
  private(set) var collectedCount: [Int32] = []
  private(set) var isInUse: [Bool] = []
  /// In use, but without a moment in the queue.
  private(set) var isWaiting: [Bool] = []
  /// Counts up when a component is given up, so that its entry in the queue is known to be stale.
  private var version: [Int32] = []
  private var free: [Int32] = []
  /// Numbers given out so far; their memory is kept when they are forgotten.
  private var usedCount = 0
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
  mutating func add(flows found: [Int32]) -> Int {
    let component = free.popLast().map { Int($0) } ?? unusedNumber()
    isInUse[component] = true
    members[component].append(contentsOf: found)
    collectedCount[component] = Int32(found.count)
    isWaiting[component] = true
    return component
  }

  private mutating func unusedNumber() -> Int {
    usedCount += 1
    if usedCount > members.count {
      members.append([])
      collectedCount.append(0)
      isInUse.append(false)
      isWaiting.append(false)
      version.append(0)
    }
    return usedCount - 1
  }

  func flows(of component: Int) -> [Int32] { members[component] }

  /// Notes that a component has no moment any more.
  mutating func wait(_ component: Int) { isWaiting[component] = true }

  /// Takes a component's flows out; it waits for those that stay to be put `back`.
  mutating func take(flowsOf component: Int) -> [Int32] {
    wait(component)
    var taken: [Int32] = []
    swap(&taken, &members[component])
    return taken
  }

  mutating func put(back flows: [Int32], to component: Int) { members[component] = flows }

  /// Says when flows of a component end next; those until `horizon` end then.
  mutating func queue(_ component: Int, until finish: Double, horizon: Double) {
    isWaiting[component] = false
    guard finish < .infinity else { return }
    queue.insert(
      Entry(
        finish: finish, horizon: horizon, component: Int32(component),
        version: version[component]))
  }

  /// Gives a component up; its flows are in none until they are collected again.
  mutating func release(_ component: Int) {
    guard isInUse[component] else { return }
    isInUse[component] = false
    isWaiting[component] = false
    members[component].removeAll(keepingCapacity: true)
    version[component] += 1
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
