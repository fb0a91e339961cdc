/// The most that replicas could win for the busiest of equal servers, whoever places them.
///
/// A relaxation: the load of each replica is split evenly and any server may hold any of them, so
/// the busiest is no less busy than the mean server and no less than the heaviest replica. Source:
/// the two lower bounds of multiprocessor scheduling.
public struct ReplicaHeadroom: Sendable, Hashable {
  /// Load of each expert.
  public let loads: [Int64]
  public let serverCount: Int

  public init(loads: [Int64], serverCount: Int) {
    precondition(serverCount > 0)
    self.loads = loads
    self.serverCount = serverCount
  }

  /// Busiest of contiguous servers ÷ mean server: what perfect balance would win.
  ///
  /// - Parameter busiest: load of the busiest server as it is.
  public func headroom(busiest: Int64) -> Double {
    let mean = mean
    return mean > 0 ? Double(busiest) / mean : 1
  }

  /// An upper bound of how many times less busy the busiest server can become with some slots.
  ///
  /// - Parameters:
  ///   - slotCount: slots of the layer, at least one per expert.
  ///   - busiest: load of the busiest server as it is.
  public func largestWin(slotCount: Int, busiest: Int64) -> Double {
    guard mean > 0 else { return 1 }
    let replicas = EPLB.replicas(loads.map { Float($0) }, slotCount: slotCount)
    var counts = [Double](repeating: 0, count: loads.count)
    for replica in replicas { counts[replica] += 1 }
    let heaviest = loads.indices.map { Double(loads[$0]) / counts[$0] }.max() ?? 0
    return max(1, Double(busiest) / max(mean, heaviest))
  }

  private var mean: Double { Double(loads.reduce(0, +)) / Double(serverCount) }
}
