internal import TraceModel

extension TraceJoin {
  /// What a person should know of a join.
  func notes(
    _ fits: [JoinFit], _ best: JoinFit, _ orders: [JoinSummary.StageOrder], _ sites: JoinSites
  ) -> [String] {
    var notes = notesOnRanks(sites) + notesOn(orders)
    let alike = fits.filter {
      $0.copies != best.copies && $0.unexplained - best.unexplained < Self.tolerance
    }.map(\.copies.rawValue)
    if !alike.isEmpty {
      notes.append(
        "copies per \(alike.joined(separator: " and per ")) explain the traffic as well as per "
          + "\(best.copies.rawValue)")
    }
    if routing.metadata.routingUnit == .assignments {
      notes.append(
        "the log counts assignments, not tokens: whether copies were saved per rank or server cannot "
          + "be told")
    }
    guard let model = routing.metadata.model else {
      return notes + ["no model was declared: bytes per token are what the traffic shows"]
    }
    if model.copies != best.copies {
      notes.append(
        "the model declares one copy per \(model.copies.rawValue), but the traffic is that of one per "
          + "\(best.copies.rawValue), which is taken")
    }
    notes += notesOnAmounts(best.factors)
    if model.compute.isDeclared {
      notes.append(
        "compute between operations is what was recorded; the model's own times are left out")
    }
    return notes
  }

  private func notesOnRanks(_ sites: JoinSites) -> [String] {
    guard let missing = logged.words else { return [] }
    let isAnyLeftOut = sites.isCompared.contains(false)
    return [
      "the routing has no lines of \(missing): what their tokens moved is not in the joined trace's "
        + "routing"
        + (isAnyLeftOut ? ", and only the tokens of servers with all ranks were compared" : "")
    ]
  }

  private func notesOn(_ orders: [JoinSummary.StageOrder]) -> [String] {
    orders.filter { $0.runnerUpMeanDistance - $0.meanDistance < Self.tolerance }.map {
      ($0.stage == Operation.unknown ? "" : "stage \($0.stage): ")
        + "\"\($0.runnerUp)\" fits as well as \"\($0.order)\": which micro-batch an all-to-all "
        + "is of cannot be told"
    }
  }

  /// Amounts differ from the model's for reasons that can be told apart: formats differ between phases,
  /// logs and captures only leave out.
  private func notesOnAmounts(_ factors: [(phase: Phase, factor: Double)]) -> [String] {
    let alike = 0.8...1.25
    let sorted = factors.map(\.factor).sorted()
    guard let least = sorted.first, let most = sorted.last else { return [] }
    if !alike.contains(most / least) {
      return [
        "phases carry \(rounded(least)) to \(rounded(most)) bytes for each that the model predicts: "
          + "its bytes per token in the four phases are not those of the job"
      ]
    }
    if alike.contains(sorted[sorted.count / 2]) { return [] }
    let factor = rounded(sorted[sorted.count / 2])
    return [
      least > 1
        ? "the wire carries \(factor) bytes for each that the model predicts, in all phases: the log "
          + "may be sampled (--tokens-per-logged-token), or hidden size or number format differ"
        : "the wire carries \(factor) bytes for each that the model predicts, in all phases: the "
          + "capture may hold a part of the packets, or be synthetic with a byte reduction; or hidden "
          + "size or number format differ"
    ]
  }

  /// Three significant digits.
  private func rounded(_ factor: Double) -> String {
    guard factor > 0, factor.isFinite else { return "\(factor)" }
    var scale = 1.0
    while factor * scale < 100, scale < 1e12 { scale *= 10 }
    return "\((factor * scale).rounded() / scale)"
  }
}
