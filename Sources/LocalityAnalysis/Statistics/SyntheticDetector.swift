internal import TraceModel

/// A sign that routing was made by a program and not measured.
public struct SyntheticSign: Sendable, Hashable {
  /// What gives a generator away.
  public enum Rule: String, Sendable, Hashable, CaseIterable {
    /// The rows of a demand are permutations of one vector.
    case permutedRows
    /// Where a token goes does not depend on where it comes from, to the last count.
    case independentRows
    /// Iterations differ no more than draws from the same rates do.
    case noDrift
  }

  public var rule: Rule
  /// Demands that show it.
  public var demandCount: Int
  /// Demands that were examined.
  public var examinedCount: Int
  /// G² ÷ degrees of freedom of the counts; about 1 for independent draws, nil for permuted rows.
  public var dispersion: Double?

  public init(
    _ rule: Rule, demandCount: Int, examinedCount: Int, dispersion: Double? = nil
  ) {
    self.rule = rule
    self.demandCount = demandCount
    self.examinedCount = examinedCount
    self.dispersion = dispersion
  }

  /// What a warning says.
  public var sentence: String {
    let counts = "\(demandCount) of \(examinedCount) distinct demands"
    let spread = dispersion.map { decimal($0, places: 2) } ?? ""
    let mark =
      switch rule {
      case .permutedRows: "rows are permutations of one vector in \(counts)"
      case .independentRows:
        "counts scatter like independent draws, whoever sends them (G² is \(spread) times its degrees "
          + "of freedom over \(counts); tokens of real sequences scatter far more)"
      case .noDrift:
        "iterations differ no more than draws from the same rates do (G² is \(spread) times its "
          + "degrees of freedom over \(counts))"
      }
    return "looks synthetic: \(mark); locality found here says nothing about real routing"
  }
}

/// Looks at the distinct demands of a subject; nil when nothing gives a generator away.
///
/// Up to 64 demands, spread evenly, are examined; fewer of large matrices, none above `denseEndLimit`. Rules on counts need
/// expert traffic with believed sources and enough tokens (`CountDispersion`).
func syntheticSign(_ subject: AnalysisSubject) -> SyntheticSign? {
  let workload = subject.workload
  guard workload.endpointCount <= denseEndLimit else { return nil }
  let used = Set(
    workload.steps.filter { subject.selection.contains($0) }.map(\.demand)
  ).sorted()
  let size = workload.endpointCount
  // Some ten million cells to sort, whatever the size of one matrix.
  let limit = max(1, min(64, 10_000_000 / max(1, size * size)))
  let examined = evenlySpread(used, limit: limit)
  let blocks = subject.ownBlocks
  var permuted = 0
  var dispersion = CountDispersion.Sum()
  for demand in examined {
    let matrix = unitMatrix(of: demand, in: workload)
    if rowsPermuteOneVector(matrix) || rowsPermuteOneVector(matrix.transposed) { permuted += 1 }
    guard subject.isExpert, subject.absentSources == nil else { continue }
    for ends in blocks.joined(by: matrix).members where ends.count > 1 {
      dispersion.add(CountDispersion(rowsOf: matrix.restricted(to: ends)))
    }
  }
  if permuted * 2 > examined.count {
    return SyntheticSign(.permutedRows, demandCount: permuted, examinedCount: examined.count)
  }
  if let ratio = dispersion.suspicious {
    return SyntheticSign(
      .independentRows, demandCount: examined.count, examinedCount: examined.count,
      dispersion: ratio)
  }
  guard subject.isExpert, subject.absentSources == nil else { return nil }
  return signOfNoDrift(subject, limit: limit)
}

/// Compares the demands of each layer's forward dispatch from iteration to iteration.
private func signOfNoDrift(_ subject: AnalysisSubject, limit: Int) -> SyntheticSign? {
  var selection = subject.selection
  selection.phases = [.dispatchForward]
  selection.iterations = 0...Int32.max
  let workload = subject.workload
  var dispersion = CountDispersion.Sum()
  var examined: Set<Int> = []
  var iterations: Set<Int32> = []
  var previous: (layer: Int32, demand: Int, matrix: TrafficMatrix)?
  let steps = workload.steps.filter { selection.contains($0) }.sorted {
    ($0.layer, $0.iteration, $0.operation) < ($1.layer, $1.iteration, $1.operation)
  }
  for step in steps where examined.count < limit {
    let matrix = unitMatrix(of: step.demand, in: workload)
    if let previous, previous.layer == step.layer, previous.demand != step.demand {
      dispersion.add(CountDispersion(previous.matrix, against: matrix))
      iterations.insert(step.iteration)
    }
    examined.insert(step.demand)
    previous = (step.layer, step.demand, matrix)
  }
  guard iterations.count >= 2, let ratio = dispersion.suspicious else { return nil }
  return SyntheticSign(
    .noDrift, demandCount: examined.count, examinedCount: examined.count, dispersion: ratio)
}

/// A demand in its own units between the workload's ends.
private func unitMatrix(of demand: Int, in workload: Workload) -> TrafficMatrix {
  let size = workload.endpointCount
  let identity = (0..<size).map { Int32($0) }
  var matrix = TrafficMatrix(size: size)
  var cells = matrix.cells.mutableSpan
  let use = DemandUse(demand: demand, isTransposed: false, bytesPerUnit: 1)
  scatter(workload.demands, use, map: identity.span, size: size, into: &cells)
  return matrix
}

/// At most `limit` of the elements, evenly spread, the first among them.
func evenlySpread<Element>(_ elements: [Element], limit: Int) -> [Element] {
  guard elements.count > limit, limit > 0 else { return elements }
  return (0..<limit).map { elements[$0 * elements.count / limit] }
}
