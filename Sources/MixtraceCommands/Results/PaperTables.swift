internal import Replay
internal import Reporting

/// The tables of `mixtrace reproduce mixnet`.
enum PaperTables {
  /// Ours beside theirs for every cell.
  static func cells(_ paper: PaperReproduction) -> Table {
    var table = Table(
      "Iteration time over each model's best",
      columns: [
        .text("model", "Model"), .number("nic_bits_per_second", "NIC", .bitsPerSecond),
        .text("fabric", "Fabric"), .number("published_ratio", "Theirs", .ratio),
        .number("replayed_ratio", "Ours", .ratio), .number("error_share", "Error", .share),
        .number("completion_ns", "Iteration", .nanoseconds),
        .number("compute_ns", "Compute", .nanoseconds, isForMachinesOnly: true),
        .number("all_to_all_ns", "All-to-alls", .nanoseconds, isForMachinesOnly: true),
        .number("other_network_ns", "Other network", .nanoseconds, isForMachinesOnly: true),
        .number("exposed_ns", "Exposed", .nanoseconds, isForMachinesOnly: true),
        .number("cost_usd", "Cost", .dollars, isForMachinesOnly: true),
        .text("fitted", "", isForMachinesOnly: true),
      ])
    for cell in paper.table.cells {
      let answer = paper.answers[cell]
      let error = paper.error(cell)
      // The quotient of these two is the fitted number.
      let isFitted = cell.fabric == .fatTree && [400, 800].contains(cell.gigabitsPerSecond)
      table.append(
        [
          .text(cell.model), rate(cell), .text(cell.fabric.presetName),
          Cell(paper.table[cell], orMissing: ""), Cell(paper.normalised(cell), orMissing: ""),
          Cell(error, orMissing: ""), Cell(answer?.nanoseconds, orMissing: ""),
          Cell(answer?.computeNanoseconds, orMissing: ""),
          Cell(answer?.expertNanoseconds, orMissing: ""),
          Cell(answer?.otherNetworkNanoseconds, orMissing: ""),
          Cell(answer?.exposedNanoseconds, orMissing: ""),
          .number(cell.fabric.bill(gigabitsPerSecond: cell.gigabitsPerSecond).totalUSD),
          .text(isFitted ? "quotient" : "no"),
        ], emphasis: abs(error ?? 0) > 0.1 ? .warning : .none)
    }
    table.notes = [
      "Each model's best cell is 1, theirs and ours apart. Only the quotient of the fat-tree at 400 "
        + "and at 800 Gb/s is fitted, by one compute time per model."
    ]
    return table
  }

  /// What was fitted, and how well each model and fabric comes out.
  static func fits(_ paper: PaperReproduction) -> Table {
    var table = Table(
      "Fitted compute and mean error",
      columns: [
        .text("model", "Model"), .text("demand", "Demand"),
        .number("compute_per_layer_ns", "Compute per layer", .nanoseconds),
        .number("compute_over_estimate_ratio", "vs estimate", .ratio),
        .number("fitted_quotient_ratio", "400 vs 800 Gb/s", .ratio, isForMachinesOnly: true),
      ]
        + PaperFabric.allCases.map {
          .number("\($0.presetName)_log_error_share", $0.presetName, .share)
        })
    for model in paper.table.models {
      guard let fit = paper.fits[model] else { continue }
      table.append(
        [
          .text(model), .text(paper.origins[model] ?? ""), .number(fit.nanosecondsPerLayer),
          .number(fit.scale), .number(fit.reached),
        ]
          + PaperFabric.allCases.map { fabric in
            Cell(
              paper.meanLogError { $0.model == model && $0.fabric == fabric }, orMissing: "")
          })
    }
    table.notes = [
      "Compute per layer: forward and backward of one micro-batch on one GPU; the estimate counts "
        + "operations at 200 TFLOP/s. Errors: mean |ln(ours ÷ theirs)|."
    ]
    return table
  }

  /// Networking cost by the paper's formula, and performance per dollar over the fat-tree's.
  static func costs(_ paper: PaperReproduction) -> Table {
    var table = Table(
      "Cost and performance per dollar over the fat-tree's",
      columns: [
        .number("nic_bits_per_second", "NIC", .bitsPerSecond), .text("fabric", "Fabric"),
        .number("cost_usd", "Cost", .dollars),
        .number("fat_tree_cost_ratio", "Fat-tree costs", .ratio),
        .text("model", "Model"), .number("published_ratio", "Theirs", .ratio),
        .number("replayed_ratio", "Ours", .ratio),
      ])
    for cell in paper.table.cells where cell.fabric != .fatTree {
      let own = cell.fabric.bill(gigabitsPerSecond: cell.gigabitsPerSecond).totalUSD
      let tree = PaperFabric.fatTree.bill(gigabitsPerSecond: cell.gigabitsPerSecond).totalUSD
      table.append([
        rate(cell), .text(cell.fabric.presetName), .number(own), .number(tree / own),
        .text(cell.model),
        Cell(
          paper.performancePerDollar(cell) { paper.table[$0] }, orMissing: ""),
        Cell(
          paper.performancePerDollar(cell) { paper.answers[$0]?.nanoseconds }, orMissing: ""),
      ])
    }
    table.notes = [
      "1,024 GPUs and NICs, the paper's prices and count of parts (cost model mixnet-paper)."
    ]
    return table
  }

  /// What the authors did not publish, and what changes with it.
  static func inputs(_ paper: PaperReproduction, _ variants: [PaperOutcome]) -> Table {
    var table = Table(
      "Inputs that were not published",
      columns: [
        .text("input", "Input"), .text("assumed", "Assumed"), .text("tried", "Tried"),
        .number("log_error_share", "Error then", .share),
        .number("log_error_change_share", "Change", .share),
      ]
        + PaperFabric.allCases.map {
          .number("\($0.presetName)_change_share", $0.presetName, .share)
        })
    func change(_ outcome: PaperReproduction, _ fabric: PaperFabric?) -> Cell {
      let isOwn = { (cell: PaperCell) in fabric == nil || cell.fabric == fabric }
      guard let before = paper.meanLogError(where: isOwn),
        let after = outcome.meanLogError(where: isOwn)
      else { return .missing("") }
      return .number(after - before)
    }
    for entry in variants {
      table.append(
        [
          .text(entry.variant.input), .text(entry.variant.assumed), .text(entry.variant.tried),
          Cell(entry.outcome.meanLogError(), orMissing: ""), change(entry.outcome, nil),
        ] + PaperFabric.allCases.map { change(entry.outcome, $0) })
    }
    table.notes = [
      "Error: mean |ln(ours ÷ theirs)| over all cells with one input changed and compute fitted "
        + "anew; change: against the assumptions, by fabric in the last columns. Nothing was chosen "
        + "by its error."
    ]
    return table
  }

  /// The cells that differ by more than 10 %, each with what bounds our replay.
  static func differences(_ paper: PaperReproduction, _ variants: [PaperOutcome]) -> Table {
    var table = Table(
      "Cells that differ by more than 10 %",
      columns: [
        .text("model", "Model"), .number("nic_bits_per_second", "NIC", .bitsPerSecond),
        .text("fabric", "Fabric"), .number("error_share", "Error", .share),
        .text("bound", "What bounds our time"), .text("nearest", "What would bring it nearest"),
      ])
    for cell in paper.differences {
      guard let answer = paper.answers[cell] else { continue }
      table.append([
        .text(cell.model), rate(cell), .text(cell.fabric.presetName),
        Cell(paper.error(cell), orMissing: ""), .text(PaperExplanation.bottleneck(answer)),
        .text(
          PaperExplanation.nearest(cell, base: paper, variants: variants)
            ?? (variants.isEmpty ? "not looked for" : "nothing that was tried")),
      ])
    }
    table.notes = [
      "Shares are of the sum over all stages, micro-batches and layers, which partly run at the same "
        + "time."
    ]
    return table
  }

  private static func rate(_ cell: PaperCell) -> Cell {
    .number(Double(cell.gigabitsPerSecond) * 1e9)
  }
}
