internal import HeapModule
internal import TraceModel

/// Runs a program on a fabric event by event: parts become ready, flows start and end, circuits change.
///
/// Every moment is one of: a part's compute has passed, a flow's bytes are gone, a last receipt has
/// arrived after its latency, circuits are up. What happens within one part in 10^12 of a moment
/// happens in it, so that rounding cannot tear equal ends apart.
struct Execution {
  let plan: PhasePlan
  let program: Program
  let paths: PathTable
  let shards: Shards
  var options: ReplayOptions
  let network: FabricNetwork
  /// By distinct demand: the tightest bound, at the demand's own scale.
  let bounds: [LowerBound]
  /// By phase: how long its operations took when they were recorded.
  let recorded: [Double?]
  var choices: CircuitChoices
  /// False in the run without delays, which repeats the decisions of the first.
  let hasDelays: Bool
  let repeated: [[CircuitDecision]]?

  var session: FlowSession
  var events = Heap<Event>()
  var now = 0.0

  /// By part: edges and receipts still missing, the moment its compute has passed, its last receipt.
  var predecessorsLeft: [Int32]
  var receiptsLeft: [Int32]
  var readyAt: [Double]
  var lastReceipt: [Double]
  var hasRun: [Bool]
  /// Of the shard that runs now.
  var partsLeftOfShard = 0
  /// Scratch: by end, -1 but while the rows of a phase are laid out.
  var partOfEnd: [Int32]

  var records: [PhaseRecord]
  /// Rows of the phases that have begun and not ended in every shard.
  var rows: [PhaseFlows?]
  /// By flow of the session; forgotten with the session's flows.
  var carried: [CarriedFlow] = []

  var regions: [RegionQueue] = []
  var regionsToLookAt: [Int] = []
  /// Where each phase's regions have its item: offsets by phase, items in the order of the regions.
  var itemOffsets: [Int] = [0]
  var itemOfRegion: [Int32] = []
  var regionsOfDemand: [[Int]]
  var decisions: [[CircuitDecision]]
  var forecasts: Forecasts

  var traffic: LinkTraffic
  var iterations: [IterationSpan] = []
  /// By shard.
  var suspended: [SuspendedShard] = []
  /// By round, which is an iteration or those of jobs that run together, and shard: how long it ran.
  var roundNanoseconds: [[Double]] = []
  /// By shard: whether it is played; nil for all.
  var shardsToRun: [Bool]?
  var isAbandoned = false

  /// Which way a flow goes.
  enum FlowKind: UInt8, Sendable {
    /// Scale-up or EPS.
    case electrical
    /// Over the circuits of its pair, and over the EPS beside them when the fabric splits.
    case circuit
    /// Over circuits to a server that sends it on, and from there.
    case toRelay
    case fromRelay
  }

  /// What a flow of the session carries to whom.
  struct CarriedFlow: Sendable {
    var phase: Int32
    /// Number in the `PathTable`.
    var pair: Int32
    /// The part that receives it.
    var part: Int32
    /// The cell of the region's circuits that it uses, or -1.
    var cell: Int32
    var kind: FlowKind
  }

  struct Event: Comparable, Sendable {
    enum Kind: UInt8, Comparable, Sendable {
      case circuitsUp
      case circuitsTurn
      case partEnds
      case partIsReady

      static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    var time: Double
    var kind: Kind
    var number: Int32

    static func < (left: Event, right: Event) -> Bool {
      (left.time, left.kind, left.number) < (right.time, right.kind, right.number)
    }
  }

  /// The phases of one job's iteration, and when it ran.
  struct IterationSpan: Sendable {
    var job: Int32
    var iteration: Int32
    var phases: Range<Int>
    var start = 0.0
    var end = 0.0
    var partsLeft = 0
    /// The iteration that begins when this one ends, though others of its shard run on.
    var next: Int?
  }

  // MARK: The loop

  /// Runs until a shard has no part left, or nothing can happen any more.
  mutating func runShard(parts partCount: Int) throws(ReplayError) {
    partsLeftOfShard = partCount
    var ended: [Int32] = []
    while true {
      try lookAtRegions()
      guard partsLeftOfShard > 0, !isAbandoned else { return }
      forgetEndedFlows()
      let nextFlow = session.nextCompletion()
      let moment = min(nextFlow, events.min?.time ?? .infinity)
      guard moment < .infinity else { return }
      if session.runningCount > 0 { traffic.addCommunication(from: now, to: moment) }
      now = max(now, moment)
      session.advance(to: now)
      if nextFlow <= now * (1 + 1e-12) {
        ended.removeAll(keepingCapacity: true)
        session.takeEnded(into: &ended)
        for flow in ended { end(flow: Int(flow)) }
        // Circuits that fall idle are looked at before gates that run at the same moment.
        try lookAtRegions()
      }
      while let event = events.min, event.time <= now * (1 + 1e-12) {
        events.removeMin()
        try handle(event)
      }
      if let limit = options.giveUpAfterNanoseconds, now > limit { isAbandoned = true }
    }
  }

  private mutating func forgetEndedFlows() {
    guard session.runningCount == 0, carried.count > 1 << 10 else { return }
    session.forgetEndedFlows()
    carried.removeAll(keepingCapacity: true)
  }

  mutating func handle(_ event: Event) throws(ReplayError) {
    switch event.kind {
    case .circuitsUp: try circuitsUp(in: Int(event.number))
    case .circuitsTurn: turnCircuits(of: Int(event.number))
    case .partEnds: end(part: Int(event.number))
    case .partIsReady: try send(part: Int(event.number))
    }
  }

  // MARK: Parts

  /// Everything that the part waited for has ended: its compute begins.
  mutating func schedule(_ part: Int, at time: Double) {
    let phase = Int(program.partPhase[part])
    if rows[phase] == nil { begin(phase: phase) }
    let isJoin = program.partEnd[part] == Program.nobody
    readyAt[part] =
      isJoin ? time : batchedMoment(after: time, time + program.partCompute[part], phase: phase)
    events.insert(Event(time: readyAt[part], kind: .partIsReady, number: Int32(part)))
  }

  /// With batching, parts of a phase become ready in steps of the least time that the phase takes: at
  /// the nearest one, but not before `earliest`.
  private func batchedMoment(after earliest: Double, _ moment: Double, phase: Int) -> Double {
    let planned = plan.phases[phase]
    let step =
      options.batching.relativeStep * bounds[planned.demand].nanoseconds * planned.scale
    guard step > 0 else { return moment }
    return max(earliest, (moment / step).rounded() * step)
  }

  /// Lays out what a phase sends, before its first part is ready.
  mutating func begin(phase: Int) {
    let planned = plan.phases[phase]
    let flows = PhaseFlows(
      choices.demands[planned.demand], scale: planned.scale, phase: phase, program: program,
      paths: paths, partOfEnd: &partOfEnd)
    for row in flows.pair.indices where paths.route[Int(flows.pair[row])] != .local {
      receiptsLeft[Int(flows.destinationPart[row])] += 1
    }
    rows[phase] = flows
    countGates(of: phase, flows)
  }

  /// A part's compute has passed: it sends what may go.
  private mutating func send(part: Int) throws(ReplayError) {
    let phase = Int(program.partPhase[part])
    hasRun[part] = true
    guard let flows = rows[phase] else { return }
    let range = flows.rows(ofPartAt: part - program.parts(of: phase).lowerBound)
    if !range.isEmpty {
      records[phase].firstReady = min(records[phase].firstReady, now)
      records[phase].lastReady = max(records[phase].lastReady, now)
    }
    var hasRegional = false
    for row in range {
      switch paths.route[Int(flows.pair[row])] {
      case .local: records[phase].bytes.local += flows.bytes[row]
      case .scaleUp, .electrical:
        try startElectrical(phase: phase, row: row, flows, bytes: flows.bytes[row])
      case .regional: hasRegional = true
      }
    }
    if hasRegional { try sendRegional(part: part, phase: phase) }
    endIfDone(part)
  }

  private mutating func endIfDone(_ part: Int) {
    guard hasRun[part], receiptsLeft[part] == 0 else { return }
    if lastReceipt[part] > now {
      events.insert(Event(time: lastReceipt[part], kind: .partEnds, number: Int32(part)))
    } else {
      end(part: part)
    }
  }

  private mutating func end(part: Int) {
    let phase = Int(program.partPhase[part])
    records[phase].partsLeft -= 1
    records[phase].end = max(records[phase].end, now)
    if records[phase].isDone { rows[phase] = nil }
    partsLeftOfShard -= 1
    if options.pacing == .dependencies {
      for edge in program.successorOffsets[part]..<program.successorOffsets[part + 1] {
        let next = Int(program.successors[Int(edge)])
        predecessorsLeft[next] -= 1
        if predecessorsLeft[next] == 0 { schedule(next, at: now) }
      }
    }
    let iteration = iterationOf(phase: phase)
    iterations[iteration].partsLeft -= 1
    iterations[iteration].end = max(iterations[iteration].end, now)
    if iterations[iteration].partsLeft == 0 { beginIteration(after: iteration) }
  }

  func iterationOf(phase: Int) -> Int {
    var range = iterations.indices
    while range.count > 1 {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        iterations[middle].phases.lowerBound <= phase
        ? middle..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }

  // MARK: Flows

  mutating func startElectrical(
    phase: Int, row: Int, _ flows: PhaseFlows, bytes: Double
  ) throws(ReplayError) {
    let pair = Int(flows.pair[row])
    guard paths.isReachable[pair] else {
      throw ReplayError(
        "no circuit joins them and no electrical NIC is left", at: name(ofPair: pair),
        advice: "give the circuits fewer NICs (alpha) or make the region larger")
    }
    appendElectricalPath(ofPair: pair)
    started(phase: phase, row: row, flows, bytes: bytes, kind: .electrical)
  }

  mutating func appendElectricalPath(ofPair pair: Int) {
    for subflow in paths.electrical.subflows(of: Int(paths.electricalRow[pair])) {
      for place in paths.electrical.pathRange(of: subflow) {
        let link = paths.electrical.path[place]
        if !paths.isImplied[Int(link)] { session.appendPathLink(link) }
      }
      session.endPath()
    }
  }

  mutating func started(
    phase: Int, row: Int, _ flows: PhaseFlows, bytes: Double, kind: FlowKind, cell: Int32 = -1
  ) {
    session.startFlow(bytes: bytes)
    carried.append(
      CarriedFlow(
        phase: Int32(phase), pair: flows.pair[row], part: flows.destinationPart[row], cell: cell,
        kind: kind))
    records[phase].firstByte = min(records[phase].firstByte, now)
  }

  private func name(ofPair pair: Int) -> String {
    let grain = network.grain.name
    return "fabric \(network.fabric.name), \(grain) \(paths.source[pair]) → \(grain) "
      + "\(paths.destination[pair])"
  }

  private mutating func end(flow: Int) {
    let ended = carried[flow]
    let (phase, pair, part) = (Int(ended.phase), Int(ended.pair), Int(ended.part))
    if ended.kind == .electrical {
      account(
        flow, of: session, ended, over: paths.electrical, row: paths.electricalRow[pair], paths,
        traffic: &traffic, bytes: &records[phase].bytes)
    } else {
      account(
        flow, of: session, ended, over: paths.optical, row: paths.opticalRow[pair], paths,
        traffic: &traffic, bytes: &records[phase].bytes)
      endCircuitFlow(phase: phase, region: Int(paths.region[pair]))
      if ended.kind == .toRelay { return relay(flow: flow, ended) }
    }
    lastReceipt[part] = max(
      lastReceipt[part], session.endTime(of: flow) + network.fabric.latencyNanoseconds)
    receiptsLeft[part] -= 1
    endIfDone(part)
  }
}

/// Adds an ended flow's bytes to the links that it crossed, also to those left out of the filling.
private func account(
  _ flow: Int, of session: FlowSession, _ carried: Execution.CarriedFlow,
  over problem: FluidProblem, row: Int32, _ paths: PathTable, traffic: inout LinkTraffic,
  bytes: inout CarriedBytes
) {
  let pair = Int(carried.pair)
  let first = problem.subflows(of: Int(row)).lowerBound
  for subflow in 0..<session.subflowCount(of: flow) {
    let amount = session.bytes(of: flow, subflow: subflow)
    var usesCircuit = false
    for place in paths.crossed(by: carried.kind, subflow: first + subflow, of: problem) {
      let link = Int(problem.path[place])
      if link < paths.linkCount {
        traffic.add(amount, to: link)
        if traffic.hasPatchedLinks, traffic.isPatched(link) { usesCircuit = true }
      } else {
        usesCircuit = true
        traffic.add(amount, toCell: Int(carried.cell), of: Int(paths.region[pair]))
      }
    }
    if usesCircuit {
      bytes.circuits += amount
    } else if paths.route[pair] == .scaleUp {
      bytes.scaleUp += amount
    } else {
      bytes.electrical += amount
    }
  }
}

extension PathTable {
  /// The part of a pair's path that a flow of some kind crosses: relayed bytes use the circuits of
  /// others, first behind the links of their source, then before those of their destination.
  func crossed(by kind: Execution.FlowKind, subflow: Int, of problem: FluidProblem) -> Range<Int> {
    let path = problem.pathRange(of: subflow)
    guard kind == .toRelay || kind == .fromRelay,
      let circuit = path.first(where: { Int(problem.path[$0]) >= linkCount })
    else { return path }
    return kind == .toRelay ? path.lowerBound..<circuit + 1 : circuit..<path.upperBound
  }
}
