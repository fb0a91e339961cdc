internal import Glibc

/// The singular values of a square row-major matrix, descending.
///
/// Reflections from both sides leave two diagonals (Golub and Kahan 1965); with zeros between them they are
/// a symmetric tridiagonal matrix whose values are the singular ones and their negatives.
///
/// Errors are of the order of rounding of the largest value. O(8/3 · n³).
package func singularValues(_ cells: [Double], size: Int) -> [Double] {
  guard size > 0 else { return [] }
  var rows = cells
  var woven = [Double](repeating: 0, count: 2 * size)
  reduce(&rows, size: size, to: &woven)
  let values = tridiagonalValues(
    diagonal: [Double](repeating: 0, count: 2 * size), beside: woven)
  return values.sorted(by: >).prefix(size).map { max(0, $0) }
}

/// Turns a matrix into two diagonals: the first at even places of `woven`, the one above it at odd ones.
private func reduce(_ cells: inout [Double], size: Int, to woven: inout [Double]) {
  var rows = cells.mutableSpan
  var normal = [Double](repeating: 0, count: size)
  var products = normal
  var mirror = normal.mutableSpan
  var sums = products.mutableSpan
  for step in 0..<size {
    for row in step..<size { mirror[row] = rows[row * size + step] }
    woven[2 * step] = reflect(&mirror, from: step)
    if mirror[step] != 0 { mirrorColumns(&rows, mirror.span, &sums, size: size, after: step) }
    guard step + 1 < size else { break }
    for column in step + 1..<size { mirror[column] = rows[step * size + column] }
    woven[2 * step + 1] = reflect(&mirror, from: step + 1)
    if mirror[step + 1] != 0 { mirrorRows(&rows, mirror.span, size: size, after: step) }
  }
}

/// Makes the mirror of length √2 that turns a vector onto its first place; returns what is then there.
///
/// The first place of the mirror is 0 where nothing is to be turned.
private func reflect(_ vector: inout MutableSpan<Double>, from first: Int) -> Double {
  var largest = 0.0
  for place in first..<vector.count { largest = max(largest, abs(vector[place])) }
  guard largest > 0 else { return 0 }
  var sum = 0.0
  for place in first..<vector.count {
    vector[place] /= largest
    sum += vector[place] * vector[place]
  }
  let length = vector[first] > 0 ? -sum.squareRoot() : sum.squareRoot()
  let head = vector[first] - length
  // |v|² of v = x − length · e₁ is 2 · (sum − length · x₁) = −2 · length · head.
  let scale = 1 / (-length * head).squareRoot()
  vector[first] = head * scale
  for place in first + 1..<max(first + 1, vector.count) { vector[place] *= scale }
  return length * largest
}

/// Mirrors all columns after a step's: A ← A − v (vᵀ A).
private func mirrorColumns(
  _ rows: inout MutableSpan<Double>, _ mirror: Span<Double>, _ sums: inout MutableSpan<Double>,
  size: Int, after step: Int
) {
  for column in step + 1..<max(step + 1, size) { sums[column] = 0 }
  for row in step..<size {
    let part = mirror[row]
    for column in step + 1..<max(step + 1, size) {
      sums[column] += part * rows[row * size + column]
    }
  }
  for row in step..<size {
    let part = mirror[row]
    for column in step + 1..<max(step + 1, size) {
      rows[row * size + column] -= part * sums[column]
    }
  }
}

/// Mirrors all rows after a step's: A ← A − (A v) vᵀ.
private func mirrorRows(
  _ rows: inout MutableSpan<Double>, _ mirror: Span<Double>, size: Int, after step: Int
) {
  for row in step + 1..<size {
    var sum = 0.0
    for column in step + 1..<size { sum += rows[row * size + column] * mirror[column] }
    for column in step + 1..<size { rows[row * size + column] -= sum * mirror[column] }
  }
}

/// The values of a symmetric tridiagonal matrix, in no order: implicit shifts (EISPACK's `imtql1`).
///
/// - Parameter beside: `beside[i]` couples i and i + 1; the last is not used.
private func tridiagonalValues(diagonal: [Double], beside: [Double]) -> [Double] {
  var (values, couplings) = (diagonal, beside)
  let count = values.count
  couplings[count - 1] = 0
  let largest = zip(values, couplings).reduce(0) { max($0, abs($1.0), abs($1.1)) }
  let nothing = largest * 0x1p-53
  for first in 0..<count {
    for _ in 0..<64 {
      var last = first
      while last < count - 1, abs(couplings[last]) > nothing { last += 1 }
      if last == first { break }
      chase(&values, &couplings, from: first, to: last)
    }
  }
  return values
}

/// One step of the shifted iteration on an unbroken stretch.
private func chase(
  _ values: inout [Double], _ couplings: inout [Double], from first: Int, to last: Int
) {
  let half = (values[first + 1] - values[first]) / (2 * couplings[first])
  let root = hypot(half, 1)
  var rest =
    values[last] - values[first] + couplings[first] / (half + (half < 0 ? -root : root))
  var (sine, cosine, shift) = (1.0, 1.0, 0.0)
  for place in (first..<last).reversed() {
    let (across, along) = (sine * couplings[place], cosine * couplings[place])
    let length = hypot(across, rest)
    couplings[place + 1] = length
    guard length > 0 else {
      values[place + 1] -= shift
      couplings[last] = 0
      return
    }
    (sine, cosine) = (across / length, rest / length)
    let own = values[place + 1] - shift
    let turned = (values[place] - own) * sine + 2 * cosine * along
    shift = sine * turned
    values[place + 1] = own + shift
    rest = cosine * turned - along
  }
  values[first] -= shift
  couplings[first] = rest
  couplings[last] = 0
}
