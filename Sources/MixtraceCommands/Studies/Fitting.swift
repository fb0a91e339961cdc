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
    let jobs = workload.jobs.map {
      IterationSplit(firstHalfOf: workload.only(job: $0).iterations)
    }
    isScoredOnItself = jobs.contains(where: \.isScoredOnItself)
    let halves =
      isScoredOnItself
      ? jobs.map { (fitted: $0.fitted + $0.scored, scored: $0.fitted + $0.scored) }
      : jobs.map { (fitted: $0.fitted, scored: $0.scored) }
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

  /// Nil where none of the fabrics that are asked for has circuits for a demand.
  ///
  /// - Parameters:
  ///   - names: the fabrics; none for all of the user's files, or for the presets.
  ///   - declared: the fabrics of those files.
  init?(_ workload: Workload, for names: [String], declared: [FabricDeclaration]) {
    let isAskedFor =
      names.isEmpty
      ? declared.contains(where: \.isFitted)
      : names.contains { Self.isFitted($0, declared: declared) }
    guard isAskedFor else { return nil }
    self.init(workload)
  }

  /// True where circuits are chosen for earlier iterations: a name of the user's file goes before one
  /// of the catalogue.
  static func isFitted(_ name: String, declared: [FabricDeclaration]) -> Bool {
    let own = declared.filter { $0.name == name }
    return own.isEmpty
      ? FabricCatalogue.fittedNames.contains(name) : own.contains(where: \.isFitted)
  }

  static let fittedName = "circuits fitted to iterations"
  static let scoredName = "scored iterations"

  /// What a row with such circuits rests on.
  var parameters: [EffectiveParameter] {
    [EffectiveParameter(Self.fittedName, fittedOn), scoredParameter]
  }

  var scoredParameter: EffectiveParameter {
    EffectiveParameter(Self.scoredName, scoredOn)
  }

  /// What the rows mean, in words.
  var sentence: String {
    if isScoredOnItself {
      return
        "One iteration is all that there is, so fitted circuits are scored on what they were chosen "
        + "for: the most that fixed circuits could do, not what they would do on later traffic. "
        + "Beside other fabrics they are left out of what is concluded."
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

extension FabricDeclaration {
  /// True where the base is a preset whose circuits are chosen for a demand, and they stay.
  var isFitted: Bool {
    topology == nil && optical?.staticCircuits == nil
      && base.map(FabricCatalogue.fittedNames.contains) == true
  }
}

extension Array {
  /// The rows that a conclusion may name.
  ///
  /// The ideal crossbar is a yardstick, not for sale. What was fitted to the traffic that it is scored
  /// on says nothing about other traffic: it is named only where there is nothing else.
  func contenders(
    fabric name: (Element) -> String, isFittedToItself: (Element) -> Bool
  ) -> [Element] {
    let real = filter { name($0) != "ideal" }
    let judged = real.filter { !isFittedToItself($0) }
    return judged.isEmpty ? real : judged
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
