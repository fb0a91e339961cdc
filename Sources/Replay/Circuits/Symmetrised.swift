internal import TraceModel

/// A directed scheduler made to fit full-duplex optical switches, at the price that this has.
///
/// It is asked for the larger direction of every pair in both directions. The pairs of a sequence's
/// permutation divide into at most three sets without a common server (each pair meets at most two
/// others), and each set is held as long as the permutation was: up to three times the time that
/// directed circuits take, and three times the configurations, all of which change together.
/// Standing circuits become pairs, those with most circuits in both directions together first, while
/// both servers have ports.
public struct Symmetrised: CircuitScheduler {
  public var base: any CircuitScheduler

  public init(_ base: any CircuitScheduler) { self.base = base }

  public var name: String { "symmetrised-\(base.name)" }
  public var summary: String { "\(base.summary); directed circuits replaced by full-duplex ones" }
  public var duplex: Duplex { .paired }
  public var dependsOnDemand: Bool { base.dependsOnDemand }
  public var answersWithSequence: Bool { base.answersWithSequence }
  public var relays: Bool { base.relays }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    var folded = request
    folded.demand.cells = request.demand.foldedByMaximum()
    var schedule = base.schedule(for: folded)
    if let standing = schedule.standingCircuits {
      return .standing(paired(standing, ports: request.opticalPorts))
    }
    schedule.configurations = schedule.configurations.flatMap {
      matchings($0, ports: request.opticalPorts)
    }
    schedule.setUp = .beforeEach
    return schedule
  }

  /// Pairs with as many circuits as the ports allow.
  private func paired(_ circuits: CircuitMatrix, ports: Int) -> CircuitMatrix {
    greedyCircuits(
      size: circuits.size, portsPerServer: ports,
      demand: { Int64(circuits[$0, $1] + circuits[$1, $0]) }, urgency: { $0 / Double($1 + 1) })
  }

  /// Full-duplex configurations that together join the pairs of a directed one, each pair once.
  private func matchings(_ configuration: CircuitConfiguration, ports: Int)
    -> [CircuitConfiguration]
  {
    let size = configuration.size
    var sets: [(matrix: CircuitMatrix, free: [Int])] = []
    var isJoined = [Bool](repeating: false, count: size * size)
    for one in configuration.circuits {
      let (left, right, count) = (Int(one.source), Int(one.destination), Int(one.count))
      guard !isJoined[right * size + left] else { continue }
      isJoined[left * size + right] = true
      let place =
        sets.firstIndex { $0.free[left] >= count && $0.free[right] >= count } ?? sets.count
      if place == sets.count {
        sets.append((CircuitMatrix(size: size), [Int](repeating: ports, count: size)))
      }
      sets[place].matrix.addPair(left, right, count: count)
      sets[place].free[left] -= count
      sets[place].free[right] -= count
    }
    return sets.map {
      CircuitConfiguration($0.matrix, holdNanoseconds: configuration.holdNanoseconds)
    }
  }
}
