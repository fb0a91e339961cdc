public import TraceModel

/// What the user says about attribution instead of leaving it to inference.
public struct AttributionOptions: Sendable {
  /// Pause that separates two operations, in nanoseconds; nil to infer it.
  public var idleGapNanoseconds: Int64?
  /// Bursts of one iteration; nil to infer it.
  public var burstsPerIteration: Int?

  public init(idleGapNanoseconds: Int64? = nil, burstsPerIteration: Int? = nil) {
    self.idleGapNanoseconds = idleGapNanoseconds
    self.burstsPerIteration = burstsPerIteration
  }
}

/// What attribution found, for people and for the file's provenance.
public struct AttributionSummary: Sendable {
  public var operationCount = 0
  public var messageCount = 0
  /// Messages of each kind that occurs, in the order of `MessageKind`.
  public var messageCountByKind: [(kind: MessageKind, count: Int)] = []
  public var idleGapNanoseconds: Int64 = 0
  public var iterationCount: Int?
  public var provenance: [String: Provenance] = [:]
  public var notes: [String] = []
}

/// The second pass of ingest: messages become operations and transfers.
///
/// Bursts are separated by idle gaps; the groups that talk inside a burst are its operations; the
/// shape of a group's matrix tells an all-to-all from a ring; the repetition of bursts gives
/// iterations; transposed pairs of matrices give layers and phases. Everything is inferred and
/// marked so. The messages are read twice and never held: memory is O(bursts × pairs).
public struct Attribution {
  private let layout: Layout
  private let options: AttributionOptions
  /// NIC of each address id.
  private let nicOfAddress: [Int]

  public init(layout: Layout, options: AttributionOptions = AttributionOptions()) {
    self.layout = layout
    self.options = options
    nicOfAddress = layout.addresses.map { $0.server * layout.nicsPerServer + $0.nic }
  }

  /// Attributes messages and appends operations and transfers (at NIC grain) to a sink.
  ///
  /// - Parameter forEachBlock: calls its argument with every block of messages, each time the same.
  public func run(
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void, into sink: inout some TraceSink
  ) throws -> AttributionSummary {
    var summary = AttributionSummary()
    var busy = BusyTime(resolution: IdleGap.jitter)
    var countOfKind = [Int](repeating: 0, count: MessageKind.allCases.count)
    try forEachBlock { block in
      summary.messageCount += block.count
      for row in 0..<block.count {
        countOfKind[Int(block.kind[row].rawValue)] += 1
        busy.add(start: block.start[row], end: block.end[row])
      }
    }
    summary.messageCountByKind = MessageKind.allCases.compactMap { kind in
      let count = countOfKind[Int(kind.rawValue)]
      return count > 0 ? (kind, count) : nil
    }
    guard busy.count > 0 else { return summary }
    let gap =
      options.idleGapNanoseconds.map { IdleGap(nanoseconds: $0, method: "declared") }
      ?? IdleGap.inferred(from: busy.pauses)
    let bursts = try collectBursts(busy.joined(gap: gap.nanoseconds), forEachBlock: forEachBlock)
    summary.idleGapNanoseconds = gap.nanoseconds
    try emit(bursts, gap: gap, summary: &summary, into: &sink)
    return summary
  }

  /// Bytes of one burst between NICs.
  struct Burst {
    var start: Int64
    var end: Int64
    /// Bytes by (source NIC, destination NIC), ascending.
    var pairs: [(source: Int, destination: Int, bytes: Int64, start: Int64, end: Int64)] = []

    var bytes: Int64 { pairs.reduce(0) { $0 + $1.bytes } }
  }

  private func collectBursts(
    _ busy: BusyTime, forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> [Burst] {
    var table = KeyTable()
    var bytes: [Int64] = []
    var start: [Int64] = []
    var end: [Int64] = []
    let nicCount = UInt64(layout.nicCount)
    try forEachBlock { block in
      for row in 0..<block.count {
        guard let burst = busy.interval(holding: block.start[row]) else { continue }
        let source = UInt64(nicOfAddress[Int(block.source[row])])
        let destination = UInt64(nicOfAddress[Int(block.destination[row])])
        let number = table.number(
          of: (UInt64(burst) * nicCount + source) * nicCount + destination)
        if number == bytes.count {
          bytes.append(0)
          start.append(block.start[row])
          end.append(block.end[row])
        }
        bytes[number] += block.bytes[row]
        start[number] = min(start[number], block.start[row])
        end[number] = max(end[number], block.end[row])
      }
    }
    var bursts = (0..<busy.count).map { Burst(start: busy.starts[$0], end: busy.ends[$0]) }
    let order = table.keys.indices.sorted { table.keys[$0] < table.keys[$1] }
    for number in order where bytes[number] > 0 {
      let key = table.keys[number]
      bursts[Int(key / (nicCount * nicCount))].pairs.append(
        (
          source: Int(key / nicCount % nicCount), destination: Int(key % nicCount),
          bytes: bytes[number], start: start[number], end: end[number]
        ))
    }
    return bursts.filter { !$0.pairs.isEmpty }
  }

  private func emit(
    _ bursts: [Burst], gap: IdleGap, summary: inout AttributionSummary,
    into sink: inout some TraceSink
  ) throws {
    let shaped = bursts.map { groups(of: $0) }
    var period = period(of: bursts, shapes: shaped)
    let assignment = period.flatMap { phases(of: bursts, shapes: shaped, period: $0) }
    if let assignment { period?.offset = assignment.offset }
    var operations = OperationTable()
    var transfers = TransferTable()
    for (index, burst) in bursts.enumerated() {
      let iteration = period.map { Int32($0.iteration(ofBurst: index)) } ?? Operation.unknown
      let place = period?.place(ofBurst: index)
      for (group, shape) in shaped[index].shapes.enumerated() {
        var operation = Operation(
          id: Int32(operations.count), kind: shape.kind, role: shape.role, grain: .nic,
          iteration: iteration, group: Int32(group), start: burst.start, end: burst.end)
        if shape.kind == .allToAll, let assignment, let place, let layer = assignment.layers[place]
        {
          operation.layer = layer
          operation.phase = assignment.phases[place] ?? .unspecified
        }
        for pair in burst.pairs where shaped[index].groupOfNIC[pair.source] == group {
          transfers.append(
            operation: operation.id, source: Int32(pair.source),
            destination: Int32(pair.destination), bytes: pair.bytes, start: pair.start,
            end: pair.end)
        }
        operations.append(operation)
      }
    }
    try sink.append(operations: operations)
    try sink.append(transfers: transfers)
    summary.operationCount = operations.count
    describe(bursts, shapes: shaped, gap: gap, period: period, assignment: assignment, in: &summary)
  }

  /// The groups of one burst and the shape of each.
  private struct Groups {
    var groupOfNIC: [Int]
    var shapes: [BurstShape]
  }

  private func groups(of burst: Burst) -> Groups {
    // Servers, not NICs, talk to each other: the rails of one all-to-all belong together.
    let servers = burst.pairs.map {
      (
        source: layout.server(of: $0.source, at: .nic),
        destination: layout.server(of: $0.destination, at: .nic)
      )
    }
    let groupOfServer = communicatingGroups(endCount: layout.serverCount, pairs: servers)
    let groupCount = (groupOfServer.max() ?? -1) + 1
    var matrices: [TrafficMatrix] = []
    for group in 0..<groupCount {
      let members = groupOfServer.indices.filter { groupOfServer[$0] == group }
      var local = [Int](repeating: 0, count: layout.serverCount)
      for (place, member) in members.enumerated() { local[member] = place }
      var matrix = TrafficMatrix(size: members.count)
      for (pair, ends) in zip(burst.pairs, servers) where groupOfServer[ends.source] == group {
        matrix[local[ends.source], local[ends.destination]] += pair.bytes
      }
      matrices.append(matrix)
    }
    return Groups(
      groupOfNIC: (0..<layout.nicCount).map { groupOfServer[layout.server(of: $0, at: .nic)] },
      shapes: matrices.map { BurstShape.classify($0) })
  }

  private func period(of bursts: [Burst], shapes: [Groups]) -> IterationPeriod? {
    if let declared = options.burstsPerIteration {
      return IterationPeriod(length: max(1, declared), offset: 0, likeness: 1)
    }
    return IterationPeriod.find(in: beats(of: bursts, shapes: shapes))
  }

  private func beats(of bursts: [Burst], shapes: [Groups]) -> [IterationPeriod.Beat] {
    bursts.indices.map { index in
      IterationPeriod.Beat(
        pauseNanoseconds: index > 0 ? bursts[index].start - bursts[index - 1].end : 0,
        bytes: bursts[index].bytes, kind: shapes[index].shapes.first?.kind.rawValue ?? 0)
    }
  }

  /// Layers and phases by place in the iteration; nil entries where a burst is not an all-to-all.
  private struct PlacedPhases {
    /// Where the first whole iteration begins.
    var offset: Int
    var layers: [Int32?]
    var phases: [Phase?]
    var likeness: Double
    var method: String
  }

  private func phases(
    of bursts: [Burst], shapes: [Groups], period: IterationPeriod
  ) -> PlacedPhases? {
    let length = period.length
    let sums = allToAllMatrices(of: bursts, shapes: shapes, length: length)
    let pauses = IterationPeriod.meanPauses(of: beats(of: bursts, shapes: shapes), length: length)
    // From the longest pause on, so that this decides where nothing else does.
    let places = (0..<length).map { ($0 + period.offset) % length }.filter { sums[$0] != nil }
    guard
      let assignment = PhaseAssignment.infer(
        from: places.compactMap { sums[$0] }, pauses: places.map { pauses[$0] })
    else { return nil }
    let start = places[assignment.start]
    let before = places[(assignment.start + places.count - 1) % places.count]
    // Bursts of another kind between the last all-to-all and the first: the longest pause divides.
    let between = (1...length).map { (before + $0) % length }.prefix { $0 != start } + [start]
    let offset =
      options.burstsPerIteration != nil
      ? period.offset : between.max { pauses[$0] < pauses[$1] } ?? start
    var placed = PlacedPhases(
      offset: offset, layers: [Int32?](repeating: nil, count: length),
      phases: [Phase?](repeating: nil, count: length), likeness: assignment.likeness,
      method: assignment.method)
    for order in places.indices {
      let place = (places[(assignment.start + order) % places.count] + length - offset) % length
      placed.layers[place] = assignment.layers[order]
      placed.phases[place] = assignment.phases[order]
    }
    return placed
  }

  /// Server matrices of the all-to-alls, summed over iterations, by burst number modulo the
  /// period; nil where a burst is something else.
  private func allToAllMatrices(
    of bursts: [Burst], shapes: [Groups], length: Int
  ) -> [TrafficMatrix?] {
    var sums = [TrafficMatrix?](repeating: nil, count: length)
    for (index, burst) in bursts.enumerated()
    where shapes[index].shapes.contains(where: { $0.kind == .allToAll }) {
      var matrix = sums[index % length] ?? TrafficMatrix(size: layout.serverCount)
      for pair in burst.pairs {
        matrix[
          layout.server(of: pair.source, at: .nic), layout.server(of: pair.destination, at: .nic)] +=
          pair.bytes
      }
      sums[index % length] = matrix
    }
    return sums
  }

  private func describe(
    _ bursts: [Burst], shapes: [Groups], gap: IdleGap, period: IterationPeriod?,
    assignment: PlacedPhases?, in summary: inout AttributionSummary
  ) {
    let isDeclared = options.idleGapNanoseconds != nil
    summary.provenance["operations.start"] = Provenance(.measured, method: "packet times")
    summary.provenance["transfers.bytes"] = Provenance(.measured, method: "packets")
    summary.provenance["operations"] = Provenance(
      isDeclared ? .declared : .inferred,
      method: "bursts between idle gaps over \(gap.nanoseconds / 1_000) µs (\(gap.method))")
    let confidences = shapes.flatMap { $0.shapes.map(\.confidence) }
    summary.provenance["operations.kind"] = Provenance(
      .inferred, method: "who talks to whom in a burst: full mesh, ring or pairs",
      confidence: confidences.reduce(0, +) / Double(max(1, confidences.count)))
    summary.provenance["operations.role"] = Provenance(
      .inferred, method: "all-to-all is expert, ring is data, single pairs are pipeline")
    if let period {
      let iterations = bursts.indices.map { period.iteration(ofBurst: $0) }
      summary.iterationCount = (iterations.max() ?? 0) + 1
      summary.provenance["operations.iteration"] = Provenance(
        options.burstsPerIteration == nil ? .inferred : .declared,
        method: "every \(period.length) bursts repeat", confidence: period.likeness)
    } else {
      summary.provenance["operations.iteration"] = Provenance(
        .absent, method: "\(bursts.count) bursts show no repetition")
    }
    summary.provenance["operations.layer"] =
      assignment.map { Provenance(.inferred, method: $0.method, confidence: $0.likeness) }
      ?? Provenance(.absent, method: "matrices of successive bursts are not transposes")
    summary.provenance["operations.phase"] = summary.provenance["operations.layer"]
    let unknown = shapes.flatMap(\.shapes).count { $0.kind == .unknown }
    if unknown > 0 {
      summary.notes.append(
        "\(unknown) bursts are between two servers in both directions: their kind cannot be told")
    }
  }
}
