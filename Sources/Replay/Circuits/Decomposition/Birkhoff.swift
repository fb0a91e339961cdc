package import TraceModel

/// Which perfect matching of the cells that are left is taken next.
public enum BirkhoffChoice: String, Sendable, Hashable, CaseIterable {
  /// The first that augmenting paths find.
  case arbitrary
  /// The one whose smallest cell is the largest.
  case bottleneck
  /// The one with the largest sum.
  case maximumWeight = "max-weight"
}

/// A matrix with equal line sums as a sum of weighted permutations (Birkhoff 1946).
///
/// At most n² − 2 n + 2 terms, because each empties a cell; their weights add up to the line sum,
/// and the terms add up to the matrix exactly. O(n² matchings), one of O(n³) at worst each.
package func birkhoffDecomposition(of balanced: TrafficMatrix, choice: BirkhoffChoice)
  -> [WeightedPermutation]
{
  let size = balanced.size
  var cells = balanced.cells
  var sums = LineSums(cells, size: size)
  precondition(
    (sums.rows + sums.columns).allSatisfy { $0 == sums.largest }, "line sums must be equal")
  var terms: [WeightedPermutation] = []
  var ceiling = Int64.max
  while sums.largest > 0 {
    let receiver: [Int32]?
    switch choice {
    case .arbitrary: receiver = perfectMatching(size: size, cells: cells.span, atLeast: 1)
    case .bottleneck:
      // Cells only shrink, and so does the best smallest one.
      let best = bottleneckMatching(size: size, cells: cells, atMost: ceiling)
      ceiling = best?.smallest ?? 0
      receiver = best?.receiver
    case .maximumWeight:
      receiver = maximumWeightAssignment(size: size, weights: cells.map { $0 > 0 ? $0 : -1 })
    }
    guard let receiver else { return terms }
    let smallest = (0..<size).map { cells[$0 * size + Int(receiver[$0])] }.min() ?? 0
    let term = WeightedPermutation(bytes: smallest, receiver: receiver)
    _ = serve(term, from: &cells, sums: &sums)
    terms.append(term)
  }
  return terms
}

/// Birkhoff–von Neumann: the demand, stuffed to equal lines, divided into permutations that are held
/// one after the other.
///
/// Without reconfiguration delay the time is the largest line ÷ rate, which nothing on one crossbar
/// can beat; every configuration costs a delay, and there may be n² − 2 n + 2.
public struct BirkhoffVonNeumann: CircuitScheduler {
  public var choice: BirkhoffChoice

  public init(_ choice: BirkhoffChoice) { self.choice = choice }

  public var name: String { "bvn-\(choice.rawValue)" }
  public var summary: String {
    switch choice {
    case .arbitrary: "Birkhoff–von Neumann, any matching next"
    case .bottleneck: "Birkhoff–von Neumann, the matching that can be held longest next"
    case .maximumWeight: "Birkhoff–von Neumann, the matching with the most bytes next"
    }
  }
  public var duplex: Duplex { .independent }
  public var dependsOnDemand: Bool { true }
  public var answersWithSequence: Bool { true }

  public func schedule(for request: CircuitRequest) -> CircuitSchedule {
    guard request.opticalPorts > 0 else { return CircuitSchedule([]) }
    return CircuitSchedule(
      birkhoffDecomposition(of: quickStuffed(request.demand), choice: choice)
        .map(request.configuration))
  }
}
