internal import Replay
internal import TraceModel

/// What one replay says about a cell, with what bounds it.
struct PaperAnswer: Sendable {
  var nanoseconds: Double
  /// Sums over all stages, micro-batches and layers, which partly run at the same time.
  var computeNanoseconds: Double
  var expertNanoseconds = 0.0
  var otherNetworkNanoseconds = 0.0
  var exposedNanoseconds: Double
  var reconfigurations: Int
  /// The link that is used most, and how much of the time.
  var busiestLink = ""
  var busiestUse = 0.0
  /// The bound of the longest all-to-all, and how near the phase is to it, 0 … 1.
  var boundName = ""
  var shareOfBound = 1.0

  /// - Parameter layers: alike ones that the replayed one of each stage stands for.
  init(_ result: ReplayResult, layers: Int) {
    let factor = Double(layers)
    nanoseconds = result.completionNanoseconds * factor
    computeNanoseconds = result.total.computeNanoseconds * factor
    exposedNanoseconds = result.total.exposedNanoseconds * factor
    reconfigurations = result.total.reconfigurations * layers
    var longest = 0.0
    for phase in result.phases {
      guard phase.role == .expert else {
        otherNetworkNanoseconds += phase.durationNanoseconds * factor
        continue
      }
      expertNanoseconds += phase.durationNanoseconds * factor
      if phase.durationNanoseconds > longest {
        longest = phase.durationNanoseconds
        boundName = phase.bound.name
        shareOfBound = phase.percentOfBound / 100
      }
    }
    if let link = result.busiestLinks.first {
      busiestLink = link.name
      busiestUse = link.utilisation
    }
  }
}
