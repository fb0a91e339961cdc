/// Every scheduler, by name; adding one is a file and a line here.
public enum CircuitSchedulers {
  /// All of them, whatever hardware they need.
  public static let all: [any CircuitScheduler] = [
    MixNetGreedy(.continue), MixNetGreedy(.literal), MixNetGreedy(.code),
    MixNetGreedy(.continue, fold: .max), MixNetGreedy(.literal, fold: .max),
    MixNetGreedy(.code, fold: .max), ElectricalAwareGreedy(), MaximumWeightMatching(),
    MaximumWeightMatching(.independent), DegreeBoundedMatching(),
    DegreeBoundedMatching(.independent),
    OneHop(), OneHop(.independent), StaticOptimum(stepLimit: 0), StaticOptimum(),
    StaticOptimum(.independent, stepLimit: 0), TopoOpt(), Circulant(), RandomRegular(),
    BirkhoffVonNeumann(.arbitrary), BirkhoffVonNeumann(.bottleneck),
    BirkhoffVonNeumann(.maximumWeight), Solstice(), Eclipse(), BoundedDecomposition(),
    BoundedDecomposition(count: 8), Sunflow(), Spectra(), PermutationOptimum(), Rotor(),
    Rotor(relaying: .valiant),
  ]

  /// Those whose circuits stand during a phase and fit full-duplex optical switches.
  public static let standing = all.filter { $0.standingDefect(on: .paired) == nil }

  /// What can be named besides those of `all`, in words.
  public static let families =
    "symmetrised-NAME of a directed one, random-regular-SEED, bounded-matchings-COUNT"

  /// The scheduler of that name, or nil.
  ///
  /// Besides those of `all`: `symmetrised-` before the name of a directed one, `random-regular-` with
  /// any seed, `bounded-matchings-` with any count above 0; see `families`.
  public static func named(_ name: String) -> (any CircuitScheduler)? {
    if let known = all.first(where: { $0.name == name }) { return known }
    if let base = name.after("symmetrised-"), let directed = named(base),
      directed.duplex == .independent
    {
      return Symmetrised(directed)
    }
    if let seed = name.after("random-regular-").flatMap({ UInt64($0) }) {
      return RandomRegular(seed: seed)
    }
    if let count = name.after("bounded-matchings-").flatMap({ Int($0) }), count > 0 {
      return BoundedDecomposition(count: count)
    }
    return nil
  }
}

extension String {
  /// What follows a prefix, or nil without it.
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
