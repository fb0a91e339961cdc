/// How a pair with a circuit uses its circuit and the electrical network.
public enum SharingMode: String, Sendable, Hashable, CaseIterable {
  /// Circuits only; pairs without one use the electrical network (MixNet).
  case exclusive
  /// Both at once, each a subflow with a max-min fair rate.
  case splitFair = "split-fair"
  /// Both at once, paced so that all pairs end by the optimum for these circuits; only for pooled NICs
  /// and a non-blocking electrical network, where that optimum is known.
  case splitOptimal = "split-optimal"
}
