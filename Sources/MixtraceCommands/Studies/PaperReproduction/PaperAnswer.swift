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

  init(_ result: ReplayResult) {
    nanoseconds = result.completionNanoseconds
    computeNanoseconds = result.total.computeNanoseconds
    exposedNanoseconds = result.total.exposedNanoseconds
    reconfigurations = result.total.reconfigurations
    var longest = 0.0
    for phase in result.phases {
      guard phase.role == .expert else {
        otherNetworkNanoseconds += phase.durationNanoseconds
        continue
      }
      expertNanoseconds += phase.durationNanoseconds
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
