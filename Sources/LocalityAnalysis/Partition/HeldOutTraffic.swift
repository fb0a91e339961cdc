internal import TraceModel

/// Bytes between servers that partitions are fitted to, and others that they are scored on.
struct HeldOutTraffic: Sendable {
  private(set) var split: IterationSplit
  private(set) var fitted: TrafficMatrix
  /// Nil where one iteration, or none that is known, leaves nothing to score.
  private(set) var scored: TrafficMatrix?
  /// All bytes of the subject as sent, those of unknown iterations among them.
  let whole: TrafficMatrix

  /// - Parameters:
  ///   - split: of the known iterations of what the analysis is about.
  ///   - fitted: the bytes of its fitted iterations as sent, `scored` those of the others.
  ///   - rest: the bytes of no known iteration.
  init(
    _ split: IterationSplit, fitted: TrafficMatrix, scored: TrafficMatrix?, rest: TrafficMatrix?
  ) {
    var whole = fitted
    for part in [scored, rest] {
      if let part { whole.addSaturating(part) }
    }
    self.whole = whole
    if let scored, fitted.leavesItsEnds && scored.leavesItsEnds {
      self.split = split
      self.fitted = fitted
      self.scored = scored
    } else {
      self.split = IterationSplit(fittingAll: (split.fitted + split.scored).sorted())
      self.fitted = whole
      self.scored = nil
    }
  }
}

/// Adds up the bytes between servers that `HeldOutTraffic` is made of.
struct HeldOutSums: Sendable {
  private let selection: MatrixSelection
  private let split: IterationSplit
  private let fittedIterations: Set<Int32>
  private let map: EndMap?
  private var fitted: TrafficMatrix?
  private var scored: TrafficMatrix?
  private var rest: TrafficMatrix?

  /// Divides the known iterations of what the analysis is about.
  init(_ frame: SubjectFrame) {
    selection = frame.part.asSent
    split = IterationSplit(blocksOf: frame.outline.subjectIterations)
    fittedIterations = Set(split.fitted)
    map = EndMap(frame.layout, from: frame.grain, to: .server)
  }

  /// Adds the subject's steps of a workload.
  mutating func add(_ workload: Workload) {
    guard let map else { return }
    let steps = workload.steps.filter { selection.contains($0) }
    let (seen, asSent) = (fittedIterations, selection)
    func add(to matrix: inout TrafficMatrix?, where isChosen: (Int32) -> Bool) {
      let chosen = steps.filter { isChosen($0.iteration) }
      guard !chosen.isEmpty else { return }
      // Taken out, so that the cells are changed in place.
      var sums = matrix.take() ?? TrafficMatrix(size: map.count)
      workload.add(chosen, asSent, map, to: &sums)
      matrix = sums
    }
    add(to: &fitted) { seen.contains($0) }
    add(to: &scored) { $0 >= 0 && !seen.contains($0) }
    add(to: &rest) { $0 < 0 }
  }

  var traffic: HeldOutTraffic {
    HeldOutTraffic(
      split, fitted: fitted ?? TrafficMatrix(size: map?.count ?? 0), scored: scored, rest: rest)
  }
}

extension TrafficMatrix {
  /// True when some bytes leave their end; sums could be too large for a number.
  fileprivate var leavesItsEnds: Bool {
    cells.indices.contains { cells[$0] > 0 && $0 / size != $0 % size }
  }
}
