public import TraceModel

/// MixNet-Copilot: a layer's loads follow from those of the layer before by a matrix of transitions
/// (SIGCOMM'25, appendix B.1).
///
/// Loads are bytes received by each server, as parts of their sum. For every layer the matrix is fitted
/// to a window of past iterations (`TransitionFit`). It predicts loads, not pairs: every server is taken
/// to send to all in the same proportions, scaled to what it sent last time, so that no structure of
/// pairs can be seen coming. The paper names neither window nor weights; ours are parameters.
public struct CopilotPredictor: DemandPredictor {
  /// Iterations that are fitted to.
  public let window: Int
  /// Weight of an iteration relative to the next newer one.
  public let decay: Double
  private var layers: [Int32: History] = [:]
  /// Loads of the layer seen last, whichever it was.
  private var before: [Double]?

  private struct History {
    var samples: [TransitionFit.Sample] = []
    /// Bytes sent by each server last time.
    var sent: [Int64] = []
  }

  public init(window: Int = 8, decay: Double = 0.9) {
    self.window = max(1, window)
    self.decay = min(1, max(0, decay))
  }

  public var name: String { "copilot" }

  public mutating func observe(_ demand: TrafficMatrix, layer: Int32) {
    let demand = demand.withoutDiagonal
    let total = Double(demand.total)
    guard total > 0 else { return }
    let loads = demand.columnSums.map { Double($0) / total }
    var history = layers[layer] ?? History()
    if let before, before.count == loads.count {
      history.samples.append(TransitionFit.Sample(from: before, to: loads))
      if history.samples.count > window { history.samples.removeFirst() }
    }
    history.sent = demand.rowSums
    layers[layer] = history
    before = loads
  }

  public mutating func predict(layer: Int32) -> TrafficMatrix? {
    guard let before, let history = layers[layer], let sample = history.samples.last,
      sample.to.count == before.count
    else { return nil }
    var fit = TransitionFit(history.samples, decay: decay)
    fit.improve(steps: 200)
    return Self.demand(loads: fit.apply(to: before), sent: history.sent)
  }

  /// The demand in which every server divides what it sends by the loads of the others.
  private static func demand(loads: [Double], sent: [Int64]) -> TrafficMatrix {
    var cells = [Double](repeating: 0, count: loads.count * loads.count)
    let sum = loads.reduce(0, +)
    for source in loads.indices where sum > loads[source] {
      for destination in loads.indices where destination != source {
        cells[source * loads.count + destination] =
          Double(sent[source]) * loads[destination] / (sum - loads[source])
      }
    }
    return TrafficMatrix(roundedCells: cells)
  }
}
