internal import TraceModel

/// One conclusion.
public struct VerdictLine: Sendable, Hashable {
  /// What a conclusion is about.
  public enum Topic: String, Sendable, Hashable, CaseIterable {
    case warning, scope, imbalance, pairs, regions, time, optics
  }

  /// What it is about.
  public var topic: Topic
  /// For people: one or more whole sentences.
  public var sentence: String

  /// - Parameter sentence: ends with a full stop.
  public init(_ topic: Topic, _ sentence: String) {
    self.topic = topic
    self.sentence = sentence
  }
}

/// The conclusions of a report, most important first.
func verdict(
  on report: LocalityReport, subjectBytes: TierBytes, options: LocalityOptions
) -> [VerdictLine] {
  guard subjectBytes.total > 0 else {
    return [VerdictLine(.scope, "The trace moves no bytes: there is no locality to speak of.")]
  }
  var lines: [VerdictLine] = []
  if let synthetic = report.synthetic {
    lines.append(VerdictLine(.warning, capitalised(synthetic.sentence) + "."))
  }
  if let reason = report.candidates.noOptics {
    let guess = report.layoutGuess.map {
      " That rests on a guessed layout (\($0)): declare the servers (--layout) to be sure."
    }
    lines.append(
      VerdictLine(
        .optics,
        "No optical candidate: \(reason). Circuits between servers have nothing to carry."
          + (guess ?? "")))
  }
  lines.append(scopeLine(report, subjectBytes))
  lines.append(imbalanceLine(report, options))
  lines.append(pairLine(report, options))
  lines += [regionLine(report)].compactMap { $0 } + [timeLine(report.time)]
  guard report.synthetic != nil else { return lines }
  return lines.map { line in
    [.warning, .scope, .optics].contains(line.topic)
      ? line : VerdictLine(line.topic, line.sentence + " That holds for the generator only.")
  }
}

private func scopeLine(_ report: LocalityReport, _ bytes: TierBytes) -> VerdictLine {
  let moved = Double(max(1, bytes.moved))
  let inside = percent(Double(bytes.scaleUp) / moved)
  let subject = capitalised(report.subject)
  var sentence =
    "\(subject): \(inside) of the bytes moved stay on scale-up links, "
    + "\(percent(Double(bytes.betweenDomains) / moved)) cross the network"
  let whole = report.total.betweenDomains
  if report.subject != "all traffic", whole > bytes.betweenDomains {
    let share = Double(bytes.betweenDomains) / Double(whole)
    sentence += "; that is \(percent(share)) of all bytes on the network"
  }
  return VerdictLine(.scope, sentence + ".")
}

private func imbalanceLine(_ report: LocalityReport, _ options: LocalityOptions) -> VerdictLine {
  let profile = report.structureProfile
  guard let most = profile.receiveMaxOverMean.number, let busiest = profile.busiestReceiver else {
    return VerdictLine(
      .imbalance, "Imbalance: \(profile.receiveMaxOverMean.absence ?? "unknown").")
  }
  let factor = decimal(most, places: 2)
  let (cause, cure) =
    report.subject == "expert traffic"
    ? ("Hot experts", "Move or replicate experts") : ("Hot receivers", "Move work")
  if most >= options.imbalanceWorthCuring {
    return VerdictLine(
      .imbalance,
      "\(cause): \(profile.label) \(busiest) receives \(factor)× the mean. \(cure) first: "
        + "perfect balance would win up to \(factor)×, and no topology can win that.")
  }
  guard let momentary = report.momentary.receiveMaxOverMean.number else {
    return VerdictLine(
      .imbalance,
      "Receipts even out over the trace: the busiest \(profile.label) receives \(factor)× the mean. "
        + "Single operations may be uneven.")
  }
  if momentary >= options.imbalanceWorthCuring {
    return VerdictLine(
      .imbalance,
      "Receipts even out over the trace (\(factor)× the mean at most), but in a single operation the "
        + "busiest \(profile.label) receives \(decimal(momentary, places: 2))× the mean.")
  }
  return VerdictLine(
    .imbalance, "Load is balanced: the busiest \(profile.label) receives \(factor)× the mean.")
}

private func pairLine(_ report: LocalityReport, _ options: LocalityOptions) -> VerdictLine {
  guard let lasting = report.layerExcessInformation.number,
    let residual = report.layerRankOneResidual.number
  else {
    let absence = report.structureProfile.excessInformation.absence ?? "unknown"
    return VerdictLine(.pairs, "Pair structure: \(absence).")
  }
  let floor = report.momentary.samplingFloor.number ?? 0
  let momentary = max(0, (report.momentary.excessInformation.number ?? lasting) - floor)
  let words =
    "\(decimal(lasting, places: 3)) bit beyond what totals per \(report.structureProfile.label) explain, "
    + "\(percent(residual)) of the bytes off a rank-one matrix"
    + (report.layerProfiles.count > 1
      ? " (each a mean over \(report.layerProfiles.count) layers)" : "")
  if lasting >= options.strongPairStructureBits {
    return VerdictLine(
      .pairs, "Hot pairs: \(words). Circuits between the right servers can serve them.")
  }
  if momentary >= max(options.noPairStructureBits, 2 * lasting) {
    return VerdictLine(
      .pairs,
      "Hot pairs for a moment: single operations have \(decimal(momentary, places: 3)) bit of pair "
        + "structure, their sum \(decimal(lasting, places: 3)) bit. Only circuits that change "
        + "between operations can serve them.")
  }
  if lasting < options.noPairStructureBits, report.momentary.excessInformation.number == nil {
    return VerdictLine(
      .pairs, "No lasting pair structure: \(words). Single operations may have hot pairs.")
  }
  if lasting < options.noPairStructureBits {
    return VerdictLine(
      .pairs,
      "No pair structure: \(words). Circuits shaped to the demand have little to win over fixed "
        + "ones.")
  }
  return VerdictLine(.pairs, "Some pair structure: \(words). Replay must tell what it is worth.")
}

extension LocalityReport {
  /// Pair information of a layer beyond totals per end: the byte-weighted mean over layers, which may
  /// have different hot pairs that a sum over layers would blur.
  public var layerExcessInformation: Finding { meanOfLayers(\.excessInformation, .bits) }

  /// Share of a layer's bytes on other pairs than hot senders and receivers explain: the byte-weighted
  /// mean over layers.
  public var layerRankOneResidual: Finding { meanOfLayers(\.rankOneResidual, .share) }

  private func meanOfLayers(
    _ statistic: (MatrixProfile) -> Finding, _ unit: Finding.Unit
  ) -> Finding {
    let known = layerProfiles.compactMap { profile in
      statistic(profile).number.map { ($0, Double(profile.bytes)) }
    }
    let total = known.reduce(0) { $0 + $1.1 }
    guard total > 0 else {
      // Layers may be too many to keep: then the sum over them is what is known.
      return statistic(layerProfiles.first ?? structureProfile)
    }
    return .value(known.reduce(0) { $0 + $1.0 * $1.1 / total }, unit)
  }
}

private func regionLine(_ report: LocalityReport) -> VerdictLine? {
  guard report.candidates.noOptics == nil else { return nil }
  if let absence = report.curveAbsence {
    return VerdictLine(.regions, "Locality against region size: \(absence).")
  }
  // Weak structure looks stronger on the bytes that it was found in.
  let basis = report.split.isScoredOnItself ? " Fitted and scored on the same bytes." : ""
  let inner = report.curve.filter { $0.size > 1 && $0.size < report.serverCount }
  if let closed = inner.first(where: { $0.bestShare >= 0.95 }) {
    return VerdictLine(
      .regions,
      "Regions of \(closed.size) servers can keep \(percent(closed.bestShare)) of the bytes between "
        + "servers inside (\(percent(closed.contiguous)) when taken in order, "
        + "\(percent(closed.uniform)) if traffic were uniform).\(basis)")
  }
  guard let standout = inner.max(by: { $0.bestShare - $0.uniform < $1.bestShare - $1.uniform })
  else { return nil }
  return VerdictLine(
    .regions,
    "No smaller region keeps 95 % of the bytes inside: at \(standout.size) servers the best grouping "
      + "found keeps \(percent(standout.bestShare)), uniform traffic would keep "
      + "\(percent(standout.uniform)).\(basis)")
}
