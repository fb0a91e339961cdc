internal import TraceModel

/// The second vector of the random walk along the traffic: servers that exchange much have entries
/// of similar value.
///
/// Lanczos' method on D^-½ W D^-½ with the known first vector taken out, from a fixed start, with
/// every new vector made orthogonal to all before it. Few steps suffice: only the order of the
/// entries is used. Servers without traffic have entry 0.
///
/// - Complexity: O(n² · steps), at most 48 steps.
package func secondVector(_ traffic: SymmetricTraffic) -> [Double] {
  let count = traffic.size
  let degrees = (0..<count).map { row in
    traffic.weights[row * count..<(row + 1) * count].reduce(0, +)
  }
  let scale = degrees.map { $0 > 0 ? 1 / $0.squareRoot() : 0 }
  var basis = [normalised(degrees.map { $0.squareRoot() })].compactMap { $0 }
  let known = basis.count
  var random = RandomStream(seed: 0x6C61_6E63)
  var diagonal: [Double] = []
  var beside: [Double] = []
  var vector = normalised(orthogonal((0..<count).map { _ in random.unit() - 0.5 }, to: basis))
  while let current = vector, diagonal.count < min(48, count) {
    basis.append(current)
    let image = walk(traffic.weights.span, scale.span, current.span)
    diagonal.append(product(image.span, current.span))
    let rest = orthogonal(image, to: basis)
    beside.append(product(rest.span, rest.span).squareRoot())
    vector = normalised(rest)
  }
  var result = [Double](repeating: 0, count: count)
  for (weight, vector) in zip(leadingVector(diagonal, beside), basis.dropFirst(known)) {
    for index in 0..<count { result[index] += weight * vector[index] }
  }
  return zip(result, scale).map { $0 * $1 }
}

/// One step: D^-½ W D^-½ times a vector.
private func walk(
  _ weights: Span<Double>, _ scale: Span<Double>, _ vector: Span<Double>
) -> [Double] {
  let count = vector.count
  let scaled = (0..<count).map { vector[$0] * scale[$0] }
  let entries = scaled.span
  return (0..<count).map { row in
    var sum = 0.0
    for column in 0..<count { sum += weights[row * count + column] * entries[column] }
    return sum * scale[row]
  }
}

private func product(_ left: Span<Double>, _ right: Span<Double>) -> Double {
  var sum = 0.0
  for index in 0..<left.count { sum += left[index] * right[index] }
  return sum
}

/// What is left of a vector without its parts along others; twice, against rounding.
private func orthogonal(_ vector: [Double], to basis: [[Double]]) -> [Double] {
  var result = vector
  for other in basis + basis {
    let part = product(result.span, other.span)
    for index in result.indices { result[index] -= part * other[index] }
  }
  return result
}

/// The vector of length one; nil when nothing but rounding is left of it.
private func normalised(_ vector: [Double]) -> [Double]? {
  let length = product(vector.span, vector.span).squareRoot()
  return length > 1e-10 ? vector.map { $0 / length } : nil
}

/// The vector of the largest value of a symmetric tridiagonal matrix: `beside[i]` couples i, i + 1.
///
/// Halving finds the smallest shift that leaves shift − T positive definite; solving with it three
/// times turns any vector to the one wanted.
private func leadingVector(_ diagonal: [Double], _ beside: [Double]) -> [Double] {
  guard !diagonal.isEmpty else { return [] }
  let reach = (diagonal.map(abs).max() ?? 0) + 2 * (beside.max() ?? 0) + 1e-9
  var (low, high) = (-reach, reach)
  for _ in 0..<60 where high - low > reach * 1e-13 {
    let middle = (low + high) / 2
    if pivots(diagonal, beside, shift: middle) == nil { low = middle } else { high = middle }
  }
  let shift = high + reach * 1e-12
  guard let pivots = pivots(diagonal, beside, shift: shift) else { return [] }
  var vector = [Double](repeating: 1, count: diagonal.count)
  for _ in 0..<3 {
    for index in vector.indices.dropFirst() {
      vector[index] += beside[index - 1] / pivots[index - 1] * vector[index - 1]
    }
    for index in vector.indices.reversed() {
      if index + 1 < vector.count { vector[index] += beside[index] * vector[index + 1] }
      vector[index] /= pivots[index]
    }
    vector = normalised(vector) ?? vector
  }
  return vector
}

/// The pivots of shift − T; nil where it is not positive definite.
private func pivots(_ diagonal: [Double], _ beside: [Double], shift: Double) -> [Double]? {
  var pivots: [Double] = []
  for index in diagonal.indices {
    let coupling = index > 0 ? beside[index - 1] * beside[index - 1] / pivots[index - 1] : 0
    let pivot = shift - diagonal[index] - coupling
    guard pivot > 0 else { return nil }
    pivots.append(pivot)
  }
  return pivots
}
