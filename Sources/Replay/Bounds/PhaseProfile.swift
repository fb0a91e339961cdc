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

  init(_ demand: PhaseDemand, on network: FabricNetwork) {
    let endpointCount = network.layout.endpointCount(at: network.grain)
    let moving = demand.pairs.filter {
      network.route(
        from: Int($0.source), to: Int($0.destination), isExpert: $0.isExpert) != .local
    }
    addEnds(demand, endpointCount: endpointCount)
    var place = [Int32](repeating: -1, count: endpointCount)
    for (index, end) in ends.enumerated() { place[Int(end)] = Int32(index) }
    joinComponents(moving, place: place)
    var loads = SureLoads(network)
    receiving = [Double](repeating: 0, count: ends.count)
    sending = receiving
    for pair in moving {
      loads.add(pair)
      pairs.append(
        (place[Int(pair.source)], place[Int(pair.destination)], loads.takeAll().nanoseconds))
    }
    forEachRun(of: moving, by: \.source) { source, run in
      for pair in run { loads.add(pair) }
      sending[Int(place[Int(source)])] = loads.takeAll().nanoseconds
    }
    let byDestination = moving.sorted {
      ($0.destination, $0.source) < ($1.destination, $1.source)
    }
    forEachRun(of: byDestination, by: \.destination) { destination, run in
      for pair in run { loads.add(pair) }
      receiving[Int(place[Int(destination)])] = loads.takeAll().nanoseconds
    }
    addComponentLoads(moving, place: place, loads: &loads)
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
  private mutating func joinComponents(_ moving: [DemandPair], place: [Int32]) {
    var parent = Array(ends.indices)
    func root(_ end: Int) -> Int {
      var end = end
      while parent[end] != end {
        parent[end] = parent[parent[end]]
        end = parent[end]
      }
      return end
    }
    for pair in moving {
      let (left, right) = (
        root(Int(place[Int(pair.source)])), root(Int(place[Int(pair.destination)]))
      )
      parent[max(left, right)] = min(left, right)
    }
    component = [Int32](repeating: 0, count: ends.count)
    for end in ends.indices {
      let root = root(end)
      if root == end {
        component[end] = Int32(components.count)
        components.append(Component())
      } else {
        component[end] = component[root]
      }
      components[Int(component[end])].endCount += 1
    }
  }

  private mutating func addComponentLoads(
    _ moving: [DemandPair], place: [Int32], loads: inout SureLoads
  ) {
    var members = [[DemandPair]](repeating: [], count: components.count)
    var joined = [Int](repeating: 0, count: components.count)
    var last: (Int32, Int32) = (-1, -1)
    for pair in moving {
      let number = Int(component[Int(place[Int(pair.source)])])
      members[number].append(pair)
      // Expert and other bytes of the same ends are one pair here.
      if pair.source != pair.destination, (pair.source, pair.destination) != last {
        joined[number] += 1
      }
      last = (pair.source, pair.destination)
    }
    for number in components.indices {
      for pair in members[number] { loads.add(pair) }
      let taken = loads.takeAll()
      let count = components[number].endCount
      components[number].isComplete = joined[number] == count * (count - 1)
      components[number].nanoseconds = taken.nanoseconds
      components[number].loads = taken.bytes
    }
  }

  /// Calls `body` with each value of a column and the neighbours that share it.
  private func forEachRun(
    of pairs: [DemandPair], by column: KeyPath<DemandPair, Int32>,
    _ body: (Int32, ArraySlice<DemandPair>) -> Void
  ) {
    var first = 0
    while first < pairs.count {
      let value = pairs[first][keyPath: column]
      var end = first + 1
      while end < pairs.count, pairs[end][keyPath: column] == value { end += 1 }
      body(value, pairs[first..<end])
      first = end
    }
  }
}
