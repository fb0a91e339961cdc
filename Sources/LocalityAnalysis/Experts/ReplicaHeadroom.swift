/// The most that replicas could win for the busiest of equal servers or ranks, whoever places them.
///
/// A relaxation: loads split evenly over replicas, and any place may hold any of them. The busiest
/// place then carries no less than the mean and no less than the heaviest replica (the two lower
/// bounds of multiprocessor scheduling).
public struct ReplicaHeadroom: Sendable, Hashable {
  /// Load of each expert.
  public let loads: [Int64]
  /// Servers or ranks that share the load.
  public let placeCount: Int

  public init(loads: [Int64], placeCount: Int) {
    precondition(placeCount > 0)
    self.loads = loads
    self.placeCount = placeCount
  }

  /// Busiest place as it is ÷ mean place: what perfect balance would win.
  ///
  /// - Parameter busiest: load of the busiest place.
  public func headroom(busiest: Int64) -> Double {
    let mean = mean
    return mean > 0 ? Double(busiest) / mean : 1
  }

  /// An upper bound of how many times less busy the busiest place can become with some slots.
  ///
  /// - Parameters:
  ///   - slotCount: slots of the layer, at least one per expert.
  ///   - busiest: load of the busiest place as it is.
  public func largestWin(slotCount: Int, busiest: Int64) -> Double {
    guard mean > 0 else { return 1 }
    let replicas = EPLB.replicas(loads.map { Float($0) }, slotCount: slotCount)
    var counts = [Double](repeating: 0, count: loads.count)
    for replica in replicas { counts[replica] += 1 }
    let heaviest = loads.indices.map { Double(loads[$0]) / counts[$0] }.max() ?? 0
    return max(1, Double(busiest) / max(mean, heaviest))
  }

  private var mean: Double { Double(loads.reduce(0, +)) / Double(placeCount) }
}
