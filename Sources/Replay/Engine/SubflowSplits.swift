/// How the bytes of flows with several paths divide over them.
package struct SubflowSplits {
  /// Bytes of one flow per (member, subflow), bundle after bundle; empty when every flow has one path.
  package private(set) var bytes: [Double] = []
  package let areNeeded: Bool
  /// Bytes that a running member has sent over each subflow, and the subflow's rate.
  private var carried: [Double] = []
  private var carriedRate: [Double] = []
  /// Where each bundle's part of `bytes` begins.
  private var offsets: [Int] = []

  package init(_ part: FluidPart) {
    areNeeded = part.subflowCount != part.bundleCount
    guard areNeeded else { return }
    carried = [Double](repeating: 0, count: part.subflowCount)
    carriedRate = carried
    var count = 0
    for bundle in 0..<part.bundleCount {
      offsets.append(count)
      count += part.members(of: bundle).count * part.subflows(of: bundle).count
    }
    bytes = [Double](repeating: 0, count: count)
  }

  /// Takes a step off what bundles have left, gives their subflows new rates and finds those that
  /// end next.
  package mutating func advance(
    by step: Double, _ part: FluidPart, active: [Int32], fills: [LinkFill], left: inout [Double],
    rates: inout [Double], ending: inout EndingBundles
  ) {
    for index in active.indices {
      let bundle = Int(active[index])
      var total = 0.0
      for subflow in part.subflows(of: bundle) {
        var rate = LinkFill.roomy
        for place in part.path(of: subflow) { rate = min(rate, fills[Int(part.path[place])].level) }
        carried[subflow] += carriedRate[subflow] * step
        carriedRate[subflow] = rate
        total += rate
      }
      left[bundle] -= rates[bundle] * step
      rates[bundle] = total
      ending.consider(active[index], bytes: left[bundle], rate: total)
    }
  }

  /// Writes down what a member sent over each subflow: shares that add up to its bytes exactly,
  /// whatever was lost in rounding.
  package mutating func record(
    member: Int, of bundle: Int, bytes total: Double, after step: Double, _ part: FluidPart
  ) {
    guard areNeeded else { return }
    let subflows = part.subflows(of: bundle)
    let sent = subflows.map { carried[$0] + carriedRate[$0] * step }
    let sum = sent.reduce(0, +)
    let start = offsets[bundle] + (member - part.members(of: bundle).lowerBound) * subflows.count
    for (index, amount) in sent.enumerated() {
      bytes[start + index] = sum > 0 ? amount / sum * total : 0
    }
  }
}
