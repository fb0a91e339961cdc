internal import Glibc
public import TraceModel

/// How much a matrix says about *pairs* beyond what its ends send and receive.
///
/// Zero excess means hot experts at most; only an excess can be served better by circuits between
/// particular servers.
public struct PairStructure: Sendable, Hashable {
  /// Bytes that leave their end.
  public var bytes: Double
  /// Mutual information between source and destination of a byte that leaves its end, in bits.
  public var mutualInformationBits: Double
  /// What a matrix with the same margins has merely because nobody sends to itself, in bits:
  /// log₂(n/(n−1)) when they are equal.
  public var diagonalBaselineBits: Double
  /// The information beyond the baseline, in bits: the Kullback–Leibler divergence from the
  /// quasi-independent matrix, never negative, 0 for uniform and rank-one matrices.
  public var excessBits: Double
  /// Rank-one residual: the share of bytes, 0 … 1, that would have to go to another pair to make
  /// the matrix a product of what its ends send and receive (total variation distance).
  public var rankOneResidual: Double
  /// Mutual information with the diagonal left in, for matrices that have one (token matrices).
  public var withDiagonalBits: Double?

  /// The name of the method, for tables.
  public static let method = "excess over quasi-independence (Goodman 1968)"

  /// Excess below this many bits is rounding and is reported as 0.
  static let resolutionBits = 1e-9

  /// Nil when no byte leaves its end.
  ///
  /// O(n²) and O(n) per fitting sweep.
  public init?(_ matrix: TrafficMatrix) {
    self.init(summary: DiagonalSummary(matrix))
  }

  private init?(summary: DiagonalSummary) {
    guard summary.total > 0 else { return nil }
    let fit = QuasiIndependence(rows: summary.rows, columns: summary.columns)
    var raw = 0.0
    var excess = 0.0
    var distance = 0.0
    bytes = summary.total
    let size = summary.matrix.size
    for source in 0..<size where summary.rows[source] > 0 {
      for destination in 0..<size where destination != source {
        let expected = fit.share(source, destination)
        let share = Double(summary.matrix.cells[source * size + destination]) / summary.total
        distance += abs(share - expected)
        guard share > 0 else { continue }
        raw += share * log2(share / (summary.rows[source] * summary.columns[destination]))
        excess += share * log2(share / max(expected, .leastNormalMagnitude))
      }
    }
    mutualInformationBits = max(0, raw)
    excessBits = excess < Self.resolutionBits ? 0 : min(excess, max(0, raw))
    diagonalBaselineBits = mutualInformationBits - excessBits
    rankOneResidual = distance / 2 < Self.resolutionBits ? 0 : min(1, distance / 2)
    withDiagonalBits = summary.hasDiagonal ? plainMutualInformation(summary.matrix) : nil
  }

  /// The excess that a finite number of independent tokens shows by chance, in bits:
  /// (cells − 2n + 1) ÷ (2 · tokens · ln 2), the first-order bias of a plug-in estimate
  /// (Miller 1955), with n·(n−1) cells.
  public static func samplingFloorBits(ends: Int, tokens: Double) -> Double {
    let freedom = Double(max(0, ends * (ends - 1) - 2 * ends + 1))
    return tokens > 0 ? freedom / (2 * tokens * log(2)) : 0
  }
}

/// The margins of a matrix without its diagonal, as shares.
private struct DiagonalSummary {
  let matrix: TrafficMatrix
  var rows: [Double]
  var columns: [Double]
  var total = 0.0
  var hasDiagonal = false

  init(_ matrix: TrafficMatrix) {
    self.matrix = matrix
    rows = [Double](repeating: 0, count: matrix.size)
    columns = rows
    for source in 0..<matrix.size {
      for destination in 0..<matrix.size {
        let bytes = Double(matrix.cells[source * matrix.size + destination])
        if source == destination {
          hasDiagonal = hasDiagonal || bytes > 0
        } else {
          rows[source] += bytes
          columns[destination] += bytes
        }
      }
      total += rows[source]
    }
    guard total > 0 else { return }
    for end in rows.indices {
      rows[end] /= total
      columns[end] /= total
    }
  }
}

/// Σ p·log₂(p / (row · column)) over all cells, diagonal included.
private func plainMutualInformation(_ matrix: TrafficMatrix) -> Double {
  var rows = [Double](repeating: 0, count: matrix.size)
  var columns = rows
  for source in 0..<matrix.size {
    for destination in 0..<matrix.size {
      let bytes = Double(matrix.cells[source * matrix.size + destination])
      rows[source] += bytes
      columns[destination] += bytes
    }
  }
  let total = rows.reduce(0, +)
  var bits = 0.0
  for source in 0..<matrix.size {
    for destination in 0..<matrix.size {
      let bytes = Double(matrix.cells[source * matrix.size + destination])
      guard bytes > 0 else { continue }
      bits += bytes / total * log2(bytes / rows[source] * (total / columns[destination]))
    }
  }
  return max(0, bits)
}
