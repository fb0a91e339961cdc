internal import Replay
internal import TraceModel

/// Replays of one workload, each distinct fabric once: an option that a fabric does not have
/// makes points that are alike on it.
final class SweepReplays: Sendable {
  private let workload: Workload
  private let run: RunDemand
  private let names: [String]
  private let fitting: Fitting?
  private let columns: SweepColumns
  private let known = Locked<[Key: Answer]>([:])

  /// What a replay depends on, apart from the workload.
  private struct Key: Hashable {
    var fabric: String
    /// A fabric of the user's file, with the text of its edge list: parameters name only the file.
    var declaration: FabricDeclaration?
    var parameters: [EffectiveParameter]
    var options: ReplayOptions
    var cost: CostModel
  }

  private struct Found: Sendable {
    var outcome: SweepRow.Outcome
    /// What it rests on.
    var effective: [EffectiveParameter]
  }

  /// What the first who asks for it finds while others wait.
  private final class Answer: Sendable {
    let found = Locked<Found?>(nil)
  }

  /// - Parameters:
  ///   - workload: what is replayed.
  ///   - names: the fabrics that were asked for; none for all.
  ///   - fitting: for fabrics whose circuits are chosen for earlier iterations.
  init(
    _ workload: Workload, fabrics names: [String], fitting: Fitting?, columns: SweepColumns
  ) {
    self.workload = workload
    self.fitting = fitting
    run = RunDemand(workload)
    self.names = names
    self.columns = columns
  }

  /// The rows of one point: one for each fabric, with its numbers or why there are none.
  func rows(at point: Int) -> [SweepRow] {
    func row(
      _ fabric: String, _ outcome: SweepRow.Outcome, _ effective: [EffectiveParameter] = []
    ) -> SweepRow {
      SweepRow(
        point: point, fabric: fabric, outcome: outcome, effective: effective, columns: columns)
    }
    do {
      var parameters = try columns.grid.parameters(at: point)
      parameters.fitting = fitting
      return try parameters.candidatesApart(named: names, for: workload.layout).map { candidate in
        switch candidate.fabric {
        case .failure(let error):
          return row(candidate.name, .failed(String(describing: error).onOneLine))
        case .success(let fabric):
          let found = outcome(on: fabric, parameters)
          return row(fabric.name, found.outcome, found.effective)
        }
      }
    } catch {
      return [row("", .failed(String(describing: error).onOneLine))]
    }
  }

  private func outcome(
    on fabric: FabricSpecification, _ parameters: FabricParameters
  ) -> Found {
    let declared = parameters.effective(on: fabric)
    let key = Key(
      fabric: fabric.name,
      declaration: parameters.declared.first { $0.name == fabric.name },
      parameters: declared, options: parameters.replayOptions(), cost: parameters.options.cost)
    let answer = known.withLock { known in
      let answer = known[key] ?? Answer()
      known[key] = answer
      return answer
    }
    return answer.found.withLock { known in
      if let known { return known }
      let found = replayed(on: fabric, parameters, declared: declared)
      known = found
      return found
    }
  }

  private func replayed(
    on fabric: FabricSpecification, _ parameters: FabricParameters, declared: [EffectiveParameter]
  ) -> Found {
    do {
      let row = try FabricRow(
        fabric.name, fabric, workload: workload, run: run, parameters: parameters)
      return Found(
        outcome: .replayed(SweepRow.Numbers(row)),
        effective: row.result.effectiveParameters + [parameters.costParameter])
    } catch {
      return Found(outcome: .failed(error.description.onOneLine), effective: declared)
    }
  }
}

extension FabricParameters {
  /// What a replay on a fabric rests on, as declared.
  func effective(on fabric: FabricSpecification) -> [EffectiveParameter] {
    fabric.effectiveParameters + replayOptions().effectiveParameters
      + fittingParameters(of: fabric) + [costParameter]
  }

  var costParameter: EffectiveParameter {
    EffectiveParameter(
      "cost model", options.cost.rawValue + (options.wholeBoxes ? ", whole boxes" : ""))
  }

  /// Fabrics by name, of which those that do not fit say why; a name that only another file of the
  /// sweep has is no obstacle to the others.
  func candidatesApart(
    named names: [String], for layout: Layout
  ) throws -> [FabricCandidate] {
    guard !names.isEmpty else { return try candidates(named: names, for: layout) }
    if let all = try? candidates(named: names, for: layout) { return all }
    return names.flatMap { name in
      do {
        return try candidates(named: [name], for: layout)
      } catch {
        return [FabricCandidate(name) { throw error }]
      }
    }
  }
}
