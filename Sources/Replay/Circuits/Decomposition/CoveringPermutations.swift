package import TraceModel

/// As few weighted permutations as there can be that together are at or above a demand.
///
/// Their number is the largest count of peers at any server, in either direction: fewer cannot do.
/// Each takes, with most weight, cells that no earlier one took and leaves no busiest line out, so
/// that the largest count of peers falls by one (König). Each weight is then lowered to what the
/// others leave uncovered. O(peers × n³).
package func coveringPermutations(of demand: TrafficMatrix) -> [WeightedPermutation] {
  let size = demand.size
  let cells = demand.withoutDiagonal.cells
  var open = cells
  var terms: [WeightedPermutation] = []
  while true {
    let counts = LineSums(open.map { $0 > 0 ? 1 : 0 }, size: size)
    let busiest = counts.largest
    guard busiest > 0 else { break }
    let weights = preferences(open, counts: counts, size: size)
    guard let receiver = maximumWeightAssignment(size: size, weights: weights) else { break }
    var bytes: Int64 = 0
    for source in 0..<size {
      let cell = source * size + Int(receiver[source])
      bytes = max(bytes, open[cell])
      open[cell] = 0
    }
    terms.append(WeightedPermutation(bytes: bytes, receiver: receiver))
  }
  lowerWeights(of: &terms, covering: cells, size: size)
  return terms.filter { $0.bytes > 0 }
}

/// Weights that prefer busiest lines above all and large cells then; cells of 2^30 or more are
/// scaled down, so that sums of the preferences stay exact.
private func preferences(_ open: [Int64], counts: LineSums, size: Int) -> [Int64] {
  var shift = 0
  while (open.max() ?? 0) >> shift >= 1 << 30 { shift += 1 }
  let bonus = Int64(size) << 30
  var weights = open.map { $0 > 0 ? $0 >> shift : 0 }
  for row in 0..<size {
    for column in 0..<size where open[row * size + column] > 0 {
      if counts.rows[row] == counts.largest { weights[row * size + column] += bonus }
      if counts.columns[column] == counts.largest { weights[row * size + column] += bonus }
    }
  }
  return weights
}

/// Lowers every weight, the largest first, to the most that a cell lacks without it.
private func lowerWeights(
  of terms: inout [WeightedPermutation], covering cells: [Int64], size: Int
) {
  var cover = [Int64](repeating: 0, count: cells.count)
  for term in terms {
    for source in 0..<size { cover[source * size + Int(term.receiver[source])] += term.bytes }
  }
  let order = terms.indices.sorted { (terms[$1].bytes, $0) < (terms[$0].bytes, $1) }
  for index in order {
    var spare = terms[index].bytes
    for source in 0..<size {
      let cell = source * size + Int(terms[index].receiver[source])
      spare = min(spare, cover[cell] - cells[cell])
    }
    terms[index].bytes -= spare
    for source in 0..<size { cover[source * size + Int(terms[index].receiver[source])] -= spare }
  }
}
