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

  /// What gave the generator away.
  public var rule: Rule
  /// Demands that show it.
  public var demandCount: Int
  /// Demands that were examined.
  public var examinedCount: Int
  /// G² ÷ degrees of freedom of the counts; about 1 for independent draws, nil for permuted rows.
  public var dispersion: Double?

  /// - Parameter dispersion: G² ÷ degrees of freedom, for rules that count tokens.
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

/// What looking for signs of a generator gave.
struct SyntheticReading {
  /// Nil when nothing gives a generator away.
  var sign: SyntheticSign?
  /// Why routing could not be told from independent draws, in words; nil where it could.
  var untested: String?
}

/// Looks at the distinct demands of a subject.
///
/// Up to 64 demands, spread evenly, are examined; fewer of large matrices, none above `denseEndLimit`.
/// Rules on counts need expert traffic with believed sources and enough tokens (`CountDispersion`).
func syntheticReading(_ subject: AnalysisSubject) -> SyntheticReading {
  let workload = subject.workload
  guard workload.endpointCount <= denseEndLimit else {
    return SyntheticReading(
      untested: "more than \(denseEndLimit) ends: signs of a generator were not looked for")
  }
  let used = Set(
    workload.steps.filter { subject.selection.contains($0) }.map(\.demand)
  ).sorted()
  let size = workload.endpointCount
  // Some ten million cells to sort, whatever the size of one matrix.
  let limit = max(1, min(64, 10_000_000 / max(1, size * size)))
  let examined = evenlySpread(used, limit: limit)
  let blocks = subject.ownBlocks
  let readsCounts = subject.isExpert && subject.absentSources == nil
  var permuted = 0
  var dispersion = CountDispersion.Sum()
  for demand in examined {
    let matrix = unitMatrix(of: demand, in: workload)
    if rowsPermuteOneVector(matrix) || rowsPermuteOneVector(matrix.transposed) { permuted += 1 }
    guard readsCounts else { continue }
    for ends in blocks.joined(by: matrix).members where ends.count > 1 {
      dispersion.add(CountDispersion(rowsOf: matrix.restricted(to: ends)))
    }
  }
  func sign(_ rule: SyntheticSign.Rule, _ count: Int, _ ratio: Double?) -> SyntheticReading {
    SyntheticReading(
      sign: SyntheticSign(
        rule, demandCount: count, examinedCount: examined.count, dispersion: ratio))
  }
  if permuted * 2 > examined.count { return sign(.permutedRows, permuted, nil) }
  guard readsCounts else { return SyntheticReading() }
  if let ratio = dispersion.suspicious { return sign(.independentRows, examined.count, ratio) }
  let stillness = stillnessOfGroups(subject, limit: limit)
  if let ratio = stillness.suspicious {
    return SyntheticReading(
      sign: SyntheticSign(
        .noDrift, demandCount: stillness.examinedCount, examinedCount: stillness.examinedCount,
        dispersion: ratio))
  }
  guard !dispersion.isEmpty, !dispersion.canTell else { return SyntheticReading() }
  return SyntheticReading(
    untested: "too few tokens to tell routing from independent draws: a warning would be chance")
}

/// How demands of the same layer and expert group differ from one iteration to the next.
private struct Stillness {
  var dispersion = CountDispersion.Sum()
  var examined: Set<Int> = []
  var iterations: Set<Int32> = []

  var examinedCount: Int { examined.count }
  /// One pair of iterations may be alike by chance.
  var suspicious: Double? { iterations.count >= 2 ? dispersion.suspicious : nil }
}

/// Compares the demands of each layer's and group's forward dispatch from iteration to iteration.
private func stillnessOfGroups(_ subject: AnalysisSubject, limit: Int) -> Stillness {
  var selection = subject.selection
  selection.phases = [.dispatchForward]
  selection.iterations = 0...Int32.max
  let workload = subject.workload
  var result = Stillness()
  var previous: (layer: Int32, group: Int32, demand: Int, matrix: TrafficMatrix)?
  // Groups never meet: only a group's own demands can be alike.
  let steps = workload.steps.filter { selection.contains($0) }.sorted {
    ($0.layer, $0.group, $0.iteration, $0.operation)
      < ($1.layer, $1.group, $1.iteration, $1.operation)
  }
  for step in steps where result.examined.count < limit {
    let matrix = unitMatrix(of: step.demand, in: workload)
    if let previous, previous.layer == step.layer, previous.group == step.group,
      previous.demand != step.demand
    {
      result.dispersion.add(CountDispersion(previous.matrix, against: matrix))
      result.iterations.insert(step.iteration)
    }
    result.examined.insert(step.demand)
    previous = (step.layer, step.group, step.demand, matrix)
  }
  return result
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
