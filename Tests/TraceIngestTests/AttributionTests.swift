import Testing
import TraceIngest
import TraceModel

@Suite struct AttributionTests {
  /// A schedule whose truth is known: per iteration, `layers` × (dispatch, combine), the mirrored
  /// backward pass and one ring, with jitter inside bursts, 200 µs of compute between them and
  /// 5 ms between iterations.
  struct Schedule {
    var layout: Layout
    var messages = MessageTable()
    var phases: [(iteration: Int32, layer: Int32, phase: Phase)] = []
    var microBatches: [Int32] = []
    var bytes: [TrafficMatrix] = []
    private var clock: Int64 = 1_700_000_000_000_000_000
    private var random: RandomStream

    /// - Parameter expertCompute: nanoseconds between dispatch and combine, twice that in the
    ///   backward pass; nil for 200 µs in both.
    init(
      servers: Int, layers: Int, iterations: Int, hasBackward: Bool, seed: UInt64,
      expertCompute: Int64? = nil, hasRing: Bool = true, microBatches: Int = 1
    ) {
      layout = Layout(
        serverCount: servers, gpusPerServer: 1,
        addresses: (0..<servers).map { NICAddress(text: "10.0.0.\($0)", server: $0, nic: 0) })
      random = RandomStream(seed: seed)
      var usual: [TrafficMatrix] = []
      for iteration in 0..<iterations {
        // Routing that changes with every iteration, unless its micro-batches are to be alike.
        if usual.isEmpty || microBatches == 1 {
          usual = (0..<layers).map { _ in randomMatrix(servers) }
        }
        for microBatch in 0..<microBatches {
          let demands = microBatches > 1 ? usual.map { varied($0) } : usual
          for layer in 0..<layers {
            burst(demands[layer], iteration, layer, .dispatchForward, pause: expertCompute)
            burst(demands[layer].transposed, iteration, layer, .combineForward)
          }
          if hasBackward {
            for layer in (0..<layers).reversed() {
              burst(
                demands[layer], iteration, layer, .combineBackward,
                pause: expertCompute.map { $0 * 2 })
              burst(demands[layer].transposed, iteration, layer, .dispatchBackward)
            }
          }
          while self.microBatches.count < phases.count {
            self.microBatches.append(Int32(microBatch))
          }
        }
        if hasRing {
          var ring = TrafficMatrix(size: servers)
          for server in 0..<servers { ring[server, (server + 1) % servers] = 5_000_000 }
          burst(ring, iteration, -1, .unspecified)
        }
        clock += 5_000_000
      }
    }

    /// Takes one burst out, as if no packet of it had been captured.
    mutating func lose(burst: Int) {
      let sizes = bytes.map { matrix in
        (0..<matrix.size * matrix.size).count {
          matrix[$0 / matrix.size, $0 % matrix.size] > 0
        }
      }
      let first = sizes[..<burst].reduce(0, +)
      var kept = MessageTable()
      for row in 0..<messages.count where !(first..<first + sizes[burst]).contains(row) {
        kept.append(messages[row])
      }
      messages = kept
      phases.remove(at: burst)
      bytes.remove(at: burst)
    }

    private mutating func randomMatrix(_ size: Int) -> TrafficMatrix {
      var matrix = TrafficMatrix(size: size)
      for row in 0..<size {
        for column in 0..<size where row != column {
          matrix[row, column] = Int64(1_000 + random.below(1 << (8 + (row + 2 * column) % 8)) * 10)
        }
      }
      return matrix
    }

    /// Each pair up to a fifth more or less.
    private mutating func varied(_ matrix: TrafficMatrix) -> TrafficMatrix {
      var varied = matrix
      for row in 0..<matrix.size {
        for column in 0..<matrix.size {
          varied[row, column] = matrix[row, column] * Int64(80 + random.below(41)) / 100
        }
      }
      return varied
    }

    private mutating func burst(
      _ matrix: TrafficMatrix, _ iteration: Int, _ layer: Int, _ phase: Phase,
      pause: Int64? = nil
    ) {
      var last = clock
      for source in 0..<matrix.size {
        for destination in 0..<matrix.size where matrix[source, destination] > 0 {
          let start = clock + Int64(random.below(10_000))
          let end = start + matrix[source, destination] / 50 + 1
          messages.append(
            Message(
              source: Int32(source), destination: Int32(destination), channel: 1, kind: .write,
              start: start, end: end, bytes: matrix[source, destination], packets: 1))
          last = max(last, end)
        }
      }
      phases.append((Int32(iteration), Int32(layer), phase))
      bytes.append(matrix)
      clock = last + (pause ?? 200_000)
    }
  }

  private func attribute(
    _ schedule: Schedule, options: AttributionOptions = AttributionOptions()
  ) throws -> (TraceBuffer, AttributionSummary) {
    var buffer = TraceBuffer()
    let summary = try Attribution(layout: schedule.layout, options: options).run(
      forEachBlock: { try $0(schedule.messages) }, into: &buffer)
    return (buffer, summary)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func recoversIterationsLayersAndPhasesOfTraining(seed: UInt64) throws {
    let schedule = Schedule(servers: 8, layers: 3, iterations: 5, hasBackward: true, seed: seed)
    let (buffer, summary) = try attribute(schedule)
    #expect(buffer.operations.count == schedule.phases.count)
    #expect(summary.iterationCount == 5)
    for (operation, truth) in zip(buffer.operations.rows, schedule.phases) {
      #expect(operation.iteration == truth.iteration)
      #expect(operation.layer == truth.layer)
      #expect(operation.phase == truth.phase)
      #expect(operation.kind == (truth.layer < 0 ? .ring : .allToAll))
    }
  }

  /// Experts that compute for longer than the optimiser: the longest pause is not the beginning.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func findsIterationsWhoseLongestPauseIsInside(seed: UInt64) throws {
    let schedule = Schedule(
      servers: 8, layers: 3, iterations: 5, hasBackward: true, seed: seed,
      expertCompute: 30_000_000)
    let (buffer, summary) = try attribute(schedule)
    #expect(summary.iterationCount == 5)
    for (operation, truth) in zip(buffer.operations.rows, schedule.phases) {
      #expect(operation.iteration == truth.iteration)
      #expect(operation.layer == truth.layer)
      #expect(operation.phase == truth.phase)
    }
  }

  /// Without reductions nothing but the recurrence of layers tells micro-batches from more layers.
  @Test(arguments: [1, 2, 3] as [UInt64], [2, 3, 4])
  func tellsMicroBatchesFromLayers(seed: UInt64, microBatches: Int) throws {
    let schedule = Schedule(
      servers: 8, layers: 3, iterations: 5, hasBackward: true, seed: seed, expertCompute: 700_000,
      hasRing: false, microBatches: microBatches)
    let (buffer, summary) = try attribute(schedule)
    #expect(summary.iterationCount == 5)
    #expect(buffer.operations.count == schedule.phases.count)
    for (index, operation) in buffer.operations.rows.enumerated() {
      let truth = schedule.phases[index]
      #expect(operation.iteration == truth.iteration)
      #expect(operation.layer == truth.layer)
      #expect(operation.phase == truth.phase)
      #expect(operation.microBatch == schedule.microBatches[index])
    }
  }

  /// A mirror that drops bursts again and again, or all of several iterations in between.
  ///
  /// Nothing is lost of the first iteration here: if more is lost later, as of 5, 30 and 55, the
  /// bursts before may be taken for others, or two iterations for one.
  @Test(
    arguments: [1, 2, 3] as [UInt64],
    [
      [17, 41, 70], [40, 41, 42, 43], [30, 31, 32, 33, 34, 57, 58, 59, 60, 61, 80],
      Array(33..<33 + 20), Array(28..<28 + 31),
    ])
  func burstsLostInSeveralIterationsShiftNothing(seed: UInt64, lost: [Int]) throws {
    var schedule = Schedule(
      servers: 8, layers: 3, iterations: 8, hasBackward: true, seed: seed,
      expertCompute: 700_000)
    for burst in lost.reversed() { schedule.lose(burst: burst) }
    let (buffer, summary) = try attribute(schedule)
    #expect(buffer.operations.count == schedule.phases.count)
    #expect(summary.iterationCount == 8)
    let gaps = lost.count { !lost.contains($0 + 1) }
    let wrong = zip(buffer.operations.rows, schedule.phases).count { operation, truth in
      operation.iteration != truth.iteration || operation.phase != truth.phase
        || operation.layer != truth.layer
    }
    #expect(wrong <= gaps)
    #expect(
      summary.provenance["operations.iteration"]?.method.contains("\(lost.count) are missing")
        == true)
  }

  /// A switch that reboots loses all of a burst: what follows is still what it is.
  @Test(arguments: [1, 2, 3] as [UInt64], [30, 41])
  func aLostBurstShiftsNothing(seed: UInt64, lost: Int) throws {
    var schedule = Schedule(
      servers: 8, layers: 3, iterations: 8, hasBackward: true, seed: seed,
      expertCompute: 700_000)
    schedule.lose(burst: lost)
    let (buffer, summary) = try attribute(schedule)
    #expect(buffer.operations.count == schedule.phases.count)
    #expect(summary.iterationCount == 8)
    var wrong = 0
    for (operation, truth) in zip(buffer.operations.rows, schedule.phases)
    where operation.iteration != truth.iteration || operation.phase != truth.phase
      || operation.layer != truth.layer
    {
      wrong += 1
    }
    // The burst after the gap may be taken for the lost one.
    #expect(wrong <= 1)
    #expect(summary.provenance["operations.iteration"]?.method.contains("missing") == true)
  }

  @Test func groupsOfTheSameServersHaveTheSameNumber() throws {
    var schedule = Schedule(servers: 8, layers: 1, iterations: 1, hasBackward: false, seed: 1)
    schedule.messages.removeAll()
    for beat in 0..<6 {
      // In turn the first and the last four servers, at the end both.
      for source in 0..<8 {
        for destination in 0..<8
        where source != destination && source / 4 == destination / 4
          && (beat > 3 || source / 4 == beat % 2)
        {
          schedule.messages.append(
            Message(
              source: Int32(source), destination: Int32(destination), channel: 1, kind: .write,
              start: Int64(beat) * 1_000_000, end: Int64(beat) * 1_000_000 + 10,
              bytes: Int64(100 + source), packets: 1))
        }
      }
    }
    let (buffer, _) = try attribute(schedule)
    #expect(buffer.operations.rows.map(\.group) == [0, 1, 0, 1, 0, 1, 0, 1])
  }

  @Test func oneWrongClockDoesNotJoinAllOperations() throws {
    var schedule = Schedule(servers: 4, layers: 2, iterations: 4, hasBackward: true, seed: 2)
    var last = schedule.messages[schedule.messages.count - 1]
    last.start = schedule.messages[0].start + 5
    last.end = last.start + 2_000_000_000_000_000_000
    schedule.messages.append(last)
    let (buffer, _) = try attribute(schedule)
    #expect(buffer.operations.count == schedule.phases.count)
  }

  @Test(arguments: [-1, 1 << 62] as [Int64])
  func impossibleBytesAreAnErrorNotATrap(bytes: Int64) {
    let layout = Layout(
      serverCount: 2, gpusPerServer: 1,
      addresses: (0..<2).map { NICAddress(text: "a\($0)", server: $0, nic: 0) })
    var messages = MessageTable()
    for _ in 0..<4 {
      messages.append(
        Message(
          source: 0, destination: 1, channel: 1, kind: .write, start: 0, end: 1, bytes: bytes,
          packets: 1))
    }
    let table = messages
    var buffer = TraceBuffer()
    #expect(throws: IngestError.self) {
      try Attribution(layout: layout).run(forEachBlock: { try $0(table) }, into: &buffer)
    }
  }

  /// Every rotation of one layer's matrices fits; only the pauses tell which is the first.
  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func iterationsOfOneLayerBeginWhereTheyDo(seed: UInt64) throws {
    let schedule = Schedule(
      servers: 4, layers: 1, iterations: 12, hasBackward: true, seed: seed,
      expertCompute: 900_000, hasRing: false)
    let (buffer, summary) = try attribute(
      schedule, options: AttributionOptions(burstsPerIteration: 4))
    #expect(summary.iterationCount == 12)
    for (operation, truth) in zip(buffer.operations.rows, schedule.phases) {
      #expect(operation.phase == truth.phase && operation.layer == truth.layer)
    }
  }

  /// A pause that no other is like, between jitter and compute, is not one between operations.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func oneLateMessageIsNoOperation(seed: UInt64) throws {
    var schedule = Schedule(
      servers: 8, layers: 3, iterations: 5, hasBackward: true, seed: seed,
      expertCompute: 1_000_000)
    var late = schedule.messages[0]
    let firstBurst = 0..<8 * 7
    late.start = firstBurst.reduce(0) { max($0, schedule.messages[$1].end) } + 60_000
    late.end = late.start + 1
    late.bytes = 1
    schedule.messages.append(late)
    let (buffer, summary) = try attribute(schedule)
    #expect(buffer.operations.count == schedule.phases.count)
    #expect(summary.iterationCount == 5)
    for (operation, truth) in zip(buffer.operations.rows, schedule.phases) {
      #expect(operation.iteration == truth.iteration)
      #expect(operation.layer == truth.layer)
      #expect(operation.phase == truth.phase)
    }
  }

  @Test func keepsEveryByteOfEveryPair() throws {
    let schedule = Schedule(servers: 6, layers: 2, iterations: 4, hasBackward: true, seed: 9)
    let (buffer, _) = try attribute(schedule)
    var found = schedule.bytes.map { TrafficMatrix(size: $0.size) }
    for row in 0..<buffer.transfers.count {
      found[Int(buffer.transfers.operation[row])][
        Int(buffer.transfers.source[row]), Int(buffer.transfers.destination[row])] +=
        buffer.transfers.bytes[row]
    }
    #expect(found == schedule.bytes)
  }

  @Test func readsServingTrafficAsForwardOnly() throws {
    let schedule = Schedule(servers: 8, layers: 4, iterations: 4, hasBackward: false, seed: 5)
    let (buffer, _) = try attribute(schedule)
    for (operation, truth) in zip(buffer.operations.rows, schedule.phases) {
      #expect(operation.layer == truth.layer)
      #expect(operation.phase == truth.phase)
    }
  }

  @Test func marksWhatItInfersAndAdmitsWhatItCannot() throws {
    let schedule = Schedule(servers: 8, layers: 2, iterations: 1, hasBackward: false, seed: 5)
    let (buffer, summary) = try attribute(schedule)
    #expect(summary.provenance["operations.iteration"]?.origin == .absent)
    #expect(summary.provenance["operations.kind"]?.origin == .inferred)
    #expect(buffer.operations.rows.allSatisfy { $0.iteration == Operation.unknown })
  }

  @Test func aDeclaredGapJoinsBursts() throws {
    let schedule = Schedule(servers: 4, layers: 2, iterations: 2, hasBackward: false, seed: 5)
    let (buffer, summary) = try attribute(
      schedule, options: AttributionOptions(idleGapNanoseconds: 1_000_000))
    #expect(buffer.operations.count == 2)
    #expect(summary.provenance["operations"]?.origin == .declared)
  }

  @Test func aDeclaredGapShorterThanJitterIsObeyed() throws {
    var schedule = Schedule(servers: 2, layers: 1, iterations: 1, hasBackward: false, seed: 1)
    schedule.messages = MessageTable()
    for number in 0..<48 as Range<Int64> {
      schedule.messages.append(
        Message(
          source: 0, destination: 1, channel: 1, kind: .write, start: number * 13_000,
          end: number * 13_000 + 1_000, bytes: 4_096, packets: 1))
    }
    let (buffer, _) = try attribute(
      schedule, options: AttributionOptions(idleGapNanoseconds: 5_000))
    #expect(buffer.operations.count == 48)
    #expect(try attribute(schedule).0.operations.count == 1)
  }

  @Test func aDeclaredNumberIsObeyedAndWhatContradictsItIsSaid() throws {
    let schedule = Schedule(
      servers: 8, layers: 3, iterations: 6, hasBackward: true, seed: 1, expertCompute: 700_000,
      hasRing: false)
    let (buffer, summary) = try attribute(
      schedule, options: AttributionOptions(burstsPerIteration: 10))
    #expect(buffer.operations.rows.map { Int($0.iteration) } == (0..<72).map { $0 / 10 })
    let note = summary.notes.first { $0.contains("--bursts-per-iteration 10 is obeyed") }
    #expect(note?.contains("bursts repeat every 12") == true)
    #expect(summary.provenance["operations.iteration"]?.confidence ?? 1 < 0.8)
    // Two iterations are no contradiction.
    let (_, fitting) = try attribute(
      schedule, options: AttributionOptions(burstsPerIteration: 24))
    #expect(!fitting.notes.contains { $0.contains("is obeyed") })
  }

  /// An iteration of so many layers is whole, but too much to compare: it is counted and named.
  @Test func moreMatricesThanAreComparedAreNamed() throws {
    let schedule = Schedule(
      servers: 3, layers: 300, iterations: 2, hasBackward: true, seed: 1, hasRing: false)
    let (buffer, summary) = try attribute(
      schedule, options: AttributionOptions(burstsPerIteration: 1_200))
    #expect(buffer.operations.rows.allSatisfy { $0.layer == TraceModel.Operation.unknown })
    #expect(summary.notes.contains { $0.hasPrefix("2400 bursts have no layers") })
    #expect(summary.provenance["operations.layer"]?.method == "more matrices than are compared")
  }

  @Test func emptyInputGivesNoOperations() throws {
    var buffer = TraceBuffer()
    let summary = try Attribution(layout: Layout(serverCount: 2, gpusPerServer: 1)).run(
      forEachBlock: { _ in }, into: &buffer)
    #expect(summary.operationCount == 0)
  }

  private func rows(_ transfers: TransferTable) -> [[Int64]] {
    (0..<transfers.count).map { row in
      [
        Int64(transfers.operation[row]), Int64(transfers.source[row]),
        Int64(transfers.destination[row]), transfers.bytes[row], transfers.start[row],
        transfers.end[row],
      ]
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test func theOrderOfMessagesDoesNotMatter() throws {
    var schedule = Schedule(servers: 8, layers: 2, iterations: 3, hasBackward: true, seed: 4)
    // Two groups in each exchange, the ring is one.
    var kept = MessageTable()
    for row in 0..<schedule.messages.count {
      let message = schedule.messages[row]
      if message.source / 4 == message.destination / 4 || message.bytes == 5_000_000 {
        kept.append(message)
      }
    }
    schedule.messages = kept
    let (inOrder, _) = try attribute(schedule)
    #expect(inOrder.operations.count > schedule.phases.count)
    var shuffled = schedule
    var random = RandomStream(seed: 11)
    let messages = schedule.messages
    shuffled.messages.removeAll()
    for row in random.permutation(messages.count) { shuffled.messages.append(messages[row]) }
    let (outOfOrder, _) = try attribute(shuffled)
    #expect(outOfOrder.operations == inOrder.operations)
    #expect(rows(outOfOrder.transfers) == rows(inOrder.transfers))
  }

  @Test func burstsThatAreAllAlikeAreNotIterations() throws {
    var schedule = Schedule(servers: 4, layers: 1, iterations: 1, hasBackward: false, seed: 1)
    schedule.messages.removeAll()
    for beat in 0..<50 {
      schedule.messages.append(
        Message(
          source: 0, destination: 1, channel: 1, kind: .write, start: Int64(beat) * 1_000_000,
          end: Int64(beat) * 1_000_000 + 10, bytes: 1_000, packets: 1))
    }
    let (buffer, summary) = try attribute(schedule)
    #expect(buffer.operations.count == 50)
    #expect(summary.iterationCount == nil)
  }

  @Test func timesAtBothEndsOfTheClockDoNotOverflow() throws {
    var schedule = Schedule(servers: 2, layers: 1, iterations: 1, hasBackward: false, seed: 1)
    schedule.messages.removeAll()
    for start in [Int64.min + 1, 0, Int64.max - 1] {
      schedule.messages.append(
        Message(
          source: 0, destination: 1, channel: 1, kind: .write, start: start, end: start, bytes: 1,
          packets: 1))
    }
    let (buffer, _) = try attribute(schedule)
    #expect(buffer.operations.count == 3)
  }

  @Test func aStarOfManyEndsNeedsNoMatrix() throws {
    var layout = Layout(serverCount: 50_000, gpusPerServer: 1)
    layout.addresses = (0..<50_000).map { NICAddress(text: "a\($0)", server: $0, nic: 0) }
    var messages = MessageTable()
    for client in 1..<50_000 {
      messages.append(
        Message(
          source: Int32(client), destination: 0, channel: 1, kind: .tcp, start: 0, end: 100,
          bytes: 10, packets: 1))
    }
    var buffer = TraceBuffer()
    _ = try Attribution(layout: layout).run(forEachBlock: { try $0(messages) }, into: &buffer)
    #expect(buffer.operations.count == 1)
    #expect(buffer.transfers.count == 49_999)
  }

  @Test func aMessageFromNowhereIsAnErrorNotATrap() {
    var messages = MessageTable()
    messages.append(
      Message(
        source: 7, destination: 0, channel: 1, kind: .write, start: 0, end: 1, bytes: 1, packets: 1)
    )
    let table = messages
    var buffer = TraceBuffer()
    #expect(throws: IngestError.self) {
      try Attribution(layout: Layout(serverCount: 2, gpusPerServer: 1)).run(
        forEachBlock: { try $0(table) }, into: &buffer)
    }
  }
}
