internal import TraceModel

/// Bytes between servers that partitions are fitted to, and others that they are scored on.
struct HeldOutTraffic {
  let split: IterationSplit
  let fitted: TrafficMatrix
  /// Nil where one iteration, or none that is known, leaves nothing to score.
  let scored: TrafficMatrix?

  /// Divides the known iterations of what the analysis is about, in bytes as sent.
  init(_ subject: AnalysisSubject) {
    let steps = subject.workload.steps.filter { subject.asSent.contains($0) }
    let known = Set(steps.lazy.map(\.iteration).filter { $0 >= 0 }).sorted()
    let split = IterationSplit(blocksOf: known)
    let (ofFitted, ofScored) = (Set(split.fitted), Set(split.scored))
    let fitted = subject.serverMatrix(of: steps.filter { ofFitted.contains($0.iteration) })
    let scored = subject.serverMatrix(of: steps.filter { ofScored.contains($0.iteration) })
    if fitted.leavesItsEnds && scored.leavesItsEnds {
      self.split = split
      self.fitted = fitted
      self.scored = scored
    } else {
      self.split = IterationSplit(fittingAll: known)
      self.fitted = subject.serverMatrix(of: steps)
      self.scored = nil
    }
  }
}

extension AnalysisSubject {
  fileprivate func serverMatrix(of steps: [Workload.Step]) -> TrafficMatrix {
    guard let map = EndMap(workload.layout, from: workload.grain, to: .server) else {
      return TrafficMatrix(size: 0)
    }
    return workload.matrix(of: steps, selection: asSent, map: map)
  }
}

extension TrafficMatrix {
  /// True when some bytes leave their end; sums could be too large for a number.
  fileprivate var leavesItsEnds: Bool { withoutDiagonal.cells.contains { $0 > 0 } }
}
