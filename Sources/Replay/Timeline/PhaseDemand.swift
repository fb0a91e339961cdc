package import TraceModel

/// Bytes of one pair of ends in one phase.
package struct DemandPair: Sendable, Hashable {
  package var source: Int32
  package var destination: Int32
  package var bytes: Double
  package var isExpert: Bool
}

/// Everything that moves in one phase, in an order that does not depend on the input's.
package struct PhaseDemand: Sendable {
  package private(set) var pairs: [DemandPair] = []

  package init(_ terms: [DemandTerm], of workload: Workload) {
    for term in terms {
      for row in workload.demands.pairs(of: term.demand) {
        var ends = (workload.demands.source[row], workload.demands.destination[row])
        if term.isTransposed { swap(&ends.0, &ends.1) }
        let bytes = Double(workload.demands.amount[row]) * Double(term.bytesPerUnit)
        if bytes > 0 {
          pairs.append(
            DemandPair(
              source: ends.0, destination: ends.1, bytes: bytes, isExpert: term.isExpert))
        }
      }
    }
    pairs.sort {
      ($0.source, $0.destination, $0.isExpert ? 0 : 1)
        < ($1.source, $1.destination, $1.isExpert ? 0 : 1)
    }
    merge()
  }

  /// Pairs that are in order already.
  package init(pairs: [DemandPair]) { self.pairs = pairs }

  /// Makes one flow of all bytes between two ends for the same use.
  private mutating func merge() {
    var kept = 0
    for pair in pairs.indices {
      if kept > 0, pairs[kept - 1].source == pairs[pair].source,
        pairs[kept - 1].destination == pairs[pair].destination,
        pairs[kept - 1].isExpert == pairs[pair].isExpert
      {
        pairs[kept - 1].bytes += pairs[pair].bytes
      } else {
        pairs[kept] = pairs[pair]
        kept += 1
      }
    }
    pairs.removeSubrange(kept...)
  }

  /// The regions in which circuits could carry some of the bytes, ascending.
  package func regionsWithDemand(on network: FabricNetwork) -> [Int] {
    var hasDemand = [Bool](repeating: false, count: network.regions.count)
    for pair in pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      if network.route(from: source, to: destination, isExpert: pair.isExpert) == .regional {
        hasDemand[Int(network.region[network.server(of: source)])] = true
      }
    }
    return hasDemand.indices.filter { hasDemand[$0] }
  }

  /// Bytes between the servers of each region that circuits could carry.
  package func regionMatrices(on network: FabricNetwork) -> [TrafficMatrix] {
    var matrices = network.regions.map { TrafficMatrix(size: $0.count) }
    for pair in pairs {
      let (source, destination) = (Int(pair.source), Int(pair.destination))
      guard
        network.route(from: source, to: destination, isExpert: pair.isExpert) == .regional
      else { continue }
      let (from, to) = (network.server(of: source), network.server(of: destination))
      let row = Int(network.placeInRegion[from])
      let column = Int(network.placeInRegion[to])
      let region = Int(network.region[from])
      let sum = Double(matrices[region][row, column]) + pair.bytes
      // Far above any real volume; below it, sums of two directions cannot overflow.
      matrices[region][row, column] = Int64(min(sum, 4e18))
    }
    return matrices
  }
}

extension TrafficMatrix {
  /// Every cell times a factor, within what sums of many cells can hold.
  func scaled(by factor: Double) -> TrafficMatrix {
    var scaled = self
    scaled.cells = cells.map { Int64(min(Double($0) * factor, 1e15)) }
    return scaled
  }
}

/// One operation's part of a phase: which demand, which way, how many bytes per unit.
package struct DemandTerm: Sendable, Hashable, Comparable {
  package var demand: Int
  package var isTransposed: Bool
  package var bytesPerUnit: Int64
  package var isExpert: Bool

  package init(demand: Int, isTransposed: Bool, bytesPerUnit: Int64, isExpert: Bool) {
    self.demand = demand
    self.isTransposed = isTransposed
    self.bytesPerUnit = bytesPerUnit
    self.isExpert = isExpert
  }

  package static func < (left: DemandTerm, right: DemandTerm) -> Bool {
    (left.demand, left.isTransposed ? 1 : 0, left.bytesPerUnit, left.isExpert ? 1 : 0)
      < (right.demand, right.isTransposed ? 1 : 0, right.bytesPerUnit, right.isExpert ? 1 : 0)
  }
}
