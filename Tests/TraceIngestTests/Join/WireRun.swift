import TraceModel

/// What a network would have carried of a routing trace, stage by stage, in an order of passes that the
/// test says.
struct WireRun {
  var network: Trace
  /// By operation id of the network's trace.
  var truth: [Int32: Workload.Step] = [:]

  /// Some layers of one micro-batch, forward or backward.
  struct Pass {
    var microBatch: Int
    var isBackward: Bool
    var layers: ClosedRange<Int32> = 0...Int32.max
  }

  /// - Parameter passes: of one iteration on a stage.
  init(_ gates: Trace, passes: (_ stage: Int) -> [Pass]) throws {
    let workload = try Workload(trace: gates, grain: .server)
    network = Trace(metadata: TraceMetadata(layout: gates.metadata.layout))
    var time: Int64 = 1_000_000
    for iteration in workload.iterations {
      let begin = time
      for stage in 0..<gates.metadata.layout.parallelism.pipeline {
        var clock = begin + Int64(stage) * 700
        for pass in passes(stage) {
          let steps = workload.steps.filter {
            $0.iteration == iteration && Int($0.stage) == stage
              && Int($0.microBatch) == pass.microBatch && $0.phase.isBackward == pass.isBackward
              && pass.layers.contains($0.layer)
          }
          for step in steps {
            append(step, of: workload, at: clock)
            clock += 3_000
          }
        }
        time = max(time, clock + 50_000)
      }
    }
  }

  private mutating func append(_ step: Workload.Step, of workload: Workload, at start: Int64) {
    let id = Int32(network.operations.count)
    network.operations.append(
      Operation(
        id: id, kind: .allToAll, role: .expert, grain: .server, start: start, end: start + 1_000))
    workload.forEachPair(of: step) { source, destination, bytes in
      guard source != destination else { return }
      network.transfers.append(
        operation: id, source: Int32(source), destination: Int32(destination), bytes: bytes,
        start: start, end: start + 1_000)
    }
    truth[id] = step
  }

  /// Operations of a joined trace whose place in the run is the true one.
  func rightCount(in joined: Trace) -> Int {
    joined.operations.rows.count {
      let step = truth[$0.id]
      return $0.iteration == step?.iteration && $0.microBatch == step?.microBatch
        && $0.stage == step?.stage && $0.layer == step?.layer && $0.phase == step?.phase
    }
  }

  /// Moves a share of an operation's bytes to the pair that has least.
  mutating func blur(_ operation: Int32, by share: Double) {
    let rows = network.transfers.operation.indices.filter {
      network.transfers.operation[$0] == operation
    }
    guard let last = rows.min(by: { network.transfers.bytes[$0] < network.transfers.bytes[$1] })
    else { return }
    for row in rows where row != last {
      let moved = Int64(Double(network.transfers.bytes[row]) * share)
      network.transfers.bytes[row] -= moved
      network.transfers.bytes[last] += moved
    }
  }
}
