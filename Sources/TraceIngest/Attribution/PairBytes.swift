/// Bytes by ordered pair of ends, sparse: most of a large cluster's pairs never talk.
struct PairBytes: Equatable {
  private(set) var bytes: [EndPair: Int64] = [:]

  var isEmpty: Bool { bytes.isEmpty }

  /// Adds bytes to a pair; an end's bytes to itself are left out.
  mutating func add(_ amount: Int64, to pair: EndPair) {
    guard pair.source != pair.destination else { return }
    bytes[pair, default: 0] += amount
  }
}

/// Several sets of pairs as vectors over the same pairs, each of length 1, for cosines.
struct PairVectors {
  /// Each set's share of every pair, pairs in ascending order so that sums repeat to the last bit.
  private let vectors: [[Double]]
  /// The place of each pair's opposite direction, −1 where nobody sent that way.
  private let opposite: [Int]

  init(_ sets: [PairBytes]) {
    let pairs = Set(sets.flatMap(\.bytes.keys)).sorted {
      ($0.source, $0.destination) < ($1.source, $1.destination)
    }
    var place: [EndPair: Int] = [:]
    for (number, pair) in pairs.enumerated() { place[pair] = number }
    opposite = pairs.map {
      place[EndPair(source: $0.destination, destination: $0.source)] ?? -1
    }
    vectors = sets.map { set in
      let amounts = pairs.map { Double(set.bytes[$0] ?? 0) }
      let norm = amounts.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return norm > 0 ? amounts.map { $0 / norm } : amounts
    }
  }

  /// Cosine of two sets, 0 … 1; 0 when one is empty.
  func cosine(_ first: Int, _ second: Int) -> Double {
    let (left, right) = (vectors[first], vectors[second])
    var sum = 0.0
    for index in left.indices { sum += left[index] * right[index] }
    return sum
  }

  /// Cosine of one set's transpose with another.
  func transposedCosine(_ first: Int, _ second: Int) -> Double {
    let (left, right) = (vectors[first], vectors[second])
    var sum = 0.0
    for index in left.indices where opposite[index] >= 0 {
      sum += left[index] * right[opposite[index]]
    }
    return sum
  }
}
