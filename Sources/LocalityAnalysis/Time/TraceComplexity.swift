internal import TraceModel

/// How much order there is in a sequence of pairs: its compressed size against shuffles of it and
/// against chance (Avin, Ghobadi, Griner and Schmid, SIGMETRICS 2020).
///
/// 1 means none. Temporal below 1: what comes next depends on what came before. Non-temporal below 1:
/// some pairs are more frequent than others.
public struct TraceComplexity: Sendable, Hashable {
  /// Compressed size ÷ mean compressed size of its shuffles.
  public var temporal: Double
  /// Mean compressed size of the shuffles ÷ that of uniform draws of the same pairs.
  public var nonTemporal: Double
  /// Pairs in the sequence.
  public var symbolCount: Int
  /// Shuffles and uniform draws that were averaged, and their seed.
  public var shuffleCount: Int
  public var seed: UInt64

  /// Compressed size ÷ that of uniform draws.
  public var overall: Double { temporal * nonTemporal }

  /// - Parameters:
  ///   - symbols: pairs in the order of time, numbered 0 ..< alphabet.
  ///   - alphabet: pairs that could occur.
  ///   - shuffleCount: at least 1; ten or more for a stable mean.
  ///
  /// Nil for an empty sequence. O(shuffles · symbols).
  public init?(
    symbols: [Int32], alphabet: Int, shuffleCount: Int = 10, seed: UInt64 = 1
  ) {
    guard !symbols.isEmpty, alphabet > 0, shuffleCount > 0 else { return nil }
    self.symbolCount = symbols.count
    self.shuffleCount = shuffleCount
    self.seed = seed
    var random = RandomStream(seed: seed, purpose: 0x54_43)
    var shuffled = symbols
    var (shuffledBits, uniformBits) = (0.0, 0.0)
    for _ in 0..<shuffleCount {
      for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
        shuffled.swapAt(index, random.below(index + 1))
      }
      shuffledBits += lempelZivBits(shuffled.span, alphabet: alphabet)
      let uniform = symbols.map { _ in Int32(random.below(alphabet)) }
      uniformBits += lempelZivBits(uniform.span, alphabet: alphabet)
    }
    let own = lempelZivBits(symbols.span, alphabet: alphabet)
    temporal = own * Double(shuffleCount) / shuffledBits
    nonTemporal = shuffledBits / uniformBits
  }
}

extension TraceComplexity {
  /// Pairs that a workload's sequence is sampled to.
  static let sequenceLength = 1 << 16

  /// The pairs of a subject's operations in their order, each operation with as many as its share of
  /// the bytes.
  ///
  /// A matrix has no order of its own, so an operation's pairs are drawn from it with their bytes as
  /// weights. Of a layer's four phases only the forward dispatch counts where it is known: the
  /// others repeat it.
  init?(_ subject: AnalysisSubject, seed: UInt64 = 1) {
    let workload = subject.workload
    var selection = subject.selection
    if workload.steps.contains(where: { selection.contains($0) && $0.phase == .dispatchForward }) {
      selection.phases = [.dispatchForward]
    }
    let steps = workload.steps.filter { selection.contains($0) }
    let size = subject.ends.count
    var random = RandomStream(seed: seed, purpose: 0x50_53)
    var cells: [Int32] = []
    var isActive = [Bool](repeating: false, count: size)
    let whole = steps.reduce(0.0) { $0 + subject.remoteBytes(of: $1) }
    guard whole > 0 else { return nil }
    for step in steps {
      let quota = Double(Self.sequenceLength) * subject.remoteBytes(of: step) / whole
      let count = Int(quota.rounded(.toNearestOrAwayFromZero))
      guard count > 0 else { continue }
      let traffic = SparseTraffic(
        workload.matrix(of: [step], selection: selection, map: subject.ends))
      for (end, active) in traffic.isActive.enumerated() where active { isActive[end] = true }
      cells += traffic.drawn(count, &random)
    }
    // Pairs of the ends that take part, numbered by source and destination.
    var place = [Int32](repeating: -1, count: size)
    var active: Int32 = 0
    for end in 0..<size where isActive[end] {
      place[end] = active
      active += 1
    }
    let symbols = cells.map { cell -> Int32 in
      let (source, destination) = (place[Int(cell) / size], place[Int(cell) % size])
      return source * (active - 1) + (destination > source ? destination - 1 : destination)
    }
    self.init(symbols: symbols, alphabet: Int(active) * (Int(active) - 1), seed: seed)
  }
}

extension AnalysisSubject {
  /// Bytes of a step between different ends of the structure.
  fileprivate func remoteBytes(of step: Workload.Step) -> Double {
    var units = 0.0
    for pair in workload.demands.pairs(of: step.demand) {
      let source = ends.target[Int(workload.demands.source[pair])]
      let destination = ends.target[Int(workload.demands.destination[pair])]
      if source != destination { units += Double(workload.demands.amount[pair]) }
    }
    return units * Double(step.bytesPerUnit)
  }
}

extension SparseTraffic {
  /// Cells drawn with their bytes as weights.
  fileprivate func drawn(_ count: Int, _ random: inout RandomStream) -> [Int32] {
    var sums: [Double] = []
    var total = 0.0
    for amount in bytes {
      total += amount
      sums.append(total)
    }
    guard total > 0 else { return [] }
    return (0..<count).map { _ in
      let point = random.unit() * total
      var (low, high) = (0, sums.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] > point { high = middle } else { low = middle + 1 }
      }
      return Int32(keys[low])
    }
  }
}
