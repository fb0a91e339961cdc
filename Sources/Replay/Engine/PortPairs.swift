/// The links of a part as ports of two sides, and the bundle between each pair of them.
///
/// First links of paths are senders, second links receivers. A path of one link goes to, or comes
/// from, a port that never fills and has one such peer only.
package struct PortPairs: Sendable {
  package private(set) var leftCapacity: [Double] = []
  package private(set) var rightCapacity: [Double] = []
  /// Link → its number on its side.
  private var number: [Int32]
  /// Link → whether it is a receiver.
  private var isReceiver: [Bool]
  /// Pair → bundle; -1 where no flow runs.
  private var bundles: [Int32] = []

  /// Pairs per bundle up to which matrices of pairs are faster than lists, and up to which a large
  /// matrix is worth its memory: 20 bytes per pair.
  private static let (mostPairs, mostPairsOfMany, many) = (32, 4, 1 << 20)

  /// Nil when some flow crosses more than two links, a link is both first and second, or a part is so
  /// small or sparse that lists are better.
  ///
  /// O(bundles + pairs).
  package init?(_ part: FluidPart) {
    let linkCount = part.linkCapacity.count
    number = [Int32](repeating: -1, count: linkCount + 1)
    isReceiver = [Bool](repeating: false, count: linkCount + 1)
    guard part.hops <= 2, part.subflowCount == part.bundleCount, part.bundleCount >= 16,
      Self.divide(part, isReceiver: &isReceiver)
    else { return nil }
    for (link, capacity) in part.linkCapacity.enumerated() {
      if isReceiver[link] {
        number[link] = Int32(rightCapacity.count)
        rightCapacity.append(capacity)
      } else {
        number[link] = Int32(leftCapacity.count)
        leftCapacity.append(capacity)
      }
    }
    // The ports that never fill.
    leftCapacity.append(.infinity)
    rightCapacity.append(.infinity)
    let pairCount = leftCapacity.count * rightCapacity.count
    let most = pairCount > Self.many ? Self.mostPairsOfMany : Self.mostPairs
    guard pairCount <= part.bundleCount * most else { return nil }
    bundles = [Int32](repeating: -1, count: pairCount)
    for bundle in 0..<part.bundleCount {
      let (sender, receiver) = ports(of: bundle, in: part)
      let pair = sender * rightCapacity.count + receiver
      // Two bundles of one pair exist when their flows are too many to be counted, and in sessions.
      guard bundles[pair] < 0 else { return nil }
      bundles[pair] = Int32(bundle)
    }
  }

  /// Where a bundle's flows leave and arrive; O(1).
  @inline(__always)
  package func ports(of bundle: Int, in part: FluidPart) -> (sender: Int, receiver: Int) {
    let first = Int(part.path[bundle * part.hops])
    let second = part.hops == 2 ? Int(part.path[bundle * 2 + 1]) : part.linkCapacity.count
    guard second < part.linkCapacity.count else {
      return isReceiver[first]
        ? (leftCapacity.count - 1, Int(number[first]))
        : (Int(number[first]), rightCapacity.count - 1)
    }
    return (Int(number[first]), Int(number[second]))
  }

  @inline(__always)
  package func bundle(from sender: Int, to receiver: Int) -> Int {
    Int(bundles[sender * rightCapacity.count + receiver])
  }

  /// Marks the receivers; false when some link is second here and first there.
  private static func divide(_ part: FluidPart, isReceiver: inout [Bool]) -> Bool {
    guard part.hops == 2 else { return true }
    let padding = part.linkCapacity.count
    for bundle in 0..<part.bundleCount {
      let second = Int(part.path[2 * bundle + 1])
      if second < padding { isReceiver[second] = true }
    }
    for bundle in 0..<part.bundleCount where Int(part.path[2 * bundle + 1]) < padding {
      if isReceiver[Int(part.path[2 * bundle])] { return false }
    }
    return true
  }
}
