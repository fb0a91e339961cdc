import Foundation
import TestSupport
import Testing
import TraceIngest
import TraceModel
import TraceSynthesis

/// Captures of whole training jobs, in which nothing waits for anything else to be silent.
@Suite("Attribution where traffic overlaps")
struct OverlapAttributionTests {
  /// A captured job or two, its labels and what was found.
  private struct Sample {
    var truth: SynthesisedTraining
    var messages: MessageTable
    var found: AttributedCapture
    var transfers: TransferTable
    var layout: Layout

    /// - Parameter lost: all-to-alls that were over when the capture began.
    init(
      _ jobs: [TrainingJob], on fabric: Layout, loss: Double = 0.01, withoutBursts lost: Int = 0
    ) throws {
      var parameters = CaptureParameters()
      parameters.byteReduction = 1_024
      parameters.messageBytes = 16 << 10
      var disturbance = TrainingDisturbance()
      disturbance.computeJitter = 0.05
      disturbance.startJitterNanoseconds = 100_000
      disturbance.lossShare = loss
      var plan = jobs[0].plan
      plan.layout = fabric
      layout = plan.addressedLayout
      var captured = TraceBuffer()
      truth = try withScratchFolder { [layout] folder in
        let path = folder.appendingPathComponent("a.pcap").path
        let truth = try synthesiseTrainingCapture(
          jobs, on: fabric, parameters: parameters, disturbance: disturbance, path: path)
        _ = try CaptureReader.read(
          paths: [path], options: IngestOptions(layout: layout), into: &captured)
        return truth
      }
      messages = captured.messages
      if lost > 0 { messages = Self.messages(messages, of: truth, after: lost) }
      var rows = TraceBuffer()
      found = try Attribution(layout: layout).read(
        forEachBlock: { [messages] in try $0(messages) }, into: &rows)
      transfers = rows.transfers
    }

    private static func messages(
      _ messages: MessageTable, of truth: SynthesisedTraining, after count: Int
    ) -> MessageTable {
      let starts = Dictionary(
        grouping: truth.operations.filter { $0.role == .expert && $0.iteration == 0 },
        by: { [$0.layer, Int32($0.phase.rawValue)] }
      ).values.map { $0.map(\.start).min() ?? 0 }.sorted()
      var kept = MessageTable()
      for row in 0..<messages.count where messages.start[row] >= starts[count] - 200_000 {
        kept.append(messages[row])
      }
      return kept
    }

    /// Share of the bytes whose operation is as `isRight(true, found)` asks.
    func share(where isRight: (SynthesisedOperation, TraceModel.Operation) -> Bool) -> Double {
      var operationsOfQueuePair: [UInt64: [(start: Int64, operation: Int)]] = [:]
      for flow in truth.flows {
        let key = UInt64(flow.destinationQueuePair) << 32 | UInt64(flow.destinationNIC)
        operationsOfQueuePair[key, default: []].append(
          (truth.operations[flow.operation].start, flow.operation))
      }
      var (right, all) = (Int64(0), Int64(0))
      for row in 0..<messages.count {
        let message = messages[row]
        let place = layout.addresses[Int(message.destination)]
        let nic = place.server * layout.nicsPerServer + place.nic
        let known = operationsOfQueuePair[UInt64(message.channel) << 32 | UInt64(nic)] ?? []
        guard
          let expected = known.filter({ $0.start <= message.start }).max(by: { $0 < $1 })
        else { continue }
        all += message.bytes
        if let operation = found.operation(of: message),
          isRight(truth.operations[expected.operation], operation)
        {
          right += message.bytes
        }
      }
      return Double(right) / Double(max(1, all))
    }
  }

  private func job(
    _ parallelism: Parallelism, gpus: Int, layers: Int, microBatches: Int = 1, seed: UInt64
  ) -> SynthesisPlan {
    var plan = SynthesisPlan(preset: .mixtral8x7B, tokensPerRank: 128)
    plan.layout = Layout(
      serverCount: parallelism.rankCount / gpus, gpusPerServer: gpus, parallelism: parallelism)
    plan.layers = Array(0..<layers)
    plan.sharesOutLayers = true
    plan.iterations = 3
    plan.microBatches = microBatches
    plan.seed = seed
    return plan
  }

  private func hasRightLabels(_ truth: SynthesisedOperation, _ found: TraceModel.Operation) -> Bool
  {
    truth.role == found.role && truth.phase == found.phase && truth.iteration == found.iteration
      && truth.layer == found.layer
  }

  @Test("reductions and activations beside the backward pass keep their roles, all-to-alls theirs")
  func dataAndPipeline() throws {
    let plan = job(
      Parallelism(expert: 4, pipeline: 2, data: 4), gpus: 1, layers: 4, microBatches: 3, seed: 5)
    let sample = try Sample([TrainingJob(plan)], on: plan.layout)
    #expect(sample.share(where: hasRightLabels) > 0.99)
    #expect(sample.share { $0.role != .expert || $0.microBatch == $1.microBatch } > 0.99)
    #expect(sample.found.summary.iterationCount == 3)
    #expect(sample.found.summary.communicatorCount > 3)
  }

  @Test(
    "a ring in every layer is tensor-parallel, one at the end of the backward pass data-parallel")
  func tensorOverServers() throws {
    let plan = job(
      Parallelism(tensor: 4, expert: 8, expertTensor: 1, data: 4), gpus: 1, layers: 3, seed: 6)
    let sample = try Sample([TrainingJob(plan)], on: plan.layout)
    #expect(sample.share(where: hasRightLabels) > 0.99)
  }

  @Test("a capture that begins inside an iteration holds the end of one")
  func partOfAnIteration() throws {
    let plan = job(Parallelism(expert: 8, data: 16), gpus: 2, layers: 3, seed: 4)
    let sample = try Sample([TrainingJob(plan)], on: plan.layout, withoutBursts: 4)
    #expect(sample.share(where: hasRightLabels) > 0.99)
  }

  @Test("two jobs on the GPUs of the same servers are told apart, each with its own iterations")
  func twoJobs() throws {
    let first = job(Parallelism(expert: 8, data: 8), gpus: 1, layers: 2, seed: 7)
    let second = job(Parallelism(expert: 8, data: 8), gpus: 1, layers: 3, seed: 8)
    let sample = try Sample(
      [
        TrainingJob(first, ranks: (0..<8).map { 2 * $0 }),
        TrainingJob(
          second, ranks: (0..<8).map { 2 * $0 + 1 }, delayNanoseconds: 77_000_000),
      ], on: Layout(serverCount: 8, gpusPerServer: 2))
    #expect(sample.found.summary.jobCount == 2)
    #expect(sample.share(where: hasRightLabels) > 0.99)
    #expect(sample.found.summary.notes.contains { $0.contains("2 jobs") })
    let share = sample.share {
      sample.found.jobOfOperation[Int($1.id)] == $0.job
    }
    #expect(share > 0.99)
  }

  @Test("every byte is in one transfer, and the order of messages does not matter")
  func keepsBytes() throws {
    let plan = job(
      Parallelism(expert: 4, pipeline: 2, data: 4), gpus: 1, layers: 2, microBatches: 2, seed: 9)
    let sample = try Sample([TrainingJob(plan)], on: plan.layout)
    #expect(
      sample.transfers.bytes.reduce(0, +) == sample.messages.bytes.reduce(0, +))
    var shuffled = MessageTable()
    var random = RandomStream(seed: 3)
    for row in random.permutation(sample.messages.count) { shuffled.append(sample.messages[row]) }
    var rows = TraceBuffer()
    let again = try Attribution(layout: sample.layout).read(
      forEachBlock: { [shuffled] in try $0(shuffled) }, into: &rows)
    func bytes(_ found: AttributedCapture, _ transfers: TransferTable) -> [Role: Int64] {
      var sums: [Role: Int64] = [:]
      for row in 0..<transfers.count {
        let operation = found.operations.rows[Int(transfers.operation[row])]
        sums[operation.role, default: 0] += transfers.bytes[row]
      }
      return sums
    }
    #expect(bytes(again, rows.transfers) == bytes(sample.found, sample.transfers))
    #expect(again.operations.count == sample.found.operations.count)
  }

  @Test(
    "a message that lost its last packets and the next one's first does not join two operations")
  func bridge() throws {
    let layout = Layout(
      serverCount: 4, gpusPerServer: 1,
      addresses: (0..<4).map { NICAddress(text: "10.0.0.\($0)", server: $0, nic: 0) })
    var messages = MessageTable()
    for beat in 0..<6 {
      for source in 0..<4 {
        for destination in 0..<4 where destination != source {
          let start = Int64(beat) * 10_000_000
          let isBridge = beat == 2 && source == 1 && destination == 2
          messages.append(
            Message(
              source: Int32(source), destination: Int32(destination), channel: 9, kind: .write,
              start: start, end: start + (isBridge ? 10_050_000 : 100_000), bytes: 4_096,
              packets: 4, missingPackets: isBridge ? 2 : 0))
        }
      }
    }
    var buffer = TraceBuffer()
    _ = try Attribution(layout: layout).run(forEachBlock: { try $0(messages) }, into: &buffer)
    #expect(buffer.operations.count == 6)
  }
}
