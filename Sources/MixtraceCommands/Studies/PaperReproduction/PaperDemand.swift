internal import TraceModel
internal import TraceSynthesis

/// Token-expert assignments between the ends of one expert group, and the tokens that they stand for.
struct PaperDemand: Sendable {
  /// assignments[source][expert-parallel end].
  var matrix: TrafficMatrix
  /// Assignments of each source: what `tokensPerEnd` × experts per token become here.
  var assignmentsPerEnd: Int64
  /// Where it comes from, in a few words.
  var origin: String

  /// The measured matrix where it fits the model's expert parallelism, else a synthetic gate's.
  init(of paper: PaperModel, measured: TrafficMatrix?, inputs: PaperInputs) throws {
    if let measured, measured.size == paper.expert {
      self.init(
        matrix: measured, assignmentsPerEnd: measured.rowSums.max() ?? 0,
        origin: "measured \(measured.size) × \(measured.size) token matrix")
    } else {
      try self.init(gateOf: paper, inputs: inputs)
    }
  }

  private init(matrix: TrafficMatrix, assignmentsPerEnd: Int64, origin: String) {
    self.matrix = matrix
    self.assignmentsPerEnd = assignmentsPerEnd
    self.origin = origin
  }

  /// Draws tokens through the gate of one layer.
  ///
  /// Every source has the same row, the mean of all: hot experts and no hot pairs, as in the
  /// measured matrix, whose rows are nearly equal.
  private init(gateOf paper: PaperModel, inputs: PaperInputs) throws {
    let ends = paper.expert
    var plan = SynthesisPlan(
      model: paper.model,
      layout: Layout(serverCount: 1, gpusPerServer: ends), tokensPerRank: Self.sampledTokens)
    plan.layers = [0]
    plan.iterations = 1
    plan.skew = inputs.skew
    plan.pairAffinity = 0
    plan.seed = inputs.seed
    try plan.validate()
    let gate = TokenGate(plan)
    let perEnd = paper.model.expertCount / ends
    var received = [Int64](repeating: 0, count: ends)
    var experts: [Int32] = []
    for source in 0..<ends {
      gate.route(iteration: 0, microBatch: 0, position: 0, rank: source, into: &experts)
      for expert in experts { received[Int(expert) / perEnd] += 1 }
    }
    // In units of one token of all sources together, so that the mean is a whole number.
    self.init(
      matrix: TrafficMatrix(rows: [[Int64]](repeating: received, count: ends)),
      assignmentsPerEnd: Int64(Self.sampledTokens * paper.model.topK * ends),
      origin: "synthetic gate, Zipf \(inputs.skew), seed \(inputs.seed)")
  }

  /// Of each source.
  private static let sampledTokens = 1_024

  /// The matrix with its experts numbered by a permutation.
  func relabelled(_ random: inout RandomStream) -> PaperDemand {
    let places = random.permutation(matrix.size)
    var result = self
    for source in 0..<matrix.size {
      for expert in 0..<matrix.size {
        result.matrix[source, places[expert]] = matrix[source, expert]
      }
    }
    return result
  }
}

/// Reads a token matrix: nested lists of whole numbers, as the public MixNet simulator reads them.
func tokenMatrix(text: String, file: String) throws -> TrafficMatrix {
  var rows: [[Int64]] = []
  for part in text.split(separator: "]") {
    let row = part.split { !$0.isNumber && $0 != "-" }.map { Int64($0) }
    if row.isEmpty { continue }
    guard row.allSatisfy({ $0.map { (0...1_000_000_000_000).contains($0) } ?? false }) else {
      throw VerbError("\(file): row \(rows.count + 1) holds something that is no count of tokens")
    }
    rows.append(row.compactMap { $0 })
  }
  guard !rows.isEmpty, rows.count <= 1_024, rows.allSatisfy({ $0.count == rows.count }) else {
    throw VerbError("\(file): a token matrix has as many columns as rows")
  }
  guard Set(rows.map { $0.reduce(0, +) }).count == 1, rows[0].contains(where: { $0 > 0 }) else {
    throw VerbError("\(file): every source must send as many tokens as the others")
  }
  return TrafficMatrix(rows: rows)
}
