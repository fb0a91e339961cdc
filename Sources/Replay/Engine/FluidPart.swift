internal import TraceModel

/// One connected part of a problem: bundles of flows that share all their links, numbered locally.
///
/// Flows with the same paths have the same rate at every moment, so a bundle is solved as one
/// unit whose members end by size.
package struct FluidPart: Sendable {
  package var linkCapacity: [Double] = []
  /// Bundle → subflows.
  package var subflowOffsets: [Int32] = [0]
  /// Links on the longest path.
  package private(set) var hops = 0
  /// `hops` links per subflow; shorter paths are padded with `linkCapacity.count`.
  package private(set) var path: [Int32] = []
  /// Bundle → members, smallest first.
  package var memberOffsets: [Int32] = [0]
  /// The flow (row of the problem) of each member.
  package var memberFlow: [Int32] = []

  package init() {}

  package var bundleCount: Int { memberOffsets.count - 1 }
  package var subflowCount: Int { Int(subflowOffsets[bundleCount]) }

  package func members(of bundle: Int) -> Range<Int> {
    Int(memberOffsets[bundle])..<Int(memberOffsets[bundle + 1])
  }

  package func subflows(of bundle: Int) -> Range<Int> {
    Int(subflowOffsets[bundle])..<Int(subflowOffsets[bundle + 1])
  }

  /// The places of a subflow's links in `path`, padding included.
  package func path(of subflow: Int) -> Range<Int> { subflow * hops..<(subflow + 1) * hops }

  /// A time that all members together take at least.
  ///
  /// It is what the fullest link needs for those of one path, and what the slowest bundle of the others
  /// needs alone. O(members × subflows + path links).
  package func leastTime(memberBytes: [Double], memberWeight: [Int32]) -> Double {
    var load = [Double](repeating: 0, count: linkCapacity.count + 1)
    let capacity = linkCapacity + [.infinity]
    var longest = 0.0
    for bundle in 0..<bundleCount {
      let subflows = subflows(of: bundle)
      let bytes = members(of: bundle).reduce(0) {
        $0 + memberBytes[$1] * Double(memberWeight[$1])
      }
      if subflows.count == 1 {
        for place in path(of: subflows.lowerBound) { load[Int(path[place])] += bytes }
      } else {
        let rate = subflows.reduce(0) { rate, subflow in
          rate + path(of: subflow).reduce(.infinity) { min($0, capacity[Int(path[$1])]) }
        }
        longest = max(longest, bytes / rate)
      }
    }
    return zip(load, capacity).reduce(longest) { $1.0 > 0 ? max($0, $1.0 / $1.1) : $0 }
  }

  /// Stores paths that were written one after the other with their end offsets.
  package mutating func setPaths(_ links: [Int32], offsets: [Int32]) {
    hops = zip(offsets, offsets.dropFirst()).reduce(0) { max($0, Int($1.1 - $1.0)) }
    path = [Int32](repeating: Int32(linkCapacity.count), count: (offsets.count - 1) * hops)
    for subflow in 0..<offsets.count - 1 {
      let places = Int(offsets[subflow])..<Int(offsets[subflow + 1])
      for (hop, place) in places.enumerated() { path[subflow * hops + hop] = links[place] }
    }
  }
}

/// A problem taken apart: bundles, and the connected parts that they form.
package struct FluidParts: Sendable {
  package var parts: [FluidPart] = []

  /// Takes `problem` apart; flows without bytes belong to no part.
  ///
  /// O(path links), and sorting the members of each bundle.
  package init(_ problem: FluidProblem) {
    let isImplied = problem.impliedLinks()
    let bundles = FlowBundles(problem, isImplied: isImplied)
    var links = DisjointSets(count: problem.linkCount)
    for bundle in 0..<bundles.count {
      var first: Int?
      for subflow in problem.subflows(of: bundles.representative(bundle)) {
        for place in problem.pathRange(of: subflow) where !isImplied[Int(problem.path[place])] {
          let link = Int(problem.path[place])
          if let first { links.join(first, link) } else { first = link }
        }
      }
    }
    assemble(problem, isImplied: isImplied, bundles: bundles, links: &links)
  }

  private mutating func assemble(
    _ problem: FluidProblem, isImplied: [Bool], bundles: FlowBundles, links: inout DisjointSets
  ) {
    var partOfRoot = [Int32](repeating: -1, count: problem.linkCount)
    var localLink = [Int32](repeating: -1, count: problem.linkCount)
    var drafts: [PathDraft] = []
    for bundle in 0..<bundles.count {
      let flow = bundles.representative(bundle)
      var part = -1
      for subflow in problem.subflows(of: flow) {
        for place in problem.pathRange(of: subflow) where !isImplied[Int(problem.path[place])] {
          let link = Int(problem.path[place])
          if part < 0 {
            let root = links.root(of: link)
            if partOfRoot[root] < 0 {
              partOfRoot[root] = Int32(parts.count)
              parts.append(FluidPart())
              drafts.append(PathDraft())
            }
            part = Int(partOfRoot[root])
          }
          if localLink[link] < 0 {
            localLink[link] = Int32(parts[part].linkCapacity.count)
            parts[part].linkCapacity.append(problem.linkCapacity[link])
          }
          drafts[part].links.append(localLink[link])
        }
        drafts[part].offsets.append(Int32(drafts[part].links.count))
      }
      parts[part].subflowOffsets.append(Int32(drafts[part].offsets.count - 1))
      parts[part].memberFlow.append(contentsOf: bundles.members(bundle))
      parts[part].memberOffsets.append(Int32(parts[part].memberFlow.count))
    }
    for part in parts.indices {
      parts[part].setPaths(drafts[part].links, offsets: drafts[part].offsets)
    }
  }
}

/// Paths of a part while it grows, before their longest is known.
private struct PathDraft {
  var links: [Int32] = []
  var offsets: [Int32] = [0]
}

/// Flows grouped by their kept links, each group's members by (bytes, row).
private struct FlowBundles {
  private var offsets: [Int] = [0]
  private var flows: [Int32] = []

  var count: Int { offsets.count - 1 }
  func representative(_ bundle: Int) -> Int { Int(flows[offsets[bundle]]) }
  func members(_ bundle: Int) -> ArraySlice<Int32> { flows[offsets[bundle]..<offsets[bundle + 1]] }

  init(_ problem: FluidProblem, isImplied: [Bool]) {
    var table = KeyTable(minimumCapacity: problem.flowCount)
    var first: [Int] = []
    var weight: [Int32] = []
    var bundleOf = [Int32](repeating: -1, count: problem.flowCount)
    for flow in 0..<problem.flowCount where problem.flowBytes[flow] > 0 {
      var key = Self.hash(flow, problem, isImplied)
      while true {
        let number = table.number(of: key)
        if number == first.count {
          first.append(flow)
          weight.append(0)
        }
        let (sum, isTooMany) = weight[number].addingReportingOverflow(
          problem.flowMultiplicity[flow])
        if !isTooMany && Self.haveSamePaths(first[number], flow, problem, isImplied) {
          weight[number] = sum
          bundleOf[flow] = Int32(number)
          break
        }
        // Different paths with one hash, or more flows than a bundle counts: look further along a
        // fixed sequence.
        key = key &* 0x2545_F491_4F6C_DD1D &+ 1
      }
    }
    offsets = [Int](repeating: 0, count: first.count + 1)
    for bundle in bundleOf where bundle >= 0 { offsets[Int(bundle) + 1] += 1 }
    for bundle in first.indices { offsets[bundle + 1] += offsets[bundle] }
    flows = [Int32](repeating: 0, count: offsets[first.count])
    var next = offsets
    for flow in 0..<problem.flowCount where bundleOf[flow] >= 0 {
      let bundle = Int(bundleOf[flow])
      flows[next[bundle]] = Int32(flow)
      next[bundle] += 1
    }
    for bundle in first.indices where offsets[bundle + 1] - offsets[bundle] > 1 {
      flows[offsets[bundle]..<offsets[bundle + 1]].sort {
        (problem.flowBytes[Int($0)], $0) < (problem.flowBytes[Int($1)], $1)
      }
    }
  }

  private static func hash(_ flow: Int, _ problem: FluidProblem, _ isImplied: [Bool]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for subflow in problem.subflows(of: flow) {
      for place in problem.pathRange(of: subflow) where !isImplied[Int(problem.path[place])] {
        hash = (hash ^ UInt64(truncatingIfNeeded: problem.path[place] + 1)) &* 0x100_0000_01B3
        hash ^= hash >> 29
      }
      hash = hash &* 0x100_0000_01B3
    }
    return hash
  }

  private static func haveSamePaths(
    _ left: Int, _ right: Int, _ problem: FluidProblem, _ isImplied: [Bool]
  ) -> Bool {
    if left == right { return true }
    let leftSubflows = problem.subflows(of: left)
    let rightSubflows = problem.subflows(of: right)
    guard leftSubflows.count == rightSubflows.count else { return false }
    for (leftSubflow, rightSubflow) in zip(leftSubflows, rightSubflows) {
      var leftPlace = problem.pathRange(of: leftSubflow)
      var rightPlace = problem.pathRange(of: rightSubflow)
      while true {
        while let place = leftPlace.first, isImplied[Int(problem.path[place])] {
          leftPlace.removeFirst()
        }
        while let place = rightPlace.first, isImplied[Int(problem.path[place])] {
          rightPlace.removeFirst()
        }
        guard let leftNext = leftPlace.first, let rightNext = rightPlace.first else {
          if leftPlace.isEmpty != rightPlace.isEmpty { return false }
          break
        }
        if problem.path[leftNext] != problem.path[rightNext] { return false }
        leftPlace.removeFirst()
        rightPlace.removeFirst()
      }
    }
    return true
  }
}
