import Foundation
import TestSupport
import TraceIngest
import TraceModel
import TraceSynthesis

/// A synthesised run of which only the capture and only the router logs are read.
struct JoinRun {
  var network: Trace
  var gates: Trace
  var truth: [SynthesisedBurst]

  static func plan(
    servers: Int = 8, gpusPerServer: Int = 1, parallelism: Parallelism,
    copies: CopyRule = .perExpert,
    preset: ModelPreset = .mixtral8x7B
  ) -> SynthesisPlan {
    var plan = SynthesisPlan(preset: preset, tokensPerRank: 256)
    plan.layout = Layout(
      serverCount: servers, gpusPerServer: gpusPerServer, parallelism: parallelism)
    plan.layers = [0, 1, 2]
    plan.iterations = 4
    plan.model.copies = copies
    return plan
  }

  static func capture(_ plan: SynthesisPlan) throws -> (Trace, [SynthesisedBurst]) {
    try withScratchFolder { folder in
      var parameters = CaptureParameters()
      parameters.byteReduction = 512
      parameters.messageBytes = 16 << 10
      let path = folder.appendingPathComponent("capture.pcap").path
      let truth = try synthesiseCapture(plan, parameters: parameters, path: path)
      var captured = TraceBuffer()
      let summary = try CaptureReader.read(
        paths: [path], options: IngestOptions(layout: plan.addressedLayout), into: &captured)
      let layout = summary.layout ?? plan.addressedLayout
      var found = TraceBuffer()
      _ = try Attribution(layout: layout).run(
        forEachBlock: { try $0(captured.messages) }, into: &found)
      let trace = Trace(
        metadata: TraceMetadata(layout: layout), operations: found.operations,
        transfers: found.transfers)
      return (trace, truth.bursts)
    }
  }

  static func gates(_ plan: SynthesisPlan, model: ExpertModel?) throws -> Trace {
    try withScratchFolder { folder in
      let paths = try synthesiseRouterLogs(plan, folder: folder.appendingPathComponent("logs").path)
      var routed = TraceBuffer()
      let summary = try RouterTraceReader.read(
        paths: paths, options: IngestOptions(layout: plan.layout, model: model), into: &routed)
      return Trace(
        metadata: TraceMetadata(
          layout: plan.layout, model: model, routingUnit: summary.routingUnit),
        operations: routed.operations, routing: routed.routing)
    }
  }

  init(_ plan: SynthesisPlan, model: ExpertModel? = nil) throws {
    (network, truth) = try Self.capture(plan)
    gates = try Self.gates(plan, model: model ?? plan.model)
  }

  /// Share of bytes whose iteration, micro-batch, layer and phase are those of the burst that they were in.
  static func rightShare(_ joined: Trace, _ truth: [SynthesisedBurst]) -> Double {
    var operationOf: [Int32: TraceModel.Operation] = [:]
    for operation in joined.operations.rows { operationOf[operation.id] = operation }
    var (right, all) = (0.0, 0.0)
    for row in 0..<joined.transfers.count {
      let start = joined.transfers.start[row]
      guard let burst = truth.last(where: { $0.start <= start }) else { continue }
      let operation = operationOf[joined.transfers.operation[row]]
      let isRight =
        operation?.iteration == burst.iteration && operation?.layer == burst.layer
        && operation?.phase == burst.phase && operation?.microBatch == burst.microBatch
      all += Double(joined.transfers.bytes[row])
      if isRight { right += Double(joined.transfers.bytes[row]) }
    }
    return right / all
  }
}

extension Trace {
  /// The trace without some of its operations, by their places in the order of time.
  func without(_ isLost: (_ place: Int) -> Bool) -> Trace {
    var kept = self
    let order = operations.rows.sorted { $0.start < $1.start }.map(\.id)
    let lost = Set(order.indices.filter(isLost).map { order[$0] })
    kept.operations.rows.removeAll { lost.contains($0.id) }
    kept.transfers = TransferTable()
    let all = transfers
    for row in 0..<all.count where !lost.contains(all.operation[row]) {
      kept.transfers.append(
        operation: all.operation[row], source: all.source[row], destination: all.destination[row],
        bytes: all.bytes[row], start: all.start[row], end: all.end[row])
    }
    return kept
  }

  /// The trace with only some of its routed operations and, of these, some source ranks.
  func routing(
    of isKept: (TraceModel.Operation) -> Bool, ranks isLogged: (Int32) -> Bool = { _ in true }
  ) -> Trace {
    var kept = self
    kept.operations.rows.removeAll { !isKept($0) }
    let ids = Set(kept.operations.rows.map(\.id))
    kept.routing = RoutingTable()
    for row in 0..<routing.count
    where ids.contains(routing.operation[row]) && isLogged(routing.sourceRank[row]) {
      let experts = routing.expertOffsets[row]..<routing.expertOffsets[row + 1]
      kept.routing.append(
        operation: routing.operation[row], sourceRank: routing.sourceRank[row],
        tokens: routing.tokens[row], expertSet: routing.experts[experts])
    }
    return kept
  }
}
