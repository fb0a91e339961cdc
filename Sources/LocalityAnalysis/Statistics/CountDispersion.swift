internal import Glibc
internal import TraceModel

/// How far counts scatter around what independent draws would give: G² against its degrees of freedom.
///
/// Tokens come in sequences that share a subject, so real counts scatter far more than draws: MixNet's
/// measured 8 × 8 matrix has 83 times its degrees of freedom, a generator's about 1 (somewhat less,
/// because the experts of one token differ). Counts that do not scatter at all (balanced all-to-alls,
/// products of factors) are regular for a good reason.
struct CountDispersion {
  /// Likelihood ratio statistic.
  let statistic: Double
  let degreesOfFreedom: Double
  /// Counts in the table, in the largest unit that divides them all.
  let count: Double

  /// From here to there G² ÷ degrees of freedom is that of independent draws.
  static let drawn = 0.25...2.0
  /// What each count adds to G² where pairs have as little structure as the measured matrix:
  /// 2·ln 2 · 0.011 bit.
  static let measuredPerCount = 2 * 0.693_147 * 0.011
  /// Counts per degree of freedom below which G² is not the χ² that it is compared with.
  static let neededPerFreedom = 10.0
  /// Degrees of freedom below which chance alone may look like anything.
  static let neededFreedom = 30.0

  /// Independence of rows and columns; without a diagonal that of the other cells.
  init(rowsOf matrix: TrafficMatrix) {
    let unit = Double(commonUnit(matrix.cells))
    let hasDiagonal = (0..<matrix.size).contains { matrix[$0, $0] != 0 }
    let rows = matrix.saturatingRowSums.map { Double($0) }
    let columns = matrix.saturatingColumnSums.map { Double($0) }
    let total = rows.reduce(0, +)
    let (senders, receivers) = (rows.count { $0 > 0 }, columns.count { $0 > 0 })
    let fit =
      hasDiagonal || total == 0
      ? nil : QuasiIndependence(rows: rows.map { $0 / total }, columns: columns.map { $0 / total })
    var sum = 0.0
    for row in 0..<matrix.size {
      for column in 0..<matrix.size {
        let observed = Double(matrix.cells[row * matrix.size + column])
        let expected =
          fit.map { $0.share(row, column) * total } ?? rows[row] * (columns[column] / total)
        guard observed > 0, expected > 0 else { continue }
        sum += 2 * observed * log(observed / expected)
      }
    }
    statistic = sum / unit
    let whole = Double((senders - 1) * (receivers - 1))
    degreesOfFreedom = max(0, hasDiagonal ? whole : whole - Double(min(senders, receivers)))
    count = total / unit
  }

  /// Whether two matrices are draws from the same rates.
  init(_ first: TrafficMatrix, against second: TrafficMatrix) {
    let unit = Double(commonUnit(first.cells + second.cells))
    let totals = [first, second].map { $0.cells.reduce(0.0) { $0 + Double($1) } }
    let whole = totals[0] + totals[1]
    var sum = 0.0
    var used = 0
    for cell in first.cells.indices {
      let both = Double(first.cells[cell]) + Double(second.cells[cell])
      guard both > 0, totals[0] > 0, totals[1] > 0 else { continue }
      used += 1
      for (matrix, total) in zip([first, second], totals) where matrix.cells[cell] > 0 {
        let observed = Double(matrix.cells[cell])
        sum += 2 * observed * log(observed / both * (whole / total))
      }
    }
    statistic = sum / unit
    degreesOfFreedom = Double(max(0, used - 1))
    count = whole / unit
  }

  /// Several tables together.
  struct Sum {
    private var statistic = 0.0
    private var degreesOfFreedom = 0.0
    private var count = 0.0

    mutating func add(_ other: CountDispersion) {
      statistic += other.statistic
      degreesOfFreedom += other.degreesOfFreedom
      count += other.count
    }

    /// Whether structure as weak as the measured matrix's would show: half of what it adds to G² is
    /// above four standard deviations of chance, √(2 · degrees of freedom).
    ///
    /// G² and what structure adds to it grow with the number of tables, chance with its root, so
    /// many small tables tell as much as a large one.
    var canTell: Bool {
      degreesOfFreedom >= CountDispersion.neededFreedom
        && count >= CountDispersion.neededPerFreedom * degreesOfFreedom
        && count * CountDispersion.measuredPerCount / 2 >= 4 * (2 * degreesOfFreedom).squareRoot()
    }

    /// True when there was anything to compare.
    var isEmpty: Bool { degreesOfFreedom <= 0 || count <= 0 }

    /// G² ÷ degrees of freedom when it is that of independent draws and there are counts enough to
    /// tell; nil otherwise.
    ///
    /// At most halfway from chance to the measured matrix's structure, and at most 2.
    var suspicious: Double? {
      guard canTell else { return nil }
      let ratio = statistic / degreesOfFreedom
      let halfway = 1 + count * CountDispersion.measuredPerCount / 2 / degreesOfFreedom
      guard CountDispersion.drawn.contains(ratio), ratio <= halfway else { return nil }
      return ratio
    }
  }
}

/// The greatest common divisor of some amounts: bytes per token, or tokens per logged token.
private func commonUnit(_ amounts: [Int64]) -> Int64 {
  var divisor: Int64 = 0
  for amount in amounts where amount > 0 {
    var (large, small) = (max(divisor, amount), min(divisor, amount))
    while small > 0 { (large, small) = (small, large % small) }
    divisor = large
    if divisor == 1 { break }
  }
  return max(1, divisor)
}
