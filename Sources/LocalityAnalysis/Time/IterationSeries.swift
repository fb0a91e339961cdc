internal import Glibc
internal import TraceModel

/// The iterations of a subject one after the other, all layers added up.
struct IterationSeries {
  /// Numbers of the known iterations, ascending.
  private(set) var numbers: [Int32] = []
  /// Their matrices without diagonal; empty when they are too many to keep.
  private(set) var matrices: [TrafficMatrix] = []
  /// Receipts of each iteration.
  private(set) var receipts: [[Int64]] = []

  /// Cells of all matrices together that are kept at most (512 MB).
  static let cellLimit = 1 << 26

  init(_ subject: AnalysisSubject) {
    var selection = subject.selection
    selection.iterations = 0...Int32.max
    let steps = subject.workload.steps.filter { selection.contains($0) }
    let count = Set(steps.map(\.iteration)).count
    let cells = subject.ends.count * subject.ends.count
    let keeps = cells == 0 || count <= Self.cellLimit / cells
    subject.workload.forEachTrafficMatrix(selection, by: [.iteration], map: subject.ends) {
      key, matrix in
      let remote = matrix.withoutDiagonal
      numbers.append(key.iteration ?? 0)
      receipts.append(remote.saturatingColumnSums)
      if keeps { matrices.append(remote) }
    }
  }

  /// Square roots of the shares of pairs, or of receipts where matrices were not kept or senders
  /// are guessed: counts then scatter alike, however large they are (Bartlett 1936).
  func vectors(ofPairs: Bool) -> [[Double]] {
    let amounts = ofPairs && !matrices.isEmpty ? matrices.map(\.cells) : receipts
    return amounts.map { cells in
      let total = cells.reduce(0.0) { $0 + Double($1) }
      return cells.map { total > 0 ? (Double($0) / total).squareRoot() : 0 }
    }
  }
}

/// Where the traffic changes for good.
public struct ChangeReading: Sendable, Hashable {
  /// First iterations of the segments but the first, ascending; empty when `absence` says why or
  /// nothing changes.
  public var iterations: [Int32]
  /// What was looked at: "pairs" or "receipts".
  public var basis: String
  public var absence: Finding?

  /// Iterations needed to tell a change from noise.
  public static let iterationsNeeded = 6

  init(_ series: IterationSeries, absentSources: String?) {
    let usesPairs = absentSources == nil && !series.matrices.isEmpty
    basis = usesPairs ? "pairs" : "receipts"
    iterations = []
    guard series.numbers.count >= Self.iterationsNeeded else {
      absence = .tooFew(
        have: series.numbers.count, need: Self.iterationsNeeded, of: "iterations")
      return
    }
    let vectors = series.vectors(ofPairs: usesPairs)
    guard !wanders(vectors) else {
      absence = .notIdentifiable("\(basis) drift from iteration to iteration: no change stands out")
      return
    }
    iterations = changePoints(of: vectors).map { series.numbers[$0] }
  }
}
