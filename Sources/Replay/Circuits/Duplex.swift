/// Whether a circuit joins both directions of two ports.
public enum Duplex: String, Sendable, Hashable, CaseIterable {
  /// One full-duplex circuit between two NICs (MixNet).
  case paired
  /// A directed crossbar: transmitters and receivers are matched apart.
  case independent
}

extension CircuitScheduler {
  /// Why this scheduler's answers cannot be built with such optical switches, in words, or nil.
  ///
  /// Paired answers fit a directed crossbar too; the reverse does not hold.
  public func hardwareDefect(on duplex: Duplex) -> String? {
    guard self.duplex == .independent, duplex == .paired else { return nil }
    return "\(name) needs transmitters and receivers that are switched apart (duplex "
      + "\"\(Duplex.independent.rawValue)\"), these optical switches join them in pairs: declare "
      + "independent duplex, or take symmetrised-\(name)"
  }

  /// Why a fabric whose circuits stand during a phase cannot use this scheduler, in words, or nil.
  public func standingDefect(on duplex: Duplex) -> String? {
    if answersWithSequence {
      return "\(name) answers with a sequence of configurations, not with circuits that stand "
        + "during a phase: mixtrace circuits compares those"
    }
    return hardwareDefect(on: duplex)
  }
}
