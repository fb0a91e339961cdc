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
  let options: ReplayOptions
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

  var records: [PhaseRecord]
  /// Rows of the phases that have begun and not ended.
  var rows: [PhaseFlows?]
  /// By flow of the session: its phase, its row there and what it is.
  var flowPhase: [Int32] = []
  var flowRow: [Int32] = []
  var flowKind: [FlowKind] = []

  var regions: [RegionQueue] = []
  var regionsToLookAt: [Int] = []
  /// Where each phase's regions have its item: offsets by phase, items in the order of the regions.
  var itemOffsets: [Int] = [0]
  var itemOfRegion: [Int32] = []
  var regionsOfDemand: [[Int]]
  var decisions: [[CircuitDecision]]
  var forecasts: Forecasts

  var traffic: LinkTraffic
  /// Time during which anything was on the way.
  var communicationTime = 0.0
  var iterations: [IterationSpan] = []
  var isAbandoned = false

  /// Which way a flow goes.
  enum FlowKind: UInt8, Sendable {
    /// Scale-up or EPS.
    case electrical
    /// Over the circuits of its pair, and over the EPS beside them when the fabric splits.
    case circuit
  }

  struct Event: Comparable, Sendable {
    enum Kind: UInt8, Comparable, Sendable {
      case circuitsUp
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

  /// The phases of one iteration, and when it ran.
  struct IterationSpan: Sendable {
    var iteration: Int32
    var phases: Range<Int>
    var start = 0.0
    var end = 0.0
    var partsLeft = 0
  }

  // MARK: The loop

  mutating func run() throws(ReplayError) {
    if options.pacing == .recorded {
      try scheduleAsRecorded()
    } else if !iterations.isEmpty {
      start(iteration: 0)
    }
    var ended: [Int32] = []
    while !isAbandoned {
      try lookAtRegions()
      let nextFlow = session.nextCompletion()
      let moment = min(nextFlow, events.min?.time ?? .infinity)
      guard moment < .infinity else { break }
      if session.runningCount > 0 { communicationTime += max(0, moment - now) }
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
    }
    if !isAbandoned { try checkThatAllEnded() }
    for region in regions.indices { retireCircuits(of: region) }
  }

  private mutating func handle(_ event: Event) throws(ReplayError) {
    switch event.kind {
    case .circuitsUp: try circuitsUp(in: Int(event.number))
    case .partEnds: end(part: Int(event.number))
    case .partIsReady: try send(part: Int(event.number))
    }
  }

  private func checkThatAllEnded() throws(ReplayError) {
    guard let phase = records.firstIndex(where: { !$0.isDone }) else { return }
    let step = plan.phases[phase].step
    throw ReplayError(
      "it can never end: its predecessors wait for it, or its links carry nothing",
      at: "operation \(step.operation)",
      advice: "check the dependencies of the trace: an operation may only wait for earlier ones")
  }

  // MARK: Parts

  private mutating func start(iteration: Int) {
    iterations[iteration].start = now
    iterations[iteration].end = now
    for phase in iterations[iteration].phases {
      for part in program.parts(of: phase) where predecessorsLeft[part] == 0 { schedule(part) }
    }
    // An iteration without a part is over at once.
    if iterations[iteration].partsLeft == 0 { endIteration(iteration) }
  }

  private mutating func endIteration(_ iteration: Int) {
    iterations[iteration].end = now
    if options.pacing == .dependencies, iteration + 1 < iterations.count {
      start(iteration: iteration + 1)
    }
  }

  private mutating func scheduleAsRecorded() throws(ReplayError) {
    let known = program.partStart.filter { $0 != Operation.unknownTime }
    guard let first = known.min(), known.count == program.partCount else {
      throw ReplayError(
        "some operations have no recorded start", at: "workload",
        advice: "replay by dependencies, or replay a trace with times")
    }
    for index in iterations.indices { iterations[index].start = .infinity }
    for part in 0..<program.partCount {
      let phase = Int(program.partPhase[part])
      if rows[phase] == nil { begin(phase: phase) }
      readyAt[part] = Double(program.partStart[part] &- first)
      let iteration = iterationOf(phase: phase)
      iterations[iteration].start = min(iterations[iteration].start, readyAt[part])
      events.insert(Event(time: readyAt[part], kind: .partIsReady, number: Int32(part)))
    }
  }

  /// Everything that the part waited for has ended: its compute begins.
  private mutating func schedule(_ part: Int) {
    let phase = Int(program.partPhase[part])
    if rows[phase] == nil { begin(phase: phase) }
    readyAt[part] = now + program.partCompute[part]
    events.insert(Event(time: readyAt[part], kind: .partIsReady, number: Int32(part)))
  }

  /// Lays out what a phase sends, before its first part is ready.
  mutating func begin(phase: Int) {
    let planned = plan.phases[phase]
    let flows = PhaseFlows(
      choices.demands[planned.demand], scale: planned.scale, phase: phase, program: program,
      paths: paths)
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
      records[phase].lastReady = now
    }
    var hasRegional = false
    for row in range {
      switch paths.route[Int(flows.pair[row])] {
      case .local: records[phase].bytes.local += flows.bytes[row]
      case .scaleUp, .electrical: try startElectrical(phase: phase, row: row, flows)
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
    if records[phase].isDone { end(phase: phase) }
    if options.pacing == .dependencies {
      for edge in program.successorOffsets[part]..<program.successorOffsets[part + 1] {
        let next = Int(program.successors[Int(edge)])
        predecessorsLeft[next] -= 1
        if predecessorsLeft[next] == 0 { schedule(next) }
      }
    }
    let iteration = iterationOf(phase: phase)
    iterations[iteration].partsLeft -= 1
    iterations[iteration].end = now
    if iterations[iteration].partsLeft == 0 { endIteration(iteration) }
  }

  private mutating func end(phase: Int) {
    records[phase].end = max(records[phase].end, now)
    rows[phase] = nil
    if let limit = options.giveUpAfterNanoseconds, now > limit { isAbandoned = true }
  }

  private func iterationOf(phase: Int) -> Int {
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

  mutating func startElectrical(phase: Int, row: Int, _ flows: PhaseFlows) throws(ReplayError) {
    let pair = Int(flows.pair[row])
    guard paths.isReachable[pair] else {
      throw ReplayError(
        "no circuit joins them and no electrical NIC is left", at: name(ofPair: pair),
        advice: "give the circuits fewer NICs (alpha) or make the region larger")
    }
    appendElectricalPath(ofPair: pair)
    started(phase: phase, row: row, bytes: flows.bytes[row], kind: .electrical)
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

  mutating func started(phase: Int, row: Int, bytes: Double, kind: FlowKind) {
    session.startFlow(bytes: bytes)
    flowPhase.append(Int32(phase))
    flowRow.append(Int32(row))
    flowKind.append(kind)
    records[phase].firstByte = min(records[phase].firstByte, now)
  }

  private func name(ofPair pair: Int) -> String {
    let grain = network.grain.name
    return "fabric \(network.fabric.name), \(grain) \(paths.source[pair]) → \(grain) "
      + "\(paths.destination[pair])"
  }

  private mutating func end(flow: Int) {
    let phase = Int(flowPhase[flow])
    let row = Int(flowRow[flow])
    guard let pair = rows[phase]?.pair[row], let part = rows[phase]?.destinationPart[row] else {
      return
    }
    if flowKind[flow] == .circuit {
      account(
        flow: flow, pair: Int(pair), phase: phase, problem: paths.optical, row: paths.opticalRow)
      endCircuitFlow(phase: phase, region: Int(paths.region[Int(pair)]))
    } else {
      account(
        flow: flow, pair: Int(pair), phase: phase, problem: paths.electrical,
        row: paths.electricalRow)
    }
    lastReceipt[Int(part)] = now + network.fabric.latencyNanoseconds
    receiptsLeft[Int(part)] -= 1
    endIfDone(Int(part))
  }

  /// Adds a flow's bytes to the links that it crossed, also to those left out of the filling.
  private mutating func account(
    flow: Int, pair: Int, phase: Int, problem: FluidProblem, row: [Int32]
  ) {
    let first = problem.subflows(of: Int(row[pair])).lowerBound
    let linkCount = network.links.count
    for subflow in 0..<session.subflowCount(of: flow) {
      let bytes = session.bytes(of: flow, subflow: subflow)
      var usesCircuit = false
      for place in problem.pathRange(of: first + subflow) {
        let link = Int(problem.path[place])
        if link < linkCount {
          traffic.add(bytes, to: link)
        } else {
          usesCircuit = true
          traffic.add(bytes, toCell: Int(paths.cell[pair]), of: Int(paths.region[pair]))
        }
      }
      if usesCircuit {
        records[phase].bytes.circuits += bytes
      } else if paths.route[pair] == .scaleUp {
        records[phase].bytes.scaleUp += bytes
      } else {
        records[phase].bytes.electrical += bytes
      }
    }
  }
}
