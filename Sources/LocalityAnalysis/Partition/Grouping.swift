internal import TraceModel

/// A division of servers into regions.
public struct Grouping: Sendable, Hashable {
  /// How it came about: "contiguous", "expert groups", "best found".
  public var name: String
  /// Region of each server, 0 ..< regionCount.
  public var regionOf: [Int]
  /// Number of regions.
  public var regionCount: Int

  /// Regions are numbered anew by their first server, so equal divisions are equal values.
  public init(name: String, regionOf: [Int]) {
    self.name = name
    var numbers: [Int: Int] = [:]
    self.regionOf = regionOf.map { region in
      if let number = numbers[region] { return number }
      numbers[region] = numbers.count
      return numbers.count - 1
    }
    regionCount = numbers.count
  }

  /// Servers in the order given, cut into regions of `size`; the last one may be smaller.
  public init(name: String, order: [Int], size: Int) {
    var regionOf = [Int](repeating: 0, count: order.count)
    for (place, server) in order.enumerated() { regionOf[server] = place / max(1, size) }
    self.init(name: name, regionOf: regionOf)
  }

  /// Servers in their own order, `size` at a time.
  public static func contiguous(serverCount: Int, size: Int) -> Grouping {
    Grouping(name: "contiguous", order: Array(0..<serverCount), size: size)
  }

  /// Servers of each region, ascending.
  public var members: [[Int]] {
    var result = [[Int]](repeating: [], count: regionCount)
    for (server, region) in regionOf.enumerated() { result[region].append(server) }
    return result
  }

  /// True when both divide the servers in the same way, whatever their names.
  public func divides(as other: Grouping) -> Bool { regionOf == other.regionOf }
}

/// Sizes of the regions when servers are divided into regions of `size`: the last takes the rest.
func regionSizes(serverCount: Int, size: Int) -> [Int] {
  let size = max(1, min(size, serverCount))
  let rest = serverCount % size
  return [Int](repeating: size, count: serverCount / size) + (rest > 0 ? [rest] : [])
}
