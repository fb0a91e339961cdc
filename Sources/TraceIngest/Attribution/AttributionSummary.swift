public import TraceModel

/// What attribution found, for people and for the file's provenance.
public struct AttributionSummary: Sendable {
  public var operationCount = 0
  public var messageCount = 0
  /// Messages of each kind that occurs, in the order of `MessageKind`.
  public var messageCountByKind: [(kind: MessageKind, count: Int)] = []
  /// The pause that separates operations of the communicator with most bytes.
  public var idleGapNanoseconds: Int64 = 0
  /// Sets of connections that were told apart; 1 when pauses alone tell operations apart.
  public var communicatorCount = 1
  /// Sets of communicators that share no NIC with others.
  public var jobCount = 1
  /// Of the job with most iterations.
  public var iterationCount: Int?
  public var provenance: [String: Provenance] = [:]
  public var notes: [String] = []
}

extension AttributionSummary {
  /// Says what was inferred, how, and how surely; nothing when there are no bursts.
  mutating func describe(_ jobs: JobReading, gaps: [IdleGap], options: AttributionOptions) {
    let readings = jobs.readings.filter { !$0.bursts.isEmpty }
    guard !readings.isEmpty else { return }
    communicatorCount = jobs.readings.count
    jobCount = jobs.jobCount
    let main = jobs.readings.indices.max {
      (jobs.readings[$0].bytes, $1) < (jobs.readings[$1].bytes, $0)
    }
    let gap = gaps[main ?? 0]
    idleGapNanoseconds = gap.nanoseconds
    provenance["operations.start"] = Provenance(.measured, method: "packet times")
    provenance["transfers.bytes"] = Provenance(.measured, method: "packets")
    provenance["operations"] = Provenance(
      options.idleGapNanoseconds == nil ? .inferred : .declared,
      method: "bursts between idle gaps over \(gap.nanoseconds / 1_000) µs (\(gap.method))"
        + (readings.count > 1 ? " of each of \(readings.count) communicators" : ""))
    describeShapes(readings)
    describeIterations(readings, isDeclared: options.burstsPerIteration != nil)
    describePhases(readings)
    notes += readings.flatMap(\.labels.notes)
    describeJobs(jobs)
  }

  private mutating func describeShapes(_ readings: [CommunicatorReading]) {
    var (count, unknown, confidence) = (0, 0, 0.0)
    for shape in readings.lazy.flatMap(\.bursts).flatMap(\.groups.shapes) {
      count += 1
      unknown += shape.kind == .unknown ? 1 : 0
      confidence += shape.confidence
    }
    provenance["operations.kind"] = Provenance(
      .inferred, method: "who talks to whom in a burst: full mesh, ring or pairs",
      confidence: confidence / Double(max(1, count)))
    provenance["operations.role"] = Provenance(
      .inferred,
      method: "all-to-all is expert, ring is data, single pairs are pipeline"
        + (readings.count > 1 ? "; a ring in every layer of every pass is tensor" : ""))
    if unknown > 0 {
      notes.append(
        "\(unknown) bursts are between two servers in both directions: their kind cannot be told")
    }
  }

  private mutating func describeIterations(_ readings: [CommunicatorReading], isDeclared: Bool) {
    let told = readings.compactMap(\.labels.iterations)
    guard let surest = told.first else {
      let bursts = readings.reduce(0) { $0 + $1.bursts.count }
      provenance["operations.iteration"] = Provenance(
        .absent, method: "\(bursts) bursts show no repetition, or are all alike")
      if readings.contains(where: { $0.bursts.count > IterationPeriod.mostCompared }) {
        notes.append(
          "an iteration of more than \(IterationPeriod.mostCompared / 2) bursts without gradient "
            + "reductions cannot be told: --bursts-per-iteration declares it")
      }
      return
    }
    iterationCount = readings.lazy.flatMap(\.labels.ofBurst).map { Int($0.iteration) }.max().map {
      $0 + 1
    }
    provenance["operations.iteration"] = Provenance(
      isDeclared ? .declared : .inferred, method: surest.method,
      confidence: told.reduce(1) { min($0, $1.confidence) })
  }

  private mutating func describePhases(_ readings: [CommunicatorReading]) {
    let told = readings.compactMap(\.labels.phases)
    provenance["operations.layer"] =
      told.first.map { first in
        Provenance(
          .inferred, method: first.method, confidence: told.reduce(1) { min($0, $1.confidence) })
      } ?? Provenance(.absent, method: Self.reasonWithoutLayers(readings))
    provenance["operations.phase"] = provenance["operations.layer"]
    let uncompared = readings.reduce(0) { $0 + $1.labels.uncomparedCount }
    if uncompared > 0 {
      notes.append(
        "\(uncompared) bursts have no layers: iterations have more than \(MatrixPlan.mostSums) bursts, "
          + "or their matrices more pairs than can be compared in bounded memory")
    }
    let unplaced = readings.reduce(0) { $0 + $1.labels.unplacedCount }
    if unplaced > 0 {
      notes.append(
        "\(unplaced) bursts have no layers: their iterations have other bursts than most, and are "
          + "neither the end nor the beginning of one that the capture cuts")
    }
  }

  private static func reasonWithoutLayers(_ readings: [CommunicatorReading]) -> String {
    if readings.contains(where: { $0.labels.uncomparedCount > 0 }) {
      return "more matrices than are compared"
    }
    return readings.contains { $0.labels.iterations != nil }
      ? "matrices of successive bursts are not transposes"
      : "without repetition nothing tells which matrices belong together"
  }

  private mutating func describeJobs(_ jobs: JobReading) {
    guard jobs.jobCount > 1 else { return }
    notes.append(
      "\(jobs.jobCount) jobs that share no NIC run side by side; each numbers its own iterations")
  }
}
