internal import PacketFormats
package import TraceModel

/// Synthesises a RoCEv2 capture of whole training jobs on one fabric: expert all-to-alls and, beside
/// them, gradient rings, activations between pipeline stages and tensor-parallel sums, each
/// communicator on queue pairs of its own, as NCCL connects them.
///
/// Who is slowed by whom is not simulated: all-to-alls have a fixed part of every link and what runs
/// beside them has the rest, so that no link carries more than it can.
/// - Parameter fabric: the servers on which all jobs run; addresses are those of
///   `SynthesisPlan.addressedLayout`.
/// - Complexity: O(packets log packets); memory for all flows and for the packets of operations
///   that run at the same time.
package func synthesiseTrainingCapture(
  _ jobs: [TrainingJob], on fabric: Layout, parameters: CaptureParameters,
  disturbance: TrainingDisturbance, path: String
) throws -> SynthesisedTraining {
  try parameters.validate()
  var entries: [TrainingTimeline.Entry] = []
  for (number, job) in jobs.enumerated() {
    try job.plan.validate()
    guard job.ranks.count == job.plan.layout.rankCount,
      job.ranks.allSatisfy({ (0..<fabric.rankCount).contains($0) })
    else {
      throw SynthesisError(
        "job \(number) has \(job.plan.layout.rankCount) ranks and \(job.ranks.count) places",
        at: "jobs", advice: "Give each rank one of the fabric's \(fabric.rankCount).")
    }
    let timeline = try TrainingTimeline(
      job, number: number, parameters: parameters, disturbance: disturbance)
    entries += timeline.entries.map { entry in
      var entry = entry
      entry.flows = entry.flows.map {
        (source: job.ranks[$0.source], destination: job.ranks[$0.destination], bytes: $0.bytes)
      }
      return entry
    }
  }
  var writing = TrainingCaptureWriting(
    frames: try CaptureFrames(
      layout: fabric, seed: jobs.first?.plan.seed ?? 0, parameters: parameters, path: path),
    parameters: parameters, disturbance: disturbance,
    random: RandomStream(seed: jobs.first?.plan.seed ?? 0, purpose: 0x6C6F_7373))
  return try writing.write(entries, on: fabric)
}

/// Puts the frames of operations that overlap in the order of time.
private struct TrainingCaptureWriting {
  var frames: CaptureFrames
  let parameters: CaptureParameters
  let disturbance: TrainingDisturbance
  var random: RandomStream
  private var flows: [CaptureFlow] = []
  private var pending: [CaptureEvent] = []
  private var result = SynthesisedTraining()

  init(
    frames: CaptureFrames, parameters: CaptureParameters, disturbance: TrainingDisturbance,
    random: RandomStream
  ) {
    self.frames = frames
    self.parameters = parameters
    self.disturbance = disturbance
    self.random = random
  }

  mutating func write(
    _ entries: [TrainingTimeline.Entry], on fabric: Layout
  ) throws -> SynthesisedTraining {
    result.operations = entries.map(\.operation)
    let order = entries.indices.sorted {
      (entries[$0].operation.start, $0) < (entries[$1].operation.start, $1)
    }
    for index in order {
      try flush(before: entries[index].operation.start)
      append(entries[index], index: index, on: fabric)
    }
    try flush(before: .max)
    try frames.finish()
    result.packets = frames.packetCount
    return result
  }

  private mutating func append(
    _ entry: TrainingTimeline.Entry, index: Int, on fabric: Layout
  ) {
    let operation = entry.operation
    for part in entry.flows {
      var flow = CaptureFlow(
        source: part.source, destination: part.destination, set: entry.set,
        bytes: (part.bytes + parameters.byteReduction - 1) / parameters.byteReduction)
      _ = frames.number(&flow)
      result.flows.append(
        SynthesisedFlow(
          operation: index, sourceNIC: nicOfRank(part.source, in: fabric),
          destinationNIC: nicOfRank(part.destination, in: fabric),
          destinationQueuePair: frames.destinationQueuePair(of: flow), bytes: flow.bytes))
      let delay = Int64(random.unit() * Double(disturbance.startJitterNanoseconds))
      appendEvents(
        of: flow, number: flows.count, start: operation.start + delay,
        duration: operation.end - operation.start, parameters: parameters, random: &random,
        to: &pending)
      flows.append(flow)
    }
  }

  /// Writes the frames that no operation yet to come can precede.
  private mutating func flush(before time: Int64) throws {
    pending.sort(by: CaptureEvent.precedes)
    let end = pending.firstIndex { $0.time >= time } ?? pending.count
    for event in pending[..<end] {
      if random.unit() < disturbance.lossShare {
        result.lostPackets += 1
      } else {
        try frames.append(event, of: flows[Int(event.flow)])
      }
    }
    pending.removeFirst(end)
  }
}
