public import TraceModel

/// φ: the share of the bytes between servers that stays inside its region, 0 … 1.
///
/// Bytes inside a server count neither way, so φ is 0 for regions of one server and 1 for a single
/// region. Nil when no byte leaves its server. O(n²).
public func intraRegionShare(_ matrix: TrafficMatrix, regionOf: [Int]) -> Double? {
  precondition(regionOf.count == matrix.size, "one region per server")
  let cells = matrix.cells.span
  let regions = regionOf.span
  var inside = 0.0
  var total = 0.0
  for source in 0..<matrix.size {
    for destination in 0..<matrix.size where destination != source {
      let bytes = Double(cells[source * matrix.size + destination])
      total += bytes
      if regions[source] == regions[destination] { inside += bytes }
    }
  }
  return total > 0 ? inside / total : nil
}

/// φ of uniform traffic for regions of a size: (r − 1)/(n − 1) when r divides n, for any grouping.
public func uniformIntraRegionShare(serverCount: Int, size: Int) -> Double {
  guard serverCount > 1 else { return 1 }
  let pairs = regionSizes(serverCount: serverCount, size: size).reduce(0.0) {
    $0 + Double($1) * Double($1 - 1)
  }
  return pairs / (Double(serverCount) * Double(serverCount - 1))
}

/// Bytes between two servers in both directions: what a region can keep inside.
package struct SymmetricTraffic {
  /// Servers.
  package let size: Int
  /// size × size, zero diagonal.
  package let weights: [Double]
  /// Bytes of all pairs, each counted once.
  package let total: Double

  /// Adds up both directions of each pair and leaves the diagonal out; O(n²).
  package init(_ matrix: TrafficMatrix) {
    let size = matrix.size
    var weights = [Double](repeating: 0, count: size * size)
    var total = 0.0
    for row in 0..<size {
      for column in 0..<row {
        let both =
          Double(matrix.cells[row * size + column]) + Double(matrix.cells[column * size + row])
        weights[row * size + column] = both
        weights[column * size + row] = both
        total += both
      }
    }
    self.init(size: size, weights: weights, total: total)
  }

  init(size: Int, weights: [Double], total: Double) {
    self.size = size
    self.weights = weights
    self.total = total
  }

  /// Traffic between groups of servers, each taken as one.
  func contracted(by groupOf: [Int], count: Int) -> SymmetricTraffic {
    var sums = [Double](repeating: 0, count: count * count)
    for row in 0..<size {
      for column in 0..<size where groupOf[row] != groupOf[column] {
        sums[groupOf[row] * count + groupOf[column]] += weights[row * size + column]
      }
    }
    return SymmetricTraffic(size: count, weights: sums, total: total)
  }

  /// Bytes that stay inside the regions.
  package func inside(_ regionOf: [Int]) -> Double {
    var sum = 0.0
    for row in 0..<size {
      for column in 0..<row where regionOf[row] == regionOf[column] {
        sum += weights[row * size + column]
      }
    }
    return sum
  }

  /// Share of the bytes that stays inside the regions.
  package func share(inside grouping: Grouping) -> Double { inside(grouping.regionOf) / total }
}
