internal import TraceModel

// A link is slack when its flows are held so low elsewhere that it cannot fill up soon: server
// links below a 4:1 core, for example. Leaving slack links out changes no rate, and flows whose
// other links agree become one bundle: 30,000 flows between 16 pods become 240 bundles.
//
// A slack link is left out while every rate is at most `factor` times what it was when the links
// were chosen, and the link has `factor` times the capacity that was used then. Ends only lower
// what is used, so nothing else has to be watched.

/// Rates up to which the links that were left out cannot fill up.
package struct SlackLimits {
  /// Capacity ÷ use of the tightest link that was left out.
  private let factor: Double
  private let firstLevels: [Double]
  private let firstRates: [Double]

  package init(factor: Double, _ replay: PartReplay) {
    self.factor = factor
    firstLevels = replay.levels
    firstRates = (0..<replay.part.bundleCount).map { replay.rate(of: $0) }
  }

  /// True when some bundle is faster than the choice of links allows.
  ///
  /// O(links) while every link's level allows it, else O(bundles).
  package func areExceeded(by replay: PartReplay) -> Bool {
    var isSuspicious = false
    for (level, first) in zip(replay.levels, firstLevels) where level > first * factor {
      isSuspicious = true
    }
    guard isSuspicious else { return false }
    for bundle in firstRates.indices where replay.isRunning(bundle) {
      if replay.rate(of: bundle) > firstRates[bundle] * factor { return true }
    }
    return false
  }
}

extension FluidPart {
  /// The part that is left of some of its members without some of its links.
  ///
  /// Members stand for the members of this part: `left[m]` bytes, none when it has ended. For
  /// parts of one subflow per bundle. O(members log members).
  package func merged(keeping isKept: [Bool], left: [Double], weights: [Int32]) -> FluidPart {
    var merged = FluidPart()
    var localLink = [Int32](repeating: -1, count: linkCapacity.count)
    for link in isKept.indices where isKept[link] {
      localLink[link] = Int32(merged.linkCapacity.count)
      merged.linkCapacity.append(linkCapacity[link])
    }
    var groups = PathGroups()
    var groupOf = [Int32](repeating: -1, count: bundleCount)
    for bundle in 0..<bundleCount {
      let running = members(of: bundle).filter { left[$0] >= 0 }
      guard !running.isEmpty else { continue }
      let weight = running.reduce(0) { $0 + Int(weights[$1]) }
      let links = path(of: bundle).lazy.map { path[$0] }
        .filter { $0 < linkCapacity.count && isKept[Int($0)] }.map { localLink[Int($0)] }
      groupOf[bundle] = Int32(groups.number(of: links, weight: weight))
    }
    merged.setMembers(groupOf: groupOf, groupCount: groups.count, of: self, left: left)
    merged.subflowOffsets = (0...Int32(groups.count)).map { $0 }
    merged.setPaths(groups.links, offsets: groups.offsets)
    return merged
  }

  private mutating func setMembers(
    groupOf: [Int32], groupCount: Int, of part: FluidPart, left: [Double]
  ) {
    memberOffsets = [Int32](repeating: 0, count: groupCount + 1)
    func forEachRunning(_ body: (Int, Int) -> Void) {
      for bundle in groupOf.indices where groupOf[bundle] >= 0 {
        for member in part.members(of: bundle) where left[member] >= 0 {
          body(Int(groupOf[bundle]), member)
        }
      }
    }
    forEachRunning { group, _ in memberOffsets[group + 1] += 1 }
    for group in 0..<groupCount { memberOffsets[group + 1] += memberOffsets[group] }
    var next = memberOffsets
    memberFlow = [Int32](repeating: 0, count: Int(memberOffsets[groupCount]))
    forEachRunning { group, member in
      memberFlow[Int(next[group])] = Int32(member)
      next[group] += 1
    }
    for group in 0..<groupCount {
      memberFlow[members(of: group)].sort { (left[Int($0)], $0) < (left[Int($1)], $1) }
    }
  }
}

/// Paths numbered in the order of their first appearance.
private struct PathGroups {
  private(set) var links: [Int32] = []
  private(set) var offsets: [Int32] = [0]
  private var weights: [Int] = []
  private var table = KeyTable()

  var count: Int { weights.count }

  mutating func number(of path: some Sequence<Int32>, weight: Int) -> Int {
    var key: UInt64 = 0xCBF2_9CE4_8422_2325
    for link in path {
      key = (key ^ UInt64(truncatingIfNeeded: link + 1)) &* 0x100_0000_01B3
      key ^= key >> 29
    }
    while true {
      let number = table.number(of: key)
      if number == count {
        links.append(contentsOf: path)
        offsets.append(Int32(links.count))
        weights.append(weight)
        return number
      }
      let known = links[Int(offsets[number])..<Int(offsets[number + 1])]
      if weights[number] + weight <= Int(Int32.max) && known.elementsEqual(path) {
        weights[number] += weight
        return number
      }
      // Different paths with one hash, or more flows than a bundle counts.
      key = key &* 0x2545_F491_4F6C_DD1D &+ 1
    }
  }
}
