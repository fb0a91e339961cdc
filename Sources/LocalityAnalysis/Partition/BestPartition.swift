public import TraceModel

/// A balanced partition and how sure it is that none keeps more bytes inside.
public struct BestPartition: Sendable, Hashable {
  /// How a partition was found; all but `exact` end with refinement by exchanges, and another
  /// partition may be better.
  public enum Method: String, Sendable, Hashable {
    /// All balanced partitions were compared.
    case exact
    /// From servers in order, a given partition, or regions grown one after the other.
    case exchanges
    /// From pairs that exchange most, taken as one, level by level.
    case multilevel
    /// From cuts in two along the second vector of the traffic.
    case spectral
  }

  /// The partition itself.
  public var grouping: Grouping
  /// φ on the bytes that it was fitted to.
  public var share: Double
  /// Which search found it.
  public var method: Method
}

/// φ*: the balanced partition into regions of `size` servers that keeps most bytes inside.
///
/// Exact up to 12 servers. Above, the best of multilevel, spectral, contiguous, grown and given
/// starts, each refined by exchanges: deterministic, never below contiguous or a given one, not
/// proven best. When `size` does not divide the number of servers, one region is smaller. Nil when
/// no byte leaves its server. O(n²) per round of refinement and O(n² / r) per exchange.
///
/// - Parameter starts: further partitions to refine, such as the declared one; those with other
///   region sizes are left out.
public func bestPartition(
  _ matrix: TrafficMatrix, size: Int, starts: [Grouping] = []
) -> BestPartition? {
  let traffic = SymmetricTraffic(matrix)
  guard traffic.total > 0, matrix.size > 0 else { return nil }
  return bestPartition(traffic, size: max(1, min(size, matrix.size)), starts: starts)
}

func bestPartition(
  _ traffic: SymmetricTraffic, size: Int, starts: [Grouping]
) -> BestPartition {
  let count = traffic.size
  let contiguous = Grouping.contiguous(serverCount: count, size: size)
  if size == 1 || size == count {
    return BestPartition(traffic, contiguous.regionOf, .exact)
  }
  if count <= exactPartitionLimit {
    return BestPartition(traffic, exactPartition(traffic, size: size), .exact)
  }
  let sizes = regionSizes(serverCount: count, size: size).sorted()
  let given = starts.filter { $0.members.map(\.count).sorted() == sizes }.map(\.regionOf)
  let refined = ([contiguous.regionOf] + given + [grownPartition(traffic, size: size)]).map {
    BestPartition(traffic, refinedPartition(traffic, from: $0), .exchanges)
  }
  let most = largestShare(traffic, sizes: sizes)
  // The first of those that keep most; no other start is needed for one that cannot be beaten.
  var best = refined.dropFirst().reduce(refined[0]) { $1.share > $0.share ? $1 : $0 }
  for method in [BestPartition.Method.multilevel, .spectral] where best.share < most {
    let other = BestPartition(
      traffic,
      method == .multilevel
        ? multilevelPartition(traffic, size: size) : spectralPartition(traffic, size: size),
      method)
    if other.share > best.share { best = other }
  }
  guard best.share < most else { return best }
  return BestPartition(
    traffic, shakenPartition(traffic, from: best.grouping.regionOf), best.method)
}

extension BestPartition {
  init(_ traffic: SymmetricTraffic, _ regionOf: [Int], _ method: Method) {
    grouping = Grouping(name: "best found", regionOf: regionOf)
    share = traffic.share(inside: grouping)
    self.method = method
  }
}

/// What no partition into regions of these sizes can exceed, nearly: every server with those that it
/// exchanges most with, in the largest region.
///
/// O(n² log n). Lower by what rounding may take from a partition that reaches it.
private func largestShare(_ traffic: SymmetricTraffic, sizes: [Int]) -> Double {
  let count = traffic.size
  let others = (sizes.max() ?? 1) - 1
  var sum = 0.0
  for server in 0..<count {
    let row = traffic.weights[server * count..<(server + 1) * count].sorted(by: >)
    sum += row.prefix(others).reduce(0, +)
  }
  return sum / 2 / traffic.total * (1 - 1e-12)
}

/// The best regions of a smaller size put together into larger ones, as a start for the larger size.
///
/// Keeps φ* from falling when the larger size is a multiple of the smaller; nil when it is not, or
/// when the smaller regions are not all equal.
func merged(_ smaller: Grouping, size: Int, into larger: Int, _ traffic: SymmetricTraffic)
  -> Grouping?
{
  guard larger % size == 0, larger > size, traffic.size % size == 0 else { return nil }
  let contracted = traffic.contracted(by: smaller.regionOf, count: smaller.regionCount)
  let groups =
    contracted.size == larger / size
    ? [Int](repeating: 0, count: contracted.size)
    : multilevelPartition(contracted, size: larger / size)
  return Grouping(name: "best found", regionOf: smaller.regionOf.map { groups[$0] })
}
