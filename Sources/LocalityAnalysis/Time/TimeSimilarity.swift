public import TraceModel

/// How alike the matrices of one layer are from one iteration to the next.
///
/// Only iterations whose numbers follow each other are compared.
public struct LayerSimilarity: Sendable, Hashable {
  /// Number of the layer, −1 where it is unknown.
  public var layer: Int32
  /// Cosine of each iteration's matrix and the next one's, in order.
  public var cosines: [Double]
  /// Jaccard index of their heaviest quarters of pairs, in order.
  public var jaccards: [Double]
  /// Cosine of what each has beyond its totals per end, in order; fewer where there is nothing.
  public var pairCosines: [Double]
  /// Cosine of how receipts deviate from their mean, in order; fewer where they do not.
  public var receiptCosines: [Double]

  /// A layer of which only what is named was compared.
  public init(
    layer: Int32, cosines: [Double] = [], jaccards: [Double] = [], pairCosines: [Double] = [],
    receiptCosines: [Double] = []
  ) {
    self.layer = layer
    self.cosines = cosines
    self.jaccards = jaccards
    self.pairCosines = pairCosines
    self.receiptCosines = receiptCosines
  }
}

/// Whether the matrix of one moment foretells the next.
///
/// Two matrices of bytes are alike merely because all their cells are positive, and heavy sets
/// overlap by chance: what foretells is what remains when that is taken off.
public struct TimeSimilarity: Sendable, Hashable {
  /// Iterations in which the selection has operations.
  public var iterationCount: Int
  /// Per layer, ascending; empty when the findings below are not values.
  public var layers: [LayerSimilarity]
  /// Mean cosine of successive iterations over all layers, baseline included.
  public var cosine: Finding
  /// Mean Jaccard index of the heaviest quarter of pairs, and its excess over that of two sets
  /// drawn by chance.
  public var jaccard: Finding
  /// The mean Jaccard index less that of two sets drawn by chance.
  public var jaccardAboveChance: Finding
  /// Mean cosine of the residuals after the quasi-independent fit: whether hot pairs stay hot.
  public var pairCosine: Finding
  /// Mean cosine of the receipts' deviations from their mean: whether hot receivers stay hot.
  public var receiptCosine: Finding
  /// Lowest and highest tenth of the observed cosines of residuals.
  public var cosineSpread: [Finding]
  /// Mean cosine of one layer's matrix and the next layer's on the same servers, each summed over
  /// the iterations.
  public var adjacentLayers: Finding
  /// Mean cosine of what one layer and the next have beyond their totals per end.
  public var adjacentLayerPairs: Finding
  /// Layers against each other by the difference of their numbers, up to `mostLayerLags`, each summed
  /// over the iterations; empty where fewer than two can be compared.
  public var layerLags: [LagPoint]
  /// The same at each distance in iterations that occurs, ascending.
  public var lags: LagSimilarity
  /// How much slower circuits for the last iteration's demand are than those for the true one, as a
  /// share of the latter; set by who can replay.
  public var regret: Finding?

  /// Iterations needed before a similarity means anything, and before its spread does.
  public static let iterationsForTrend = 3
  /// Iterations needed before the spread of a similarity means anything.
  public static let iterationsForSpread = 10
  /// Layers further apart are not compared.
  public static let mostLayerLags = 8

  /// One pass over the selection by layer and iteration between network ends.
  public init(_ workload: Workload, _ selection: MatrixSelection, absentSources: String? = nil) {
    let map = EndMap(networkEndsOf: workload.layout, from: workload.grain)
    self.init(
      workload, selection, ends: map,
      blocks: ExpertBlocks(blockOf: [Int](repeating: 0, count: map.count)),
      absentSources: absentSources)
  }

  init(_ subject: AnalysisSubject) {
    self.init(
      subject.workload, subject.selection, ends: subject.ends, blocks: subject.endBlocks,
      absentSources: subject.absentSources)
  }

  /// Of a trace whose iterations were not kept, and why.
  init(iterationCount: Int, absence: Finding) {
    self.iterationCount = iterationCount
    layers = []
    (cosine, jaccard, jaccardAboveChance) = (absence, absence, absence)
    (pairCosine, receiptCosine) = (absence, absence)
    cosineSpread = [absence, absence]
    (adjacentLayers, adjacentLayerPairs) = (absence, absence)
    layerLags = []
    lags = LagSimilarity(absence: absence)
  }

  private init(
    _ workload: Workload, _ selection: MatrixSelection, ends: EndMap, blocks: ExpertBlocks,
    absentSources: String?
  ) {
    var known = selection
    known.iterations = known.iterations ?? 0...Int32.max
    let iterations = Set(workload.steps.filter { known.contains($0) }.map(\.iteration))
    self.init(
      iterationCount: iterations.count,
      absence: .tooFew(have: iterations.count, need: Self.iterationsForTrend, of: "iterations"))
    let fewForSpread = Finding.tooFew(
      have: iterations.count, need: Self.iterationsForSpread, of: "iterations")
    cosineSpread = [fewForSpread, fewForSpread]
    adjacentLayers = .notIdentifiable("fewer than two layers on the same servers")
    adjacentLayerPairs = adjacentLayers
    if iterations.count >= Self.iterationsForTrend {
      compareIterations(workload, known, ends: ends, blocks: blocks)
    }
    if let absentSources {
      forgetPairs(absentSources)
    } else {
      compareLayers(workload, selection, ends: ends, blocks: blocks)
    }
  }

  /// Takes back what needs to know who sent; what arrives is known all the same.
  private mutating func forgetPairs(_ reason: String) {
    adjacentLayers = .notIdentifiable(reason)
    adjacentLayerPairs = adjacentLayers
    guard iterationCount >= Self.iterationsForTrend else { return }
    let absence = Finding.notIdentifiable(reason)
    (cosine, jaccard, jaccardAboveChance, pairCosine) = (absence, absence, absence, absence)
    cosineSpread = [absence, absence]
    lags.forgetPairs(reason)
    for layer in layers.indices {
      layers[layer] = LayerSimilarity(
        layer: layers[layer].layer, receiptCosines: layers[layer].receiptCosines)
    }
  }

  private mutating func compareIterations(
    _ workload: Workload, _ selection: MatrixSelection, ends: EndMap, blocks: ExpertBlocks
  ) {
    var lagSums = LagSums(ends: ends.count)
    var chances: [Double] = []
    var window: [Moment] = []
    var joined: [Int32: ExpertBlocks] = [:]
    if blocks.members.count > 1 {
      workload.forEachTrafficMatrix(selection, by: [.layer], map: ends) { key, matrix in
        joined[key.layer ?? Operation.unknown] = blocks.joined(by: matrix)
      }
    }
    workload.forEachTrafficMatrix(selection, by: [.layer, .iteration], map: ends) { key, matrix in
      let layer = key.layer ?? Operation.unknown
      if layers.last?.layer != layer {
        layers.append(LayerSimilarity(layer: layer))
        window = []
      }
      let moment = Moment(matrix, iteration: key.iteration ?? 0, blocks: joined[layer] ?? blocks)
      for earlier in window {
        let lag = Int(moment.iteration) - Int(earlier.iteration)
        lagSums.add(earlier, moment, lag: lag)
        if lag == 1 { layers[layers.count - 1].add(earlier, moment, chances: &chances) }
      }
      window = Array((window + [moment]).suffix(lagSums.limit))
    }
    lags = LagSimilarity(lagSums)
    let none = Finding.notIdentifiable("no bytes leave their server in successive iterations")
    func mean(_ values: [Double], _ absence: Finding) -> Finding {
      values.isEmpty ? absence : .value(values.reduce(0, +) / Double(values.count), .index)
    }
    let cosines = layers.flatMap(\.cosines)
    let jaccards = layers.flatMap(\.jaccards)
    let pairs = layers.flatMap(\.pairCosines)
    cosine = mean(cosines, none)
    jaccard = mean(jaccards, none)
    jaccardAboveChance = mean(zip(jaccards, chances).map { $0 - $1 }, none)
    pairCosine = mean(
      pairs,
      cosines.isEmpty
        ? none : .notIdentifiable("totals per end explain every pair: there is nothing to foretell")
    )
    receiptCosine = mean(
      layers.flatMap(\.receiptCosines),
      cosines.isEmpty ? none : .notIdentifiable("all receive the same"))
    guard iterationCount >= Self.iterationsForSpread else { return }
    let sorted = pairs.sorted()
    cosineSpread = [0.1, 0.9].map {
      sorted.isEmpty ? pairCosine : .value(quantile(sorted, $0), .index)
    }
  }

  private mutating func compareLayers(
    _ workload: Workload, _ selection: MatrixSelection, ends: EndMap, blocks: ExpertBlocks
  ) {
    var known = selection
    known.layers = known.layers ?? 0...Int32.max
    var sums = LagSums(ends: ends.count)
    var window: [Moment] = []
    workload.forEachTrafficMatrix(known, by: [.layer], map: ends) { key, matrix in
      // A moment's number is what lags are differences of: here that of the layer.
      let moment = Moment(matrix, iteration: key.layer ?? 0, blocks: blocks.joined(by: matrix))
      for earlier in window where earlier.traffic.sharesEnds(with: moment.traffic) {
        sums.add(earlier, moment, lag: Int(moment.iteration) - Int(earlier.iteration))
      }
      window = Array((window + [moment]).suffix(min(sums.limit, Self.mostLayerLags)))
    }
    layerLags = sums.points.filter { $0.lag <= Self.mostLayerLags }
    guard let next = layerLags.first, next.lag == 1, let cosine = next.cosine else { return }
    adjacentLayers = .value(cosine, .index)
    adjacentLayerPairs =
      next.pairs.map { .value($0, .index) }
      ?? .notIdentifiable("totals per end explain every pair of both layers")
  }
}

extension LayerSimilarity {
  /// Adds two successive iterations.
  fileprivate mutating func add(_ earlier: Moment, _ later: Moment, chances: inout [Double]) {
    guard let cosine = earlier.traffic.cosine(later.traffic) else { return }
    cosines.append(cosine)
    jaccards.append(jaccard(earlier.heaviest, later.heaviest) ?? 0)
    chances.append(earlier.traffic.jaccardByChance(later.traffic, pairCount: later.pairCount))
    if let pairs = earlier.pairs.cosine(later.pairs) { pairCosines.append(pairs) }
    if let receipts = earlier.receipts.cosine(later.receipts) { receiptCosines.append(receipts) }
  }
}

/// Linear interpolation between the two nearest of ascending values; there must be some.
func quantile(_ sorted: [Double], _ share: Double) -> Double {
  let position = share * Double(sorted.count - 1)
  let low = Int(position)
  let high = min(low + 1, sorted.count - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (position - Double(low))
}
