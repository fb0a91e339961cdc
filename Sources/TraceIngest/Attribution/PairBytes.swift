/// Bytes by ordered pair of ends, sparse: most of a large cluster's pairs never talk.
struct PairBytes: Equatable {
  private(set) var bytes: [EndPair: Int64] = [:]

  var isEmpty: Bool { bytes.isEmpty }

  /// Adds bytes to a pair; an end's bytes to itself are left out.
  mutating func add(_ amount: Int64, to pair: EndPair) {
    guard pair.source != pair.destination else { return }
    bytes[pair, default: 0] += amount
  }

  /// Cosine with another set of pairs, 0 … 1; 0 when one is empty.
  ///
  /// Sums run over sorted pairs, so that the last digits do not depend on hashing.
  func cosine(with other: PairBytes, transposed: Bool = false) -> Double {
    var product = 0.0
    for (pair, amount) in sorted {
      let partner =
        transposed ? EndPair(source: pair.destination, destination: pair.source) : pair
      product += Double(amount) * Double(other.bytes[partner] ?? 0)
    }
    let norms = norm * other.norm
    return norms > 0 ? product / norms : 0
  }

  private var norm: Double {
    sorted.reduce(0) { $0 + Double($1.value) * Double($1.value) }.squareRoot()
  }

  private var sorted: [(key: EndPair, value: Int64)] {
    bytes.sorted {
      ($0.key.source, $0.key.destination) < ($1.key.source, $1.key.destination)
    }
  }
}
