/// How flows with several paths send: each flow's rate is the sum over its subflows, which
/// different links bind, so these bundles are followed one by one.
package struct SubflowSplits {
  /// Bytes of one flow per (member, subflow), bundle after bundle; empty when every flow has one path.
  package private(set) var bytes: [Double] = []
  package let areNeeded: Bool
  /// Nanoseconds until the next bundle's smallest flow ends.
  package private(set) var wait = Double.infinity
  private var memberBytes: [Double] = []
  /// Bytes that a running flow has sent over each subflow, and the subflow's rate.
  private var carried: [Double] = []
  private var carriedRate: [Double] = []
  /// Bytes that the smallest running flow of each bundle has left, and its rate.
  private var left: [Double] = []
  private var rates: [Double] = []
  /// Where each bundle's part of `bytes` begins.
  private var offsets: [Int] = []

  package init(_ part: FluidPart, memberBytes: [Double]) {
    areNeeded = part.subflowCount != part.bundleCount
    guard areNeeded else { return }
    self.memberBytes = memberBytes
    carried = [Double](repeating: 0, count: part.subflowCount)
    carriedRate = carried
    rates = [Double](repeating: 0, count: part.bundleCount)
    left = (0..<part.bundleCount).map { memberBytes[part.members(of: $0).lowerBound] }
    var count = 0
    for bundle in 0..<part.bundleCount {
      offsets.append(count)
      count += part.members(of: bundle).count * part.subflows(of: bundle).count
    }
    bytes = [Double](repeating: 0, count: count)
  }

  /// Lets all bundles send for `elapsed` nanoseconds at their old rates, and gives them those of
  /// the links that bind them now.
  package mutating func advance(
    by elapsed: Double, _ part: FluidPart, nextMember: [Int32], levels: [Double],
    goals: [SubflowGoal]
  ) {
    wait = .infinity
    for bundle in 0..<part.bundleCount where left[bundle] < .infinity {
      var total = 0.0
      for subflow in part.subflows(of: bundle) {
        carried[subflow] += carriedRate[subflow] * elapsed
        carriedRate[subflow] = levels[Int(goals[subflow].link)]
        total += carriedRate[subflow]
      }
      left[bundle] -= rates[bundle] * elapsed
      rates[bundle] = total
      wait = min(wait, self.wait(of: bundle))
    }
  }

  /// Nanoseconds until the smallest flow of a bundle ends.
  package func wait(of bundle: Int) -> Double { max(0, left[bundle] / rates[bundle]) }

  package func bundles(endingWithin horizon: Double) -> [Int] {
    left.indices.filter { left[$0] < .infinity && wait(of: $0) <= horizon }
  }

  /// Writes down what a flow sent over each subflow (shares that add up to its bytes exactly,
  /// whatever was lost in rounding) and turns to the bundle's next member.
  package mutating func endMember(
    _ member: Int, of bundle: Int, after wait: Double, _ part: FluidPart
  ) {
    let subflows = part.subflows(of: bundle)
    let members = part.members(of: bundle)
    let sent = subflows.map { carried[$0] + carriedRate[$0] * wait }
    let sum = sent.reduce(0, +)
    let start = offsets[bundle] + (member - members.lowerBound) * subflows.count
    for (index, amount) in sent.enumerated() {
      bytes[start + index] = sum > 0 ? amount / sum * memberBytes[member] : 0
    }
    let hasNext = member + 1 < members.upperBound
    left[bundle] =
      hasNext ? left[bundle] + memberBytes[member + 1] - memberBytes[member] : .infinity
  }
}
