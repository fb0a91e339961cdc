internal import TraceModel

/// The ways between all pairs of ends that a workload ever joins, found once.
///
/// A pair's bytes go electrically (inside the scale-up domain or over the EPS), or, where both servers
/// are in one region, over that region's circuits. Links that can never be the tightest are marked, so
/// that flows need not be entered there.
package struct PathTable: Sendable {
  package private(set) var source: [Int32] = []
  package private(set) var destination: [Int32] = []
  package private(set) var route: [Route] = []
  /// Row of `electrical`, or -1 for bytes that never leave their GPU.
  package private(set) var electricalRow: [Int32] = []
  /// Row of `optical`, or -1 for pairs that no circuit can join.
  package private(set) var opticalRow: [Int32] = []
  /// Region of the pair, and its cell in the region's circuit matrix; -1 without a region.
  package private(set) var region: [Int32] = []
  package private(set) var cell: [Int32] = []
  /// False when no electrical path of a pair has capacity on all of its links.
  package private(set) var isReachable: [Bool] = []
  /// Bytes per nanosecond of one circuit of the pair.
  package private(set) var circuitRate: [Double] = []
  package private(set) var electrical: FluidProblem
  /// The same pairs as if each had a circuit; its links follow the fabric's own.
  package private(set) var optical: FluidProblem
  /// What `SureLoads` knows of each pair, and where it begins.
  private var slots: [Int32] = []
  private var slotOffsets: [Int32] = [0]
  /// By link of the fabric: another link of the same paths always fills up first.
  package private(set) var isImplied: [Bool] = []
  /// Links of the fabric; circuits are numbered after them.
  package var linkCount: Int { isImplied.count }
  private var keys = KeyTable()

  /// - Throws: a `ReplayError` for more paths than are numbered.
  /// - Complexity: O(pairs of all demands).
  package init(_ demands: [PhaseDemand], on network: FabricNetwork) throws(ReplayError) {
    var pairs: [DemandPair] = []
    for demand in demands {
      for pair in demand.pairs where keys.number(of: Self.key(pair)) == pairs.count {
        pairs.append(pair)
      }
    }
    try network.checkPathCount(of: pairs)
    for pair in pairs {
      let (from, to) = (Int(pair.source), Int(pair.destination))
      source.append(pair.source)
      destination.append(pair.destination)
      route.append(network.route(from: from, to: to, isExpert: pair.isExpert))
    }
    let loads = SureLoads(network)
    for pair in pairs {
      loads.appendSlots(of: pair, to: &slots)
      slotOffsets.append(Int32(slots.count))
    }
    let plain = RoutedDemand(PhaseDemand(pairs: pairs), on: network, circuits: nil)
    let electrical = plain.fluidProblem()
    var regional: [Int] = []
    for pair in pairs.indices where route[pair] == .regional { regional.append(pair) }
    let full = RoutedDemand(
      PhaseDemand(pairs: regional.map { pairs[$0] }), on: network,
      circuits: regional.isEmpty ? nil : Self.allCircuits(network))
    let optical = full.fluidProblem()
    self.electrical = electrical
    self.optical = optical
    electricalRow = [Int32](repeating: -1, count: pairs.count)
    opticalRow = electricalRow
    region = electricalRow
    cell = electricalRow
    for (row, entry) in plain.pairs.enumerated() {
      electricalRow[number(of: entry.pair)] = Int32(row)
    }
    for (row, entry) in full.pairs.enumerated() { opticalRow[number(of: entry.pair)] = Int32(row) }
    for pair in regional {
      let (from, to) = (
        network.server(of: Int(source[pair])), network.server(of: Int(destination[pair]))
      )
      region[pair] = network.region[from]
      let size = network.regions[Int(network.region[from])].count
      cell[pair] = Int32(
        Int(network.placeInRegion[from]) * size + Int(network.placeInRegion[to]))
    }
    for row in electricalRow {
      isReachable.append(
        row < 0 || electrical.subflows(of: Int(row)).contains { electrical.narrowest(of: $0) > 0 })
    }
    for row in opticalRow {
      circuitRate.append(
        row < 0 ? 0 : optical.lastCapacity(of: Int(row), from: network.links.count))
    }
    isImplied = Self.impliedLinks(electrical, optical, linkCount: network.links.count)
  }

  /// The number of a pair that some demand joins.
  package func number(of pair: DemandPair) -> Int { keys.existingNumber(of: Self.key(pair)) ?? 0 }

  /// The slots of `SureLoads` that all bytes of a pair load.
  package func sureSlots(of pair: DemandPair) -> ArraySlice<Int32> {
    let number = number(of: pair)
    return slots[Int(slotOffsets[number])..<Int(slotOffsets[number + 1])]
  }

  private static func key(_ pair: DemandPair) -> UInt64 {
    UInt64(UInt32(bitPattern: pair.source)) << 32 | UInt64(UInt32(bitPattern: pair.destination))
      << 1
      | (pair.isExpert ? 1 : 0)
  }

  /// A circuit between any two servers of each region.
  private static func allCircuits(_ network: FabricNetwork) -> CircuitSet {
    CircuitSet(
      network.regions.map { servers in
        var matrix = CircuitMatrix(size: servers.count)
        for left in 0..<servers.count {
          for right in left + 1..<max(left + 1, servers.count) { matrix.addPair(left, right) }
        }
        return matrix
      })
  }

  /// Implied by links that are there whatever the circuits are.
  ///
  /// Circuits count as links without an end to their capacity, so that nothing is implied by one.
  private static func impliedLinks(
    _ electrical: FluidProblem, _ optical: FluidProblem, linkCount: Int
  ) -> [Bool] {
    var union = FluidProblem(linkCapacity: Array(electrical.linkCapacity.prefix(linkCount)))
    for _ in linkCount..<optical.linkCapacity.count { union.appendLink(capacity: .infinity) }
    for problem in [electrical, optical] {
      for flow in 0..<problem.flowCount {
        for subflow in problem.subflows(of: flow) {
          for place in problem.pathRange(of: subflow) { union.appendPathLink(problem.path[place]) }
          union.endPath()
        }
        union.endFlow(bytes: 1)
      }
    }
    return Array(union.impliedLinks().prefix(linkCount))
  }
}

extension FluidProblem {
  /// The least capacity on a subflow's path.
  fileprivate func narrowest(of subflow: Int) -> Double {
    pathRange(of: subflow).reduce(.infinity) { min($0, linkCapacity[Int(path[$1])]) }
  }

  /// The capacity of the link of a flow's paths that is numbered `first` or above; 0 without one.
  fileprivate func lastCapacity(of flow: Int, from first: Int) -> Double {
    for subflow in subflows(of: flow) {
      for place in pathRange(of: subflow) where Int(path[place]) >= first {
        return linkCapacity[Int(path[place])]
      }
    }
    return 0
  }
}
