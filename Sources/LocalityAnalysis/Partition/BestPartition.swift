public import TraceModel

/// A balanced partition and how sure it is that none keeps more bytes inside.
public struct BestPartition: Sendable, Hashable {
  /// How a partition was found.
  public enum Method: String, Sendable, Hashable {
    /// All balanced partitions were compared.
    case exact
    /// The best of several starts, refined by exchanges; another may be better.
    case heuristic
  }

  public var grouping: Grouping
  /// φ on the bytes that it was fitted to.
  public var share: Double
  public var method: Method
}

/// φ*: the balanced partition into regions of `size` servers that keeps most bytes inside.
///
/// Exact up to 12 servers. Above, the best of contiguous, grown and given starts after exchanges,
/// in O(n²) per round: deterministic, never below contiguous, not proven best. When `size` does not
/// divide the number of servers, one region is smaller. Nil when no byte leaves its server.
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
  let isExact = count <= exactPartitionLimit || size == 1 || size == count
  let contiguous = Grouping.contiguous(serverCount: count, size: size)
  let found: [Int]
  if size == 1 || size == count {
    found = contiguous.regionOf
  } else if isExact {
    found = exactPartition(traffic, size: size)
  } else {
    let sizes = regionSizes(serverCount: count, size: size).sorted()
    let given = starts.filter { $0.members.map(\.count).sorted() == sizes }.map(\.regionOf)
    let candidates = [contiguous.regionOf] + given + [grownPartition(traffic, size: size)]
    found = mostInside(candidates.map { refinedPartition(traffic, from: $0) }, traffic)
  }
  let grouping = Grouping(name: "best found", regionOf: found)
  return BestPartition(
    grouping: grouping, share: traffic.inside(grouping.regionOf) / traffic.total,
    method: isExact ? .exact : .heuristic)
}

/// The first of the partitions that keep most inside.
private func mostInside(_ partitions: [[Int]], _ traffic: SymmetricTraffic) -> [Int] {
  var best = partitions[0]
  var bestInside = traffic.inside(best)
  for partition in partitions.dropFirst() {
    let inside = traffic.inside(partition)
    if inside > bestInside {
      best = partition
      bestInside = inside
    }
  }
  return best
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
  let groups = bestPartition(contracted, size: larger / size, starts: []).grouping.regionOf
  return Grouping(name: "best found", regionOf: smaller.regionOf.map { groups[$0] })
}
