public import TraceModel

/// Guesses the next demand of a layer's forward dispatch from those seen so far: one instance for each
/// region.
///
/// Adding one is a file and a line in `DemandPredictors`.
public protocol DemandPredictor: Sendable {
  /// The word used in tables, flags and files.
  var name: String { get }
  /// Takes in a layer's forward demand between the region's servers, in bytes, once it is known.
  mutating func observe(_ demand: TrafficMatrix, layer: Int32)
  /// The layer's next forward demand, or nil when there is nothing to guess from.
  mutating func predict(layer: Int32) -> TrafficMatrix?
}

/// Every predictor that needs no future, fresh, by name.
public enum DemandPredictors {
  public static let all: [any DemandPredictor] = [
    LastValuePredictor(), MovingAveragePredictor(), CopilotPredictor(),
  ]

  /// What can be named besides those of `all`, in words.
  public static let families = "ewma-WEIGHT with a weight above 0 and up to 1"

  /// The fresh predictor of that name, or nil; `ewma-` takes any weight above 0 and at most 1.
  public static func named(_ name: String) -> (any DemandPredictor)? {
    let average = MovingAveragePredictor.prefix
    if name.hasPrefix(average) {
      guard let weight = Double(name.dropFirst(average.count)), weight > 0, weight <= 1 else {
        return nil
      }
      return MovingAveragePredictor(weight: weight)
    }
    return all.first { $0.name == name }
  }
}

/// The layer's demand of last time.
public struct LastValuePredictor: DemandPredictor {
  private var last: [Int32: TrafficMatrix] = [:]

  public init() {}

  public var name: String { "last-value" }
  public mutating func observe(_ demand: TrafficMatrix, layer: Int32) { last[layer] = demand }
  public mutating func predict(layer: Int32) -> TrafficMatrix? { last[layer] }
}

/// An exponentially weighted moving average (EWMA) of the layer's demands so far.
public struct MovingAveragePredictor: DemandPredictor {
  /// What its name begins with; the weight follows.
  static let prefix = "ewma-"
  /// Part of the newest demand in the average, above 0 and at most 1.
  public let weight: Double
  private var average: [Int32: [Double]] = [:]

  /// - Parameter weight: 1 is the last value; what is not above 0 and at most 1 is taken to the nearest
  ///   that is.
  public init(weight: Double = 0.5) {
    self.weight = weight > 0 ? min(1, weight) : .leastNormalMagnitude
  }

  public var name: String { Self.prefix + "\(weight)" }

  public mutating func observe(_ demand: TrafficMatrix, layer: Int32) {
    guard let old = average[layer], old.count == demand.cells.count else {
      average[layer] = demand.cells.map { Double($0) }
      return
    }
    average[layer] = zip(old, demand.cells).map { $0 + weight * (Double($1) - $0) }
  }

  public mutating func predict(layer: Int32) -> TrafficMatrix? {
    average[layer].map { TrafficMatrix(roundedCells: $0) }
  }
}

/// Knows every demand beforehand: what the others are measured against.
public struct OraclePredictor: DemandPredictor {
  /// Demands of each layer that are still to come, the next one last.
  private var future: [Int32: [TrafficMatrix]] = [:]

  /// - Parameter demands: in the order in which they will be observed.
  public init(_ demands: [(layer: Int32, demand: TrafficMatrix)]) {
    for (layer, demand) in demands.reversed() { future[layer, default: []].append(demand) }
  }

  public var name: String { "oracle" }
  public mutating func observe(_ demand: TrafficMatrix, layer: Int32) {
    _ = future[layer]?.popLast()
  }
  public mutating func predict(layer: Int32) -> TrafficMatrix? { future[layer]?.last }
}

extension TrafficMatrix {
  /// A square matrix of cells rounded to whole bytes; far below what sums of two could overflow.
  init(roundedCells cells: [Double]) {
    self.init(size: Int(Double(cells.count).squareRoot().rounded()))
    self.cells = cells.map { Int64(min(4e18, max(0, $0.rounded()))) }
  }
}
