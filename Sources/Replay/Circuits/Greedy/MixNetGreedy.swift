internal import TraceModel

/// MixNet's topology generator (SIGCOMM'25, Algorithm 1): the next circuit goes to the pair that
/// would finish last.
///
/// The printed algorithm, its evident intent and the released code differ; each is a variant.
/// O((pairs + circuits) log pairs).
public struct MixNetGreedy: StandingCircuitScheduler {
  public enum Variant: String, Sendable, Hashable, CaseIterable {
    /// As printed: a pair without a circuit never finishes, and the loop ends at the first
    /// bottleneck that lacks a free port.
    case literal
    /// Passes over pairs that lack a free port: what the paper's circuit counts imply.
    case `continue`
    /// The released simulator: after its c-th circuit a pair's weight is divided by 100 c, so that
    /// every pair has one circuit before any has two.
    case code
  }

  /// How the two directions of a pair become one demand.
  public enum Fold: String, Sendable, Hashable, CaseIterable {
    /// Both added: MixNet's code.
    case sum
    /// The larger: what a full-duplex circuit waits for.
    case max
  }

  public var variant: Variant
  public var fold: Fold

  public init(_ variant: Variant, fold: Fold = .sum) {
    self.variant = variant
    self.fold = fold
  }

  public var name: String { "mixnet-\(variant.rawValue)" + (fold == .max ? "-max" : "") }

  public var summary: String {
    variantSummary + (fold == .max ? "; a pair counts by its larger direction" : "")
  }

  private var variantSummary: String {
    switch variant {
    case .literal: "MixNet's greedy as printed: stops at the first bottleneck without a free port"
    case .continue: "MixNet's greedy, passing over pairs without a free port"
    case .code: "MixNet's greedy as released: one circuit for every pair before a second"
    }
  }

  public func circuits(for request: CircuitRequest) -> CircuitMatrix {
    let demand = request.demand
    return greedyCircuits(
      size: demand.size, portsPerServer: request.opticalPorts, endsAtFullPair: variant == .literal,
      demand: { left, right in
        let (forward, backward) = (demand[left, right], demand[right, left])
        return fold == .sum ? forward &+ backward : Swift.max(forward, backward)
      }, urgency: urgency)
  }

  private func urgency(of demand: Double, circuits: Int) -> Double {
    switch variant {
    case .literal, .continue:
      finishTime(of: demand, circuits: circuits)
    case .code:
      (0..<circuits).reduce(demand) { $0 / (100 * Double($1 + 1)) }
    }
  }
}
