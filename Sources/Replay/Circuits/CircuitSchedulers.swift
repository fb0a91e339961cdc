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

  /// The scheduler of that name, or nil.
  public static func named(_ name: String) -> (any CircuitScheduler)? {
    all.first { $0.name == name }
  }
}
