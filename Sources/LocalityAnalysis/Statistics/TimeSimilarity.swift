public import TraceModel

/// How alike the network matrices of one layer are from one iteration to the next.
public struct LayerSimilarity: Sendable, Hashable {
  public var layer: Int32
  /// Cosine of each iteration's matrix and the next one's, in order.
  public var cosines: [Double]
  /// Jaccard index of their heaviest quarters of pairs, in order.
  public var jaccards: [Double]

  public init(layer: Int32, cosines: [Double], jaccards: [Double]) {
    self.layer = layer
    self.cosines = cosines
    self.jaccards = jaccards
  }
}

/// Whether the matrix of one moment foretells the next.
public struct TimeSimilarity: Sendable, Hashable {
  /// Iterations in which the selection has operations.
  public var iterationCount: Int
  /// Per layer, ascending; empty when the findings below are not values.
  public var layers: [LayerSimilarity]
  /// Mean cosine of successive iterations over all layers.
  public var cosine: Finding
  /// Mean Jaccard index of the heaviest quarter of pairs.
  public var jaccard: Finding
  /// Lowest and highest tenth of the observed cosines: how far successive iterations vary.
  public var cosineSpread: [Finding]
  /// Mean cosine of one layer's matrix and the next layer's on the same servers, each summed over
  /// the iterations.
  public var adjacentLayers: Finding

  /// Iterations needed before a similarity means anything, and before its spread does.
  public static let iterationsForTrend = 3
  public static let iterationsForSpread = 10

  /// One pass over the selection by layer and iteration between network ends; two matrices in memory.
  public init(_ workload: Workload, _ selection: MatrixSelection, absentSources: String? = nil) {
    var known = selection
    known.iterations = known.iterations ?? 0...Int32.max
    let iterations = Set(workload.steps.filter { known.contains($0) }.map(\.iteration))
    iterationCount = iterations.count
    let tooFew = Finding.tooFew(
      have: iterations.count, need: Self.iterationsForTrend, of: "iterations")
    let fewForSpread = Finding.tooFew(
      have: iterations.count, need: Self.iterationsForSpread, of: "iterations")
    layers = []
    cosine = tooFew
    jaccard = tooFew
    cosineSpread = [fewForSpread, fewForSpread]
    adjacentLayers = .notIdentifiable("fewer than two layers on the same servers")
    if let absentSources {
      adjacentLayers = .notIdentifiable(absentSources)
      if iterations.count >= Self.iterationsForTrend {
        cosine = .notIdentifiable(absentSources)
        jaccard = cosine
        cosineSpread = [cosine, cosine]
      }
      return
    }
    compareLayers(workload, selection)
    if iterations.count >= Self.iterationsForTrend { compareIterations(workload, known) }
  }

  private mutating func compareIterations(_ workload: Workload, _ selection: MatrixSelection) {
    var previous: (layer: Int32, traffic: SparseTraffic)?
    let map = EndMap(networkEndsOf: workload.layout, from: workload.grain)
    workload.forEachTrafficMatrix(selection, by: [.layer, .iteration], map: map) { key, matrix in
      let traffic = SparseTraffic(matrix)
      let layer = key.layer ?? Operation.unknown
      if layers.last?.layer != layer {
        layers.append(LayerSimilarity(layer: layer, cosines: [], jaccards: []))
      }
      if let previous, previous.layer == layer, let cosine = previous.traffic.cosine(traffic) {
        layers[layers.count - 1].cosines.append(cosine)
        layers[layers.count - 1].jaccards.append(previous.traffic.jaccardOfTop(traffic) ?? 0)
      }
      previous = (layer, traffic)
    }
    let cosines = layers.flatMap(\.cosines)
    guard !cosines.isEmpty else {
      cosine = .notIdentifiable("no bytes leave their server in successive iterations")
      jaccard = cosine
      cosineSpread = [cosine, cosine]
      return
    }
    cosine = .value(mean(cosines), .index)
    jaccard = .value(mean(layers.flatMap(\.jaccards)), .index)
    if iterationCount >= Self.iterationsForSpread {
      let sorted = cosines.sorted()
      cosineSpread = [0.1, 0.9].map { .value(quantile(sorted, $0), .index) }
    }
  }

  private mutating func compareLayers(_ workload: Workload, _ selection: MatrixSelection) {
    var known = selection
    known.layers = known.layers ?? 0...Int32.max
    var previous: (key: TrafficKey, traffic: SparseTraffic)?
    var cosines: [Double] = []
    let map = EndMap(networkEndsOf: workload.layout, from: workload.grain)
    workload.forEachTrafficMatrix(known, by: [.layer], map: map) { key, matrix in
      let traffic = SparseTraffic(matrix)
      if let previous, previous.key.layer.map({ $0 &+ 1 }) == key.layer,
        previous.traffic.sharesEnds(with: traffic), let cosine = previous.traffic.cosine(traffic)
      {
        cosines.append(cosine)
      }
      previous = (key, traffic)
    }
    if !cosines.isEmpty { adjacentLayers = .value(mean(cosines), .index) }
  }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// Linear interpolation between the two nearest of ascending values.
private func quantile(_ sorted: [Double], _ share: Double) -> Double {
  let position = share * Double(sorted.count - 1)
  let low = Int(position)
  let high = min(low + 1, sorted.count - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (position - Double(low))
}
