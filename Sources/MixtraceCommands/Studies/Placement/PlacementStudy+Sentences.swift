internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

extension PlacementStudy {
  /// Below this share of an iteration re-placing is not worth the trouble.
  private static let worthwhileShare = 0.01

  /// The answers in words.
  var sentences: [String] {
    [input.sentence] + rows.filter { $0.candidate.name != candidates[0].name }.map(sentence)
      + (imbalance.map { [$0] } ?? [])
  }

  /// What limits them.
  var remarks: [String] {
    var remarks: [String] = []
    if let reason = reasonAgainstSources(input.trace.metadata.provenance) {
      remarks.append(
        "Note: \(reason), so bytes between servers and ports rest on a guess; loads of experts do not."
      )
    }
    if candidates[0].traffic.isUpperBound {
      remarks.append(
        "Note: the log counts assignments, not tokens' sets: bytes with one copy per rank or server are "
          + "upper bounds, and what experts that share tokens would save cannot be seen.")
    }
    if candidates[0].migration == nil {
      remarks.append(
        "Note: the model does not say how many parameters an expert has (sizes), so what moving and "
          + "replicas cost is not known.")
    }
    if !input.isTraining {
      remarks.append(
        "Note: the log holds forward passes only, so replicas and moves are counted as in inference: "
          + "weights, no gradients, no optimizer.")
    }
    remarks.append(
      "Note: expert traffic only. Iterations until it pays: time in which the busiest server gets its new "
        + "experts, nothing else running, ÷ what an iteration saves after the gradients of replicas."
    )
    return remarks
  }

  private func sentence(_ row: PlacementRow) -> String {
    let name = row.candidate.name == "re-placed" ? "Moving experts" : replicasName
    guard row.savedShare >= Self.worthwhileShare else {
      let result =
        row.savedShare <= 0
        ? "gains nothing" : "gains only \(HumanNumber.text(row.savedShare, .share))"
      let cost =
        row.gradientNanoseconds > 0
        ? " once their gradients are summed "
          + "(\(HumanNumber.text(row.gradientNanoseconds, .nanoseconds)) at best)" : ""
      return "\(name) is not worth it on \(row.fabric.name): it \(result) of an iteration\(cost)."
    }
    let saved = "\(HumanNumber.text(row.savedShare, .share)) of an iteration on \(row.fabric.name)"
    if let interval = row.interval, interval.isWithinNoise {
      return "\(name) would save \(saved), but that is within noise: \(spread(of: interval))."
    }
    var words = "\(name) saves \(saved)"
    if let interval = row.interval {
      words += " (\(interval.absence.map { "no interval: \($0)" } ?? spread(of: interval)))"
    }
    if let iterations = row.breakEvenIterations, let migration = row.candidate.migration {
      words +=
        " and pays after \(iterations) \(iterations == 1 ? "iteration" : "iterations") "
        + "(\(HumanNumber.text(migration.movedBytes, .bytes)) move)"
    }
    if let replicas = row.candidate.replicas, replicas.replicas > 0 {
      words +=
        "; replicas need \(HumanNumber.text(replicas.memoryBytes, .bytes)) of memory on all ranks"
      if replicas.gradientBytesPerIteration > 0 {
        words +=
          " and \(HumanNumber.text(replicas.gradientBytesPerIteration, .bytes)) of gradients in "
          + "each iteration"
      }
    }
    return words + "."
  }

  private func spread(of interval: SavingInterval) -> String {
    "95 % of \(SavingInterval.resampleCount) resamples of the \(interval.iterationCount) scored "
      + "iterations lie between \(HumanNumber.text(interval.low, .share)) and "
      + HumanNumber.text(interval.high, .share)
  }

  private var replicasName: String {
    spareSlotsPerRank == 1
      ? "Replicating experts into 1 more slot on each rank"
      : "Replicating experts into \(spareSlotsPerRank) more slots on each rank"
  }

  /// Imbalance that placement can cure, apart from pair structure that it cannot.
  private var imbalance: String? {
    guard let contiguous = candidates.first, contiguous.traffic.imbalance > 1 else { return nil }
    let headroom = HumanNumber.text(contiguous.traffic.imbalance, .ratio)
    let after = candidates.dropFirst().map {
      "\(HumanNumber.text($0.traffic.imbalance, .ratio)) \($0.name)"
    }
    return
      "The busiest rank gets \(headroom) the assignments of the mean rank in contiguous blocks, "
      + after.joined(separator: " and ") + ": balance alone can win no more than \(headroom)"
      + (spareSlotsPerRank > 0
        ? ", and with these slots no placement wins more than "
          + "\(HumanNumber.text(largestWin, .ratio)) on the iterations it is chosen for." : ".")
  }
}
