internal import Replay
internal import Synchronization
internal import TraceModel

/// Replays of one workload, each distinct fabric once: an option that a fabric does not have
/// makes points that are alike on it.
final class SweepReplays: Sendable {
  private let workload: Workload
  private let known = Mutex<[Key: SweepRow.Outcome]>([:])

  private struct Key: Hashable {
    var parameters: [EffectiveParameter]
    var options: ReplayOptions
    var cost: CostModel
  }

  init(_ workload: Workload) { self.workload = workload }

  /// The rows of one point: one for each fabric, or one that says why there is none.
  func rows(at point: Int, of grid: SweepGrid, fabrics names: [String]) -> [SweepRow] {
    func row(_ fabric: String, _ outcome: SweepRow.Outcome) -> SweepRow {
      SweepRow(point: point, values: grid.values(at: point), fabric: fabric, outcome: outcome)
    }
    do {
      let parameters = try grid.parameters(at: point)
      return try parameters.candidates(named: names, for: workload.layout).map {
        switch $0.fabric {
        case .success(let fabric): row(fabric.name, outcome(on: fabric, parameters))
        case .failure(let error): row($0.name, .failed(Self.words(of: error)))
        }
      }
    } catch {
      return [row("", .failed(Self.words(of: error)))]
    }
  }

  private func outcome(
    on fabric: FabricSpecification, _ parameters: FabricParameters
  ) -> SweepRow.Outcome {
    let key = Key(
      parameters: [EffectiveParameter("fabric", fabric.name)] + fabric.effectiveParameters,
      options: parameters.replayOptions(), cost: parameters.options.cost)
    if let outcome = known.withLock({ $0[key] }) { return outcome }
    let outcome: SweepRow.Outcome
    do {
      let row = try FabricRow(fabric.name, fabric, workload: workload, parameters: parameters)
      outcome = .replayed(SweepRow.Numbers(row))
    } catch {
      outcome = .failed(Self.words(of: error))
    }
    known.withLock { $0[key] = outcome }
    return outcome
  }

  /// An error on one line.
  private static func words(of error: any Error) -> String {
    String(describing: error).split(whereSeparator: \.isNewline)
      .map { String($0.drop { $0 == " " }) }.joined(separator: "; ")
  }
}
