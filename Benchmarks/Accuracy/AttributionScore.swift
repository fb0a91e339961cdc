import TraceModel
import TraceSynthesis

/// How much of what was on the wire got the right phase, layer and iteration.
struct AttributionScore {
  /// Bytes by true phase (row) and found phase (column), both as raw values.
  var bytes = TrafficMatrix(size: Phase.allCases.count)
  var rightLayerBytes: Int64 = 0
  var rightIterationBytes: Int64 = 0
  /// Iterations whose begin was found to within one gap, of all but the first.
  var foundBoundaries = 0
  var boundaryCount = 0
  /// Boundaries found where none is.
  var inventedBoundaries = 0

  init(truth: [SynthesisedBurst], found: TraceBuffer, gapNanoseconds: Int64) {
    compareBytes(truth, found)
    compareBoundaries(truth, found, gapNanoseconds)
  }

  var total: Int64 { bytes.total }
  var rightPhaseShare: Double {
    Double(Phase.allToAlls.reduce(0) { $0 + bytes[Int($1.rawValue), Int($1.rawValue)] })
      / Double(max(1, total))
  }
  var rightLayerShare: Double { Double(rightLayerBytes) / Double(max(1, total)) }
  var rightIterationShare: Double { Double(rightIterationBytes) / Double(max(1, total)) }

  /// A transfer belongs to the burst during which it starts.
  private mutating func compareBytes(_ truth: [SynthesisedBurst], _ found: TraceBuffer) {
    var rowOfID = [Int32: Int]()
    for (row, operation) in found.operations.rows.enumerated() { rowOfID[operation.id] = row }
    for row in 0..<found.transfers.count {
      let start = found.transfers.start[row]
      guard
        let operation = rowOfID[found.transfers.operation[row]].map({
          found.operations.rows[$0]
        }), let burst = truth.last(where: { $0.start <= start })
      else { continue }
      let amount = found.transfers.bytes[row]
      bytes[Int(burst.phase.rawValue), Int(operation.phase.rawValue)] += amount
      if operation.layer == burst.layer { rightLayerBytes += amount }
      if operation.iteration == burst.iteration { rightIterationBytes += amount }
    }
  }

  private mutating func compareBoundaries(
    _ truth: [SynthesisedBurst], _ found: TraceBuffer, _ gapNanoseconds: Int64
  ) {
    let real = Self.changes(truth.map { ($0.iteration, $0.start) })
    let told = Self.changes(
      found.operations.rows.map { ($0.iteration, $0.start) }.sorted { $0.1 < $1.1 })
    func isNear(_ time: Int64, _ others: [Int64]) -> Bool {
      others.contains { abs($0 - time) <= gapNanoseconds }
    }
    boundaryCount = real.count
    foundBoundaries = real.count { isNear($0, told) }
    inventedBoundaries = told.count { !isNear($0, real) }
  }

  /// The times at which the iteration changes.
  private static func changes(_ starts: [(iteration: Int32, start: Int64)]) -> [Int64] {
    zip(starts, starts.dropFirst()).compactMap { before, after in
      before.iteration == after.iteration ? nil : after.start
    }
  }

  mutating func add(_ other: AttributionScore) {
    bytes.add(other.bytes)
    rightLayerBytes += other.rightLayerBytes
    rightIterationBytes += other.rightIterationBytes
    foundBoundaries += other.foundBoundaries
    boundaryCount += other.boundaryCount
    inventedBoundaries += other.inventedBoundaries
  }
}
