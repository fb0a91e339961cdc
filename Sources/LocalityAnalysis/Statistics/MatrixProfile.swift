public import TraceModel

/// Everything that one traffic matrix says, imbalance first.
///
/// Ends that share an expert group form a block; pairs are compared within blocks, because that
/// bytes stay in their block follows from the layout and needs no measurement.
public struct MatrixProfile: Sendable, Hashable {
  /// What the matrix is of: "server", "layer 3" and so on.
  public var label: String
  /// What the ends are; `.server` also stands for scale-up domains of several.
  public var grain: Grain
  /// Ends at the grain.
  public var endCount: Int
  /// Blocks with bytes between their ends.
  public var blockCount: Int
  /// Bytes that leave their end.
  public var bytes: Int64
  /// Share of them that leave their block, which the statements on pairs leave out.
  ///
  /// Blocks between which more than `ExpertBlocks.joiningShare` of the lesser one's bytes go count as
  /// one.
  public var shareBetweenBlocks: Double
  /// Bytes from an end to itself, where the input keeps them.
  public var ownBytes: Int64

  /// Receipt of the busiest end ÷ mean of its block, own bytes included (the work that arrives).
  public var receiveMaxOverMean: Finding
  /// The same without the bytes that an end sends to itself (what its NICs receive).
  public var networkReceiveMaxOverMean: Finding
  /// What the busiest end sends ÷ mean of its block, without own bytes.
  public var sendMaxOverMean: Finding
  /// Coefficient of variation of receipts in the block of `receiveMaxOverMean`, 0 … √(n − 1).
  public var receiveVariation: Finding
  /// Jain's index of the same receipts, 1/n … 1.
  public var receiveJain: Finding
  /// Gini coefficient of the same receipts, 0 … 1 − 1/n.
  public var receiveGini: Finding
  /// The end that receives most, over the mean of its block.
  public var busiestReceiver: Int?
  /// The ends of its block that stand out from the rest (`Imbalance.hot`), ascending.
  public var hotReceivers: [Int]

  /// Gini coefficient of all ordered pairs inside blocks, those without bytes included.
  public var pairGini: Finding
  /// Shannon entropy of the same pairs, in bits.
  public var pairEntropy: Finding
  /// The same ÷ log₂ of their number: 1 when all carry the same.
  public var pairNormalisedEntropy: Finding
  /// Share of the bytes on the heaviest quarter of the pairs.
  public var topQuarterShare: Finding
  /// Pairs that carry 90 % of the bytes.
  public var pairsForNinetyPercent: Finding
  /// Ordered pairs inside blocks.
  public var pairCount: Int

  /// Mutual information of source and destination within blocks, byte-weighted over blocks.
  public var mutualInformation: Finding
  /// The part of it beyond what send and receive totals and the empty diagonal explain.
  public var excessInformation: Finding
  /// Mutual information with own bytes left in, where the matrix has them.
  public var informationWithDiagonal: Finding
  /// Share of bytes on other pairs than hot senders and hot receivers explain.
  public var rankOneResidual: Finding
  /// How many independent patterns a block is made of, byte-weighted over blocks.
  public var effectiveRank: Finding
  /// How many pairs it takes and how many are idle; nil where sources are not believed or no bytes
  /// leave their end.
  public var coverage: Coverage?

  /// - Parameters:
  ///   - matrix: bytes between ends, with or without its diagonal.
  ///   - blockOf: block of each end; nil when all ends form one.
  ///   - absentSources: why sources cannot be believed, or nil when they can.
  public init(
    _ matrix: TrafficMatrix, label: String, grain: Grain, blockOf: [Int]? = nil,
    absentSources: String? = nil
  ) {
    let blocks = ExpertBlocks(blockOf: blockOf ?? [Int](repeating: 0, count: matrix.size))
    let joined = blocks.joined(by: matrix)
    let members = joined.members
    let parts = members.count == 1 ? [matrix] : members.map { matrix.restricted(to: $0) }
    self.label = label
    self.grain = grain
    endCount = matrix.size
    ownBytes = (0..<matrix.size).reduce(0) { saturatingSum($0, matrix[$1, $1]) }
    bytes = matrix.cells.reduce(0, saturatingSum) - ownBytes
    shareBetweenBlocks = joined.shareOutside(of: matrix)
    let pairs = PairReading(parts, absentSources: absentSources)
    let loads = LoadReading(
      parts.map(BlockLoads.init), members: members, absentSources: absentSources)

    blockCount = pairs.blockCount
    receiveMaxOverMean = loads.receive
    networkReceiveMaxOverMean = loads.networkReceive
    sendMaxOverMean = loads.send
    receiveVariation = loads.variation
    receiveJain = loads.jain
    receiveGini = loads.gini
    busiestReceiver = loads.busiest
    hotReceivers = loads.hot

    pairCount = pairs.distribution.pairCount
    pairGini = pairs.finding(pairs.distribution.gini, .index)
    pairEntropy = pairs.finding(pairs.distribution.entropyBits, .bits)
    pairNormalisedEntropy = pairs.finding(pairs.distribution.normalisedEntropy, .index)
    topQuarterShare = pairs.finding(pairs.distribution.topQuarterShare, .share)
    pairsForNinetyPercent = pairs.finding(
      Double(pairs.distribution.pairsNeeded(for: 0.9)), .pairs)
    mutualInformation = pairs.finding(pairs.weightedMean(\.mutualInformationBits), .bits)
    excessInformation = pairs.finding(pairs.weightedMean(\.excessBits), .bits)
    rankOneResidual = pairs.finding(pairs.weightedMean(\.rankOneResidual), .share)
    let largest = members.map(\.count).max() ?? 0
    effectiveRank =
      largest > effectiveRankLimit
      ? .notIdentifiable("blocks of \(largest) ends: more than \(effectiveRankLimit)")
      : pairs.finding(pairs.effectiveRank(parts), .index)
    coverage =
      absentSources == nil ? Coverage(blocks: parts.filter { $0.size > 1 }) : nil
    informationWithDiagonal =
      ownBytes > 0
      ? pairs.finding(pairs.informationWithDiagonal, .bits)
      : .notIdentifiable("the input does not keep what an end sends to itself")
  }
}

extension MatrixProfile {
  /// What a sketch says: imbalance inside declared blocks exactly, and nothing about pairs.
  init(
    _ sketch: TrafficSketch, label: String, grain: Grain, blocks: ExpertBlocks,
    absentSources: String?
  ) {
    self.init(
      TrafficMatrix(size: 0), label: label, grain: grain,
      absentSources: "a matrix of \(sketch.endCount) ends is not kept")
    endCount = sketch.endCount
    bytes = sketch.bytes
    ownBytes = sketch.ownBytes
    let members = blocks.members.filter { $0.count > 1 }
    let loads = LoadReading(
      members.map { BlockLoads(sketch, of: $0) }, members: members, absentSources: absentSources)
    blockCount = members.count
    receiveMaxOverMean = loads.receive
    networkReceiveMaxOverMean = loads.networkReceive
    sendMaxOverMean = loads.send
    receiveVariation = loads.variation
    receiveJain = loads.jain
    receiveGini = loads.gini
    busiestReceiver = loads.busiest
    hotReceivers = loads.hot
  }
}

/// The pair statistics of all blocks together.
private struct PairReading {
  let distribution: PairDistribution
  let structures: [PairStructure]
  let absentSources: String?

  init(_ parts: [TrafficMatrix], absentSources: String?) {
    self.absentSources = absentSources
    structures = parts.compactMap { PairStructure($0) }
    distribution = PairDistribution(blocks: parts.filter { $0.size > 1 })
  }

  var blockCount: Int { structures.count }

  var informationWithDiagonal: Double? { weightedMean(\.withDiagonalBits) }

  /// Byte-weighted over the blocks that have the value.
  ///
  /// Mutual information adds up over blocks by their share of the bytes (chain rule), since source
  /// and destination both name the block.
  func weightedMean(_ value: (PairStructure) -> Double?) -> Double? {
    var sum = 0.0
    var total = 0.0
    for structure in structures {
      guard let part = value(structure) else { continue }
      sum += part * structure.bytes
      total += structure.bytes
    }
    return total > 0 ? sum / total : nil
  }

  /// Byte-weighted over the blocks with bytes between their ends.
  func effectiveRank(_ parts: [TrafficMatrix]) -> Double? {
    guard absentSources == nil else { return nil }
    var sum = 0.0
    var total = 0.0
    for part in parts where part.size > 1 {
      let bytes = Double(part.withoutDiagonal.cells.reduce(0, saturatingSum))
      guard bytes > 0, let rank = LocalityAnalysis.effectiveRank(part) else { continue }
      sum += rank * bytes
      total += bytes
    }
    return total > 0 ? sum / total : nil
  }

  func finding(_ value: Double?, _ unit: Finding.Unit) -> Finding {
    if let absentSources { return .notIdentifiable(absentSources) }
    guard let value, distribution.usedPairCount > 0 else {
      return .notIdentifiable("no bytes leave their end")
    }
    return .value(value, unit)
  }
}

/// What the ends of a block receive and send.
private struct BlockLoads {
  /// Own bytes included.
  var received: [Int64]
  var receivedFromOthers: [Int64]
  var sentToOthers: [Int64]

  init(_ block: TrafficMatrix) {
    let remote = block.withoutDiagonal
    received = block.saturatingColumnSums
    receivedFromOthers = remote.saturatingColumnSums
    sentToOthers = remote.saturatingRowSums
  }

  init(_ sketch: TrafficSketch, of ends: [Int]) {
    received = ends.map { saturatingSum(sketch.received[$0], sketch.kept[$0]) }
    receivedFromOthers = ends.map { sketch.received[$0] }
    sentToOthers = ends.map { sketch.sent[$0] }
  }
}

/// The load statistics of the block whose busiest end stands out most.
private struct LoadReading {
  var receive: Finding
  var networkReceive: Finding
  var send: Finding
  var variation: Finding
  var jain: Finding
  var gini: Finding
  var busiest: Int?
  var hot: [Int]

  init(_ loads: [BlockLoads], members: [[Int]], absentSources: String?) {
    var worst: (imbalance: Imbalance, block: Int)?
    var network: Double?
    var sent: Double?
    for (block, load) in loads.enumerated() where load.received.count > 1 {
      if let received = Imbalance(loads: load.received),
        received.maxOverMean > worst?.imbalance.maxOverMean ?? 0
      {
        worst = (received, block)
      }
      network = Self.larger(network, Imbalance(loads: load.receivedFromOthers)?.maxOverMean)
      sent = Self.larger(sent, Imbalance(loads: load.sentToOthers)?.maxOverMean)
    }
    let none = Finding.notIdentifiable("fewer than two ends exchange bytes")
    func known(_ value: Double?, _ unit: Finding.Unit) -> Finding {
      value.map { .value($0, unit) } ?? none
    }
    receive = known(worst?.imbalance.maxOverMean, .ratio)
    variation = known(worst?.imbalance.coefficientOfVariation, .index)
    jain = known(worst?.imbalance.jain, .index)
    gini = known(worst?.imbalance.gini, .index)
    busiest = worst.map { members[$0.block][$0.imbalance.busiest] }
    hot = worst.map { worst in worst.imbalance.hot.map { members[worst.block][$0] } } ?? []
    // Which receipts are local, and who sent what, both need real sources.
    networkReceive = absentSources.map { .notIdentifiable($0) } ?? known(network, .ratio)
    send = absentSources.map { .notIdentifiable($0) } ?? known(sent, .ratio)
  }

  private static func larger(_ left: Double?, _ right: Double?) -> Double? {
    guard let left, let right else { return left ?? right }
    return max(left, right)
  }
}
