internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceModel

extension PlacementStudy {
  /// Below this share of an iteration re-placing is not worth the trouble.
  private static let worthwhileShare = 0.01

  /// The answers in words.
  var sentences: [String] {
    let verdicts = rows.filter { $0.candidate.name != candidates[0].name }.map(sentence)
    return [input.sentence] + verdicts + [busiestPort, imbalance, replicaCost].compactMap(\.self)
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
        "Note: no model says how many parameters an expert has (sizes), so bytes and time of moving and "
          + "replicating experts are not known.")
    }
    if !input.isTraining {
      remarks.append(
        "Note: the log holds forward passes only, so replicas and moves are counted as in inference: "
          + "weights, no gradients, no optimizer.")
    }
    remarks.append(
      "Note: expert traffic only. Iterations until it pays: time in which the busiest server sends or gets "
        + "its experts, nothing else running, ÷ what an iteration saves after the gradients of replicas."
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
    if row.candidate.name == "replicated", row.candidate.replicas == nil, input.isTraining {
      words += ", before their gradients are summed: of how many bytes is not known"
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

  /// What placements make of the busiest server port, in copies of tokens.
  private var busiestPort: String? {
    let before = candidates[0].traffic.busiestPortCopies
    guard before > 0 else { return nil }
    let after = candidates.dropFirst().map { candidate in
      let copies = candidate.traffic.busiestPortCopies
      let change = Double(before - copies) / Double(before)
      let isBest = candidate.name == "re-placed" && isBestOrder
      let words =
        change == 0
        ? "as many"
        : "\(perIteration(copies)) (\(HumanNumber.text(abs(change), .share)) "
          + "\(change > 0 ? "less" : "more")\(isBest ? ", the best of every order" : ""))"
      return "\(words) \(candidate.name)"
    }
    return
      "The busiest server port passes \(perIteration(before)) copies of tokens in contiguous blocks, "
      + after.joined(separator: " and ")
      + (input.scored.count > 1 ? ", summed over the dispatches of an iteration." : ".")
  }

  private func perIteration(_ count: Int64) -> String {
    HumanNumber.text(
      Int64((Double(count) / Double(input.scored.count)).rounded()), .count)
  }

  /// Imbalance that placement can cure, apart from pair structure that it cannot: what even ranks would
  /// win, and how much of that is open to moves and to replicas.
  private var imbalance: String? {
    guard let contiguous = candidates.first, contiguous.traffic.imbalance > 1 else { return nil }
    let headroom = HumanNumber.text(contiguous.traffic.imbalance, .ratio)
    let after = candidates.dropFirst().map {
      "\(HumanNumber.text($0.traffic.imbalance, .ratio)) \($0.name)"
    }
    let limits = candidates.dropFirst().map { candidate in
      let lever = candidate.name == "re-placed" ? "moving experts" : "replicas in these slots"
      let win = largestWin(candidate)
      return win < 1.0005
        ? "\(lever) can win nothing of it" + (candidate.name == "re-placed" ? Self.heat : "")
        : "\(lever) at most \(HumanNumber.text(win, .ratio))"
    }
    return
      "The busiest rank gets \(headroom) the assignments of the mean rank in contiguous blocks, "
      + after.joined(separator: " and ") + ". Even ranks would win \(headroom), the headroom: "
      + limits.joined(separator: ", ") + "."
  }

  private static let heat = " (a hot expert is as hot on any rank)"

  /// What replicas cost as long as they are kept.
  private var replicaCost: String? {
    guard spareSlotsPerRank > 0, let last = candidates.last else { return nil }
    let bytes = options.parameterBytes(isTraining: input.isTraining)
    let parts =
      input.isTraining
      ? "\(bytes.weight) of weight, \(bytes.gradient) of gradient, \(bytes.optimizer) of optimizer state"
      : "weights"
    var words = "Replicas cost, as long as they are kept, "
    guard let replicas = last.replicas else {
      words += "\(bytes.resident) bytes of memory for each of their parameters (\(parts))"
      return input.isTraining
        ? words + " and \(2 * bytes.gradient) bytes sent in each iteration to sum its gradient."
        : words + "."
    }
    words +=
      "\(HumanNumber.text(replicas.memoryBytes, .bytes)) of memory on all ranks for "
      + "\(replicas.replicas) more experts (\(bytes.resident) bytes per parameter: \(parts))"
    guard replicas.gradientBytesPerIteration > 0 else { return words + "." }
    let times = rows.filter { $0.candidate.name == last.name }.map {
      "\(HumanNumber.text($0.gradientNanoseconds, .nanoseconds)) at best on \($0.fabric.name)"
    }
    return words
      + ", and \(HumanNumber.text(replicas.gradientBytesPerIteration, .bytes)) sent in each iteration to sum "
      + "their gradients (\(times.joined(separator: ", ")))."
  }
}
