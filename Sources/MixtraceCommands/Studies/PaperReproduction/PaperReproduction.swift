internal import Replay
internal import TraceModel

/// All cells of the table under one set of inputs: one number fitted per model, the rest replayed.
struct PaperReproduction: Sendable {
  let table: PublishedTable
  let inputs: PaperInputs
  /// By the table's models.
  private(set) var fits: [String: ComputeFit] = [:]
  private(set) var origins: [String: String] = [:]
  private(set) var answers: [PaperCell: PaperAnswer] = [:]
  /// Why cells have no answer, each reason once.
  private(set) var absences: [String] = []

  /// - Parameters:
  ///   - measured: token matrix for the models whose expert parallelism it fits.
  ///   - known: an outcome from which whatever the inputs do not change is taken.
  /// - Complexity: 16 replays and about 8 for the fit per model, on all cores.
  init(
    table: PublishedTable, measured: TrafficMatrix?, inputs: PaperInputs,
    known: PaperReproduction? = nil
  ) throws {
    self.table = table
    self.inputs = inputs
    let unchanged = Set(
      PaperFabric.allCases.filter { known?.inputs.relevant(to: $0) == inputs.relevant(to: $0) })
    let knownFits = unchanged.contains(.fatTree) ? known?.fits : nil
    let models = try table.models.map { try PaperModel.named($0) }
    let prepared = try parallelMap(count: models.count) { number in
      Result {
        try Self.prepare(
          models[number], table: table, measured: measured, inputs: inputs,
          fit: knownFits?[models[number].name])
      }
    }.map { try $0.get() }
    for (model, ready) in zip(models, prepared) {
      fits[model.name] = ready.fit
      origins[model.name] = ready.origin
    }
    for cell in table.cells where unchanged.contains(cell.fabric) {
      answers[cell] = known?.answers[cell]
    }
    let cells = table.cells.filter { !unchanged.contains($0.fabric) || answers[$0] == nil }
    let solved = parallelMap(count: cells.count) { number in
      Result { () throws -> PaperAnswer in
        let cell = cells[number]
        let place = models.firstIndex { $0.name == cell.model } ?? 0
        let fabric = try cell.fabric.specification(
          for: models[place], layout: prepared[place].workload.layout,
          gigabitsPerSecond: cell.gigabitsPerSecond, inputs: inputs,
          patched: prepared[place].patched)
        return PaperAnswer(
          try replay(prepared[place].workload, on: fabric), layers: models[place].layersPerStage)
      }
    }
    for (cell, result) in zip(cells, solved) {
      do { answers[cell] = try result.get() } catch {
        let reason = "\(cell.fabric.presetName): \(error)"
        if !absences.contains(reason) { absences.append(reason) }
      }
    }
  }

  private struct Prepared: Sendable {
    /// With the fitted compute.
    var workload: Workload
    var fit: ComputeFit
    var origin: String
    /// TopoOpt's circuits for the workload.
    var patched: CircuitShape
  }

  private static func prepare(
    _ model: PaperModel, table: PublishedTable, measured: TrafficMatrix?, inputs: PaperInputs,
    fit known: ComputeFit?
  ) throws -> Prepared {
    func published(_ rate: Int) throws -> Double {
      let cell = PaperCell(model: model.name, fabric: .fatTree, gigabitsPerSecond: rate)
      guard let value = table[cell] else {
        throw VerbError("\(model.name): the table has no \(rate) Gb/s, which the fit needs")
      }
      return value
    }
    let demand = try PaperDemand(of: model, measured: measured, inputs: inputs)
    let workload = try PaperWorkload(model, demand: demand, inputs: inputs).workload()
    let patched = PaperFabric.topoOptShape(for: workload, inputs: inputs)
    let compute = model.model.compute
    let fit =
      try known
      ?? ComputeFit(
        of: model.name, target: try published(400) / published(800),
        estimatePerLayer: Phase.allToAlls.reduce(0) { $0 + compute.nanoseconds(before: $1) }
      ) { scale, rate in
        let fabric = try PaperFabric.fatTree.specification(
          for: model, layout: workload.layout, gigabitsPerSecond: rate, inputs: inputs,
          patched: patched)
        return try replay(workload.scalingCompute(by: scale), on: fabric).completionNanoseconds
      }
    return Prepared(
      workload: try workload.scalingCompute(by: fit.scale), fit: fit, origin: demand.origin,
      patched: patched)
  }

  /// Our time of a cell over our best of its model, which is how the table is normalised.
  func normalised(_ cell: PaperCell) -> Double? {
    guard let own = answers[cell]?.nanoseconds, let best = best(of: cell.model) else { return nil }
    return own / best
  }

  /// Ours over theirs, minus 1.
  func error(_ cell: PaperCell) -> Double? {
    guard let ours = normalised(cell), let theirs = table[cell] else { return nil }
    return ours / theirs - 1
  }

  private func best(of model: String) -> Double? {
    table.cells.filter { $0.model == model }.compactMap { answers[$0]?.nanoseconds }.min()
  }
}

extension PublishedTable {
  /// Every cell, by model, rate and fabric.
  var cells: [PaperCell] {
    models.flatMap { model in
      rates.flatMap { rate in
        PaperFabric.allCases.map {
          PaperCell(model: model, fabric: $0, gigabitsPerSecond: rate)
        }
      }
    }
  }
}
