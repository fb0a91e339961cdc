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
  /// Of the random numbers of the draws and shuffles.
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
    self.init([PairSequence(symbols, alphabet)], shuffleCount: shuffleCount, seed: seed)
  }

  /// Several sequences that run at the same time: their sizes are added up.
  init?(_ sequences: [PairSequence], shuffleCount: Int = 10, seed: UInt64 = 1) {
    let sequences = sequences.filter { !$0.symbols.isEmpty && $0.alphabet > 0 }
    guard !sequences.isEmpty, shuffleCount > 0 else { return nil }
    symbolCount = sequences.reduce(0) { $0 + $1.symbols.count }
    self.shuffleCount = shuffleCount
    self.seed = seed
    var random = RandomStream(seed: seed, purpose: 0x54_43)
    var (ownBits, shuffledBits, uniformBits) = (0.0, 0.0, 0.0)
    for sequence in sequences {
      let alphabet = sequence.alphabet
      ownBits += lempelZivBits(sequence.symbols.span, alphabet: alphabet)
      var shuffled = sequence.symbols
      for _ in 0..<shuffleCount {
        for index in stride(from: shuffled.count - 1, to: 0, by: -1) {
          shuffled.swapAt(index, random.below(index + 1))
        }
        shuffledBits += lempelZivBits(shuffled.span, alphabet: alphabet)
        let uniform = shuffled.map { _ in Int32(random.below(alphabet)) }
        uniformBits += lempelZivBits(uniform.span, alphabet: alphabet)
      }
    }
    // A lone symbol of its alphabet takes bits all the same, so neither sum is 0.
    temporal = ownBits * Double(shuffleCount) / shuffledBits
    nonTemporal = shuffledBits / uniformBits
  }
}

/// Pairs in the order of time.
struct PairSequence {
  /// Numbers 0 ..< alphabet.
  var symbols: [Int32]
  /// Pairs that could occur.
  var alphabet: Int

  init(_ symbols: [Int32], _ alphabet: Int) {
    (self.symbols, self.alphabet) = (symbols, alphabet)
  }
}

extension TraceComplexity {
  /// Pairs that a workload's sequences are sampled to, all together.
  static let sequenceLength = 1 << 16

  /// The pairs of a subject's operations in their order, each operation with as many as its share of
  /// the bytes.
  ///
  /// Expert groups work at the same time and never meet: each has a sequence of its own, of the pairs
  /// inside it. A matrix has no order of its own, so an operation's pairs are drawn from it with their
  /// bytes as weights. Of a layer's four phases only the forward dispatch counts where it is known:
  /// the others repeat it.
  init?(_ subject: AnalysisSubject, seed: UInt64 = 1) {
    let workload = subject.workload
    var selection = subject.selection
    if workload.steps.contains(where: { selection.contains($0) && $0.phase == .dispatchForward }) {
      selection.phases = [.dispatchForward]
    }
    let steps = workload.steps.filter { selection.contains($0) }
    let whole = workload.matrix(of: steps, selection: selection, map: subject.ends)
    let blocks = subject.endBlocks.joined(by: whole)
    let bytes = SparseTraffic(whole).bytesInside(blocks)
    guard bytes > 0 else { return nil }
    var random = RandomStream(seed: seed, purpose: 0x50_53)
    var sequences = blocks.members.map { BlockSequence(ends: $0, of: whole) }
    for step in steps {
      let matrix = workload.matrix(of: [step], selection: selection, map: subject.ends)
      for block in sequences.indices where sequences[block].alphabet > 0 {
        sequences[block].append(
          matrix, symbolsPerByte: Double(Self.sequenceLength) / bytes, &random)
      }
    }
    self.init(sequences.map { PairSequence($0.symbols, $0.alphabet) }, seed: seed)
  }
}

/// The sequence of one expert group's pairs as it grows.
private struct BlockSequence {
  /// Ends that take part, ascending.
  private let ends: [Int]
  private(set) var symbols: [Int32] = []
  /// Symbols that the bytes so far stand for.
  private var due = 0.0

  init(ends: [Int], of whole: TrafficMatrix) {
    let isActive = SparseTraffic(whole.restricted(to: ends)).isActive
    self.ends = zip(ends, isActive).filter { $0.1 }.map(\.0)
  }

  /// Pairs of different ends.
  var alphabet: Int { ends.count * (ends.count - 1) }

  /// Adds as many pairs as the matrix's bytes inside the group ask for; what rounding leaves over
  /// stays for the next matrix.
  mutating func append(
    _ matrix: TrafficMatrix, symbolsPerByte: Double, _ random: inout RandomStream
  ) {
    let traffic = SparseTraffic(matrix.restricted(to: ends))
    due += traffic.bytes.reduce(0, +) * symbolsPerByte
    let count = Int(due.rounded(.toNearestOrAwayFromZero)) - symbols.count
    guard count > 0 else { return }
    let others = Int32(ends.count - 1)
    for cell in traffic.drawn(count, &random) {
      let (source, destination) = (cell / (others + 1), cell % (others + 1))
      symbols.append(source * others + (destination > source ? destination - 1 : destination))
    }
  }
}

extension SparseTraffic {
  /// Bytes between ends of one block.
  fileprivate func bytesInside(_ blocks: ExpertBlocks) -> Double {
    let size = isActive.count
    return zip(keys, bytes).reduce(0.0) { sum, cell in
      blocks.blockOf[cell.0 / size] == blocks.blockOf[cell.0 % size] ? sum + cell.1 : sum
    }
  }

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
