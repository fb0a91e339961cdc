internal import Reporting

/// Why a cell comes out as it does: what bounds our replay, and which assumption would move it most.
enum PaperExplanation {
  /// What bounds our time of a cell, in a sentence.
  static func bottleneck(_ answer: PaperAnswer) -> String {
    let sum =
      answer.computeNanoseconds + answer.expertNanoseconds + answer.otherNetworkNanoseconds
      + answer.exposedNanoseconds
    func share(_ part: Double) -> String {
      HumanNumber.text(part / max(1, sum), .share)
    }
    var parts = ["compute \(share(answer.computeNanoseconds))"]
    parts.append("all-to-alls \(share(answer.expertNanoseconds))")
    parts.append("gradients and pipeline \(share(answer.otherNetworkNanoseconds))")
    if answer.reconfigurations > 0 {
      parts.append("waiting for circuits \(share(answer.exposedNanoseconds))")
    }
    let bound = answer.boundName.isEmpty ? "" : "; the all-to-alls are bound by \(answer.boundName)"
    let link =
      answer.busiestLink.isEmpty
      ? ""
      : "; busiest: \(answer.busiestLink), "
        + "used \(HumanNumber.text(answer.busiestUse, .share))"
    return parts.joined(separator: ", ") + bound + link
  }

  /// The unpublished input whose other value brings a cell nearest to the table, with the error that
  /// is left; nil when none brings it nearer.
  static func nearest(
    _ cell: PaperCell, base: PaperReproduction,
    variants: [PaperOutcome]
  ) -> String? {
    guard let own = base.logError(cell) else { return nil }
    var best: (words: String, error: Double, distance: Double)?
    for entry in variants {
      guard let left = entry.outcome.logError(cell), let error = entry.outcome.error(cell),
        abs(left) < min(abs(own), best?.distance ?? .infinity)
      else { continue }
      best = ("\(entry.variant.input): \(entry.variant.tried)", error, abs(left))
    }
    return best.map {
      "\($0.words) leaves \($0.error < 0 ? "" : "+")\(HumanNumber.text($0.error, .share))"
    }
  }
}
