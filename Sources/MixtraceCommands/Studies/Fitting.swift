internal import Replay
internal import TraceModel

/// Iterations for which circuits are chosen, and those on which every fabric is then scored.
///
/// Circuits can only be chosen for what has been seen: the first half of the iterations.
struct Fitting: Sendable {
  /// Bytes of all roles between servers in the iterations that circuits are chosen for.
  let demand: TrafficMatrix
  /// The iterations that are scored.
  let scored: Workload
  /// The numbers of both, in words.
  let fittedOn: String
  let scoredOn: String
  /// True where a job has one iteration: nothing of it is left to score.
  let isScoredOnItself: Bool

  init(_ workload: Workload) {
    let jobs = workload.jobs.map { Self.halves(of: workload.only(job: $0).iterations) }
    isScoredOnItself = jobs.contains { $0.scored.isEmpty }
    let halves =
      isScoredOnItself
      ? jobs.map { (fitted: $0.fitted + $0.scored, scored: $0.fitted + $0.scored) } : jobs
    var fitted: [Int32: Set<Int32>] = [:]
    var scored = fitted
    for (job, half) in zip(workload.jobs, halves) {
      fitted[job] = Set(half.fitted)
      scored[job] = Set(half.scored)
    }
    demand =
      workload.matrix(
        of: workload.steps.filter { fitted[$0.job]?.contains($0.iteration) ?? false }, at: .server
      )
      .withoutDiagonal
    self.scored =
      isScoredOnItself
      ? workload
      : workload.keepingSteps { scored[$0.job]?.contains($0.iteration) ?? false }
    fittedOn = Self.words(halves.map(\.fitted), of: workload.jobs)
    scoredOn = Self.words(halves.map(\.scored), of: workload.jobs)
  }

  private static func halves(of iterations: [Int32]) -> (fitted: [Int32], scored: [Int32]) {
    let count = max(min(1, iterations.count), iterations.count / 2)
    return (Array(iterations.prefix(count)), Array(iterations.dropFirst(count)))
  }

  /// Nil where none of the fabrics that are asked for has circuits for a demand.
  init?(_ workload: Workload, for names: [String], declared: [FabricDeclaration]) {
    let own = Set(declared.map(\.name))
    guard names.contains(where: { Self.isFitted($0) && !own.contains($0) }) else { return nil }
    self.init(workload)
  }

  static func isFitted(_ name: String) -> Bool { FabricCatalogue.fittedNames.contains(name) }

  /// What a row with such circuits rests on.
  var parameters: [EffectiveParameter] {
    [EffectiveParameter("circuits fitted to iterations", fittedOn), scoredParameter]
  }

  var scoredParameter: EffectiveParameter {
    EffectiveParameter("scored iterations", scoredOn)
  }

  /// What the rows mean, in words.
  var sentence: String {
    if isScoredOnItself {
      return
        "One iteration is all that there is, so fitted circuits are scored on what they were chosen "
        + "for: the most that fixed circuits could do, not what they would do on later traffic."
    }
    func counted(_ words: String) -> String {
      (Int32(words) == nil ? "iterations " : "iteration ") + words
    }
    return "Every fabric is scored on \(counted(scoredOn)) only; fitted circuits were chosen for "
      + counted(fittedOn) + "."
  }

  private static func words(_ iterations: [[Int32]], of jobs: [Int32]) -> String {
    guard jobs.count > 1 else { return words(iterations.first ?? []) }
    return zip(jobs, iterations).map { "\(words($1)) of job \($0)" }.joined(separator: ", ")
  }

  /// "3" or "3-5", or each number where some between them are missing.
  private static func words(_ iterations: [Int32]) -> String {
    guard let first = iterations.first, let last = iterations.last, first != last else {
      return iterations.first.map { $0 == Operation.unknown ? "unknown" : "\($0)" } ?? "none"
    }
    return Int(last) - Int(first) + 1 == iterations.count
      ? "\(first)-\(last)" : iterations.map { "\($0)" }.joined(separator: " ")
  }
}

extension Workload {
  /// The same without some steps.
  func keepingSteps(where isKept: (Step) -> Bool) -> Workload {
    Workload(
      grain: grain, layout: layout, model: model, demands: demands, steps: steps.filter(isKept),
      provenance: provenance)
  }
}
