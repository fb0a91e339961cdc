public import TraceModel

/// What a synthetic capture holds.
public struct SynthesisedCapture: Sendable, Hashable {
  public var packets: Int64 = 0
  public var messages: Int64 = 0
  /// Payload of all WRITEs, after the reduction.
  public var bytes: Int64 = 0
  /// The same between servers, source by destination.
  public var serverMatrix: TrafficMatrix
  /// When the last burst ends, nanoseconds since 1970.
  public var endNanoseconds: Int64
  /// The all-to-alls that put bytes on the wire, in the order of time: what an attribution of the
  /// capture should find.
  public var bursts: [SynthesisedBurst] = []
}

/// One all-to-all of a synthetic capture.
public struct SynthesisedBurst: Sendable, Hashable {
  public var iteration: Int32
  public var microBatch: Int32
  public var layer: Int32
  public var phase: Phase
  /// Nanoseconds since 1970; the last acknowledgements come a little later than the end.
  public var start: Int64
  public var end: Int64
  /// Payload, after the reduction.
  public var bytes: Int64
}

/// Synthesises a RoCEv2 capture (pcap, nanoseconds; `.gz` and `.zst` by suffix) of a plan's
/// all-to-alls: bursts of RDMA WRITEs between NICs (addressed as in
/// `SynthesisPlan.addressedLayout`), with compute as idle gaps.
///
/// Pipeline stages take their micro-batches one forward, one backward (`PipelineOrder`), as in a trace
/// of the plan; what would run on several stages at a time runs one after the other.
/// Only bytes between scale-up domains are on the wire. Invariant CRCs are valid in frames that the
/// snap length does not cut.
/// - Complexity: O(packets log packets per burst); memory for one burst, and for one micro-batch, or for
///   as many as the pipeline has under way.
@discardableResult
public func synthesiseCapture(
  _ plan: SynthesisPlan, parameters: CaptureParameters = CaptureParameters(), path: String
) throws -> SynthesisedCapture {
  try plan.validate()
  try parameters.validate()
  // The summary's matrix has a cell for every two servers.
  guard plan.layout.serverCount <= 8_192 else {
    throw SynthesisError(
      "\(plan.layout.serverCount) servers are too many for a capture", at: "layout",
      advice: "8,192 are the limit; synthesise a trace of the larger layout.")
  }
  let gate = TokenGate(plan)
  var capture = try CaptureWriting(plan: plan, parameters: parameters, path: path)
  var nextID: Int32 = 0
  func microBatch(_ microBatch: Int, _ iteration: Int) throws -> Workload {
    var buffer = TraceBuffer()
    try synthesiseMicroBatch(
      plan, gate, iteration: iteration, microBatch: microBatch, nextID: &nextID, into: &buffer)
    let trace = Trace(
      metadata: syntheticMetadata(plan), operations: buffer.operations, routing: buffer.routing)
    return try Workload(trace: trace, grain: .rank)
  }

  let passes = passesAsTheyRun(plan)
  for iteration in 0..<plan.iterations {
    var underWay: [Int: Workload] = [:]
    for (stage, pass) in passes {
      let workload = try underWay[pass.microBatch] ?? microBatch(pass.microBatch, iteration)
      underWay[pass.microBatch] = pass.isBackward && stage == 0 ? nil : workload
      let steps = workload.steps.filter {
        Int($0.stage) == stage && $0.phase.isBackward == pass.isBackward
      }
      try capture.append(steps, of: workload)
    }
    try capture.endIteration()
  }
  return try capture.finish()
}

/// The passes of one iteration on all pipeline stages, in the order in which a workload has them.
private func passesAsTheyRun(_ plan: SynthesisPlan) -> [(stage: Int, pass: PipelinePass)] {
  let stageCount = plan.layout.parallelism.pipeline
  let passes = (0..<stageCount).flatMap { stage in
    PipelineOrder.passes(
      ofStage: stage, stageCount: stageCount, microBatchCount: plan.microBatches
    ).map { (stage: stage, pass: $0) }
  }
  let slots = passes.map {
    PipelineOrder.slot(of: $0.pass, inStage: $0.stage, stageCount: stageCount)
  }
  return passes.indices.sorted { (slots[$0], $0) < (slots[$1], $1) }.map { passes[$0] }
}

/// The capture that is being written.
private struct CaptureWriting {
  private let layout: Layout
  private let parameters: CaptureParameters
  private var frames: CaptureFrames
  private var random: RandomStream
  private var clock: Int64
  /// The longest pause inside an iteration so far.
  private var longestGap: Int64 = 0
  private var summary: SynthesisedCapture

  init(plan: SynthesisPlan, parameters: CaptureParameters, path: String) throws {
    layout = plan.layout
    self.parameters = parameters
    frames = try CaptureFrames(
      layout: plan.layout, seed: plan.seed, parameters: parameters, path: path)
    random = RandomStream(seed: plan.seed, purpose: 0x6361_7074)
    clock = parameters.startNanoseconds
    summary = SynthesisedCapture(
      serverMatrix: TrafficMatrix(size: plan.layout.serverCount), endNanoseconds: clock)
  }

  /// - Parameter steps: of one pass.
  mutating func append(_ steps: [Workload.Step], of workload: Workload) throws {
    var start = 0
    // The expert groups of one layer and phase run at the same time.
    while start < steps.count {
      let first = steps[start]
      let end =
        steps[start...].firstIndex { $0.layer != first.layer || $0.phase != first.phase }
        ?? steps.count
      let gap = max(
        Self.wholeNanoseconds(first.computeBeforeNanoseconds.rounded()),
        parameters.minimumGapNanoseconds)
      longestGap = max(longestGap, gap)
      try advanceClock(by: gap)
      try appendBurst(steps[start..<end], of: workload)
      start = end
    }
  }

  /// The optimiser step: longer than any pause inside the iteration.
  mutating func endIteration() throws(SynthesisError) {
    let doubled = longestGap.multipliedReportingOverflow(by: 2)
    try advanceClock(
      by: max(parameters.iterationGapNanoseconds, doubled.overflow ? .max : doubled.partialValue))
  }

  mutating func finish() throws -> SynthesisedCapture {
    try frames.finish()
    summary.packets = frames.packetCount
    return summary
  }

  private mutating func appendBurst(
    _ steps: ArraySlice<Workload.Step>, of workload: Workload
  ) throws {
    var flows: [CaptureFlow] = []
    var sent = [Int64](repeating: 0, count: layout.nicCount)
    var received = sent
    for step in steps {
      workload.forEachPair(of: step) { source, destination, bytes in
        guard domain(of: source) != domain(of: destination), bytes > 0 else { return }
        sent[nic(of: source)] += bytes
        received[nic(of: destination)] += bytes
        flows.append(
          CaptureFlow(
            source: source, destination: destination,
            bytes: (bytes + parameters.byteReduction - 1) / parameters.byteReduction))
      }
    }
    guard !flows.isEmpty else { return }
    let busiest = max(sent.max() ?? 0, received.max() ?? 0)
    let seconds = Double(busiest) * 8 / parameters.linkBitsPerSecond
    let duration = max(1_000, Self.wholeNanoseconds(seconds * 1e9))
    let start = clock
    try advanceClock(by: duration)
    try refuseTooManyPackets(flows)
    for index in flows.indices { count(&flows[index]) }
    let events = captureEvents(
      of: flows, start: start, duration: duration, parameters: parameters, random: &random)
    for event in events { try frames.append(event, of: flows[Int(event.flow)]) }
    if let first = steps.first {
      summary.bursts.append(
        SynthesisedBurst(
          iteration: first.iteration, microBatch: first.microBatch, layer: first.layer,
          phase: first.phase, start: start, end: clock, bytes: flows.reduce(0) { $0 + $1.bytes }))
    }
    summary.endNanoseconds = clock
  }

  /// A time longer than pcap can express becomes its longest, which `advanceClock` then refuses.
  private static func wholeNanoseconds(_ time: Double) -> Int64 {
    Int64(min(time, Double(CaptureParameters.times.upperBound)))
  }

  private mutating func advanceClock(by nanoseconds: Int64) throws(SynthesisError) {
    let (next, overflows) = clock.addingReportingOverflow(nanoseconds)
    guard !overflows, CaptureParameters.times.contains(next) else {
      throw SynthesisError(
        "the capture would end after the year 2106, which a pcap file cannot express",
        at: "capture", advice: "Use fewer iterations, shorter gaps or a faster link.")
    }
    clock = next
  }

  /// The frames of one burst are held to be sorted, and numbered by 32 bits.
  private func refuseTooManyPackets(_ flows: [CaptureFlow]) throws(SynthesisError) {
    var packets = 0
    for flow in flows {
      packets += min(flow.packetCount(parameters), 1 << 32)
      guard packets <= 1 << 26 else {
        throw SynthesisError(
          "more than \(1 << 26) packets in one burst", at: "capture",
          advice: "Raise the byte reduction, or write fewer tokens.")
      }
    }
  }

  private mutating func count(_ flow: inout CaptureFlow) {
    summary.messages += Int64(frames.number(&flow))
    summary.bytes += flow.bytes
    summary.serverMatrix[
      flow.source / layout.gpusPerServer, flow.destination / layout.gpusPerServer] += flow.bytes
  }

  private func nic(of rank: Int) -> Int {
    rank / layout.gpusPerServer * layout.nicsPerServer
      + rank % layout.gpusPerServer * layout.nicsPerServer / layout.gpusPerServer
  }

  private func domain(of rank: Int) -> Int {
    rank / layout.gpusPerServer / layout.serversPerScaleUpDomain
  }
}
