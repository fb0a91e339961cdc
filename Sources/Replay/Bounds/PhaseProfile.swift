internal import TraceModel

/// What one phase's demand takes at least, end by end; all times are for one byte per unit.
///
/// Everything rests on `SureLoads`: bytes that some links carry in any case, divided by what they carry
/// per nanosecond.
struct PhaseProfile: Sendable {
  /// Ends that send or receive, ascending; others are named by their place here.
  private(set) var ends: [Int32] = []
  /// Pairs by source and destination, with the time that their own bytes take.
  private(set) var pairs: [(source: Int32, destination: Int32, nanoseconds: Double)] = []
  /// Time of all bytes that an end receives; of all that it sends.
  private(set) var receiving: [Double] = []
  private(set) var sending: [Double] = []
  /// Ends that exchange bytes, directly or through others.
  private(set) var components: [Component] = []
  /// The component of each end.
  private(set) var component: [Int32] = []

  struct Component: Sendable {
    var endCount = 0
    /// Each of its ends sends to each other one.
    var isComplete = false
    /// Time of its bytes alone on the fabric.
    var nanoseconds = 0.0
    var loads: [(slot: Int, bytes: Double)] = []
  }

  /// - Complexity: O(ends of the grain + slots of all pairs).
  init(_ demand: PhaseDemand, on network: FabricNetwork, paths: PathTable? = nil) {
    let endpointCount = network.layout.endpointCount(at: network.grain)
    addEnds(demand, endpointCount: endpointCount)
    var place = [Int32](repeating: -1, count: endpointCount)
    for (index, end) in ends.enumerated() { place[Int(end)] = Int32(index) }
    var loads = SureLoads(network, paths: paths)
    let moving = MovingPairs(demand, place: place, loads: loads)
    joinComponents(moving)
    pairs.reserveCapacity(moving.count)
    for row in 0..<moving.count {
      pairs.append(
        (moving.source[row], moving.destination[row], moving.time(ofRow: row, on: loads)))
    }
    sending = [Double](repeating: 0, count: ends.count)
    receiving = sending
    moving.forEachGroup(by: moving.source, count: ends.count) { end, rows in
      for row in rows { moving.add(Int(row), to: &loads) }
      sending[end] = loads.takeTime()
    }
    moving.forEachGroup(by: moving.destination, count: ends.count) { end, rows in
      for row in rows { moving.add(Int(row), to: &loads) }
      receiving[end] = loads.takeTime()
    }
    addComponentLoads(moving, &loads)
  }

  private mutating func addEnds(_ demand: PhaseDemand, endpointCount: Int) {
    var isEnd = [Bool](repeating: false, count: endpointCount)
    for pair in demand.pairs {
      isEnd[Int(pair.source)] = true
      isEnd[Int(pair.destination)] = true
    }
    ends = isEnd.indices.filter { isEnd[$0] }.map { Int32($0) }
  }

  /// Numbers components by their lowest end.
  private mutating func joinComponents(_ moving: MovingPairs) {
    var sets = DisjointSets(count: ends.count)
    for row in 0..<moving.count { sets.join(Int(moving.source[row]), Int(moving.destination[row])) }
    let (number, count) = sets.numbered()
    component = number
    components = [Component](repeating: Component(), count: count)
    for end in ends.indices { components[Int(component[end])].endCount += 1 }
  }

  private mutating func addComponentLoads(_ moving: MovingPairs, _ loads: inout SureLoads) {
    let componentOfRow = moving.source.map { component[Int($0)] }
    moving.forEachGroup(by: componentOfRow, count: components.count) { number, rows in
      var joined = 0
      var last: (Int32, Int32) = (-1, -1)
      for row in rows.lazy.map({ Int($0) }) {
        moving.add(row, to: &loads)
        // Expert and other bytes of the same ends are one pair here.
        let ends = (moving.source[row], moving.destination[row])
        if ends.0 != ends.1, ends != last { joined += 1 }
        last = ends
      }
      let taken = loads.takeAll()
      let count = components[number].endCount
      components[number].isComplete = joined == count * (count - 1)
      components[number].nanoseconds = taken.nanoseconds
      components[number].loads = taken.bytes
    }
  }
}

/// The pairs of a demand that load any link, by the places of their ends, and the slots that they load.
private struct MovingPairs {
  private(set) var source: [Int32] = []
  private(set) var destination: [Int32] = []
  private var bytes: [Double] = []
  private var slots: [Int32] = []
  private var firstSlot: [Int32] = [0]

  init(_ demand: PhaseDemand, place: [Int32], loads: SureLoads) {
    for pair in demand.pairs {
      loads.appendSlots(of: pair, to: &slots)
      guard slots.count > Int(firstSlot[count]) else { continue }
      firstSlot.append(Int32(slots.count))
      source.append(place[Int(pair.source)])
      destination.append(place[Int(pair.destination)])
      bytes.append(pair.bytes)
    }
  }

  var count: Int { source.count }

  private func slots(ofRow row: Int) -> ArraySlice<Int32> {
    slots[Int(firstSlot[row])..<Int(firstSlot[row + 1])]
  }

  func add(_ row: Int, to loads: inout SureLoads) {
    for slot in slots(ofRow: row) { loads.add(bytes[row], to: Int(slot)) }
  }

  /// What a pair's own bytes take at least.
  func time(ofRow row: Int, on loads: SureLoads) -> Double {
    loads.time(of: bytes[row], on: slots(ofRow: row))
  }

  /// Calls `body` with each value of a column, below `count`, and the rows that have it, ascending.
  func forEachGroup(
    by column: [Int32], count: Int, _ body: (Int, ArraySlice<Int32>) -> Void
  ) {
    var offsets = [Int](repeating: 0, count: count + 1)
    for value in column { offsets[Int(value) + 1] += 1 }
    for value in 0..<count { offsets[value + 1] += offsets[value] }
    var next = offsets
    var rows = [Int32](repeating: 0, count: column.count)
    for (row, value) in column.enumerated() {
      rows[next[Int(value)]] = Int32(row)
      next[Int(value)] += 1
    }
    for value in 0..<count where offsets[value] < offsets[value + 1] {
      body(value, rows[offsets[value]..<offsets[value + 1]])
    }
  }
}
