import LocalityAnalysis
import TraceModel
import TraceSynthesis

/// A synthesised run on servers of one GPU, with one expert each: what is planted for ranks and
/// experts is planted for servers.
struct PlantedRun {
  let plan: SynthesisPlan
  let schedule: GateSchedule
  let workload: Workload

  /// - Parameter tokens: drawn by each server in an iteration; the fewer, the more noise.
  init(
    servers: Int, tokens: Int, seed: UInt64, _ change: (inout SynthesisPlan) -> Void
  ) throws {
    let model = ExpertModel(
      name: "planted", layerCount: 1, expertCount: servers, topK: 2, hiddenSize: 1_024)
    var plan = SynthesisPlan(
      model: model, layout: Layout(serverCount: servers, gpusPerServer: 1), tokensPerRank: tokens)
    plan.seed = seed
    (plan.skew, plan.pairAffinity, plan.drift) = (0, 0, 0)
    change(&plan)
    self.plan = plan
    schedule = GateSchedule(plan)
    var buffer = TraceBuffer()
    let metadata = try synthesiseTrace(plan, into: &buffer)
    workload = try Workload(
      trace: Trace(metadata: metadata, operations: buffer.operations, routing: buffer.routing),
      grain: .server)
  }

  /// Bytes dispatched between servers in some iterations; nil for all.
  func dispatched(in iterations: [Int32]? = nil) -> TrafficMatrix {
    let chosen = iterations.map { Set($0) }
    return workload.matrix(
      of: workload.steps.filter {
        $0.phase == .dispatchForward && (chosen?.contains($0.iteration) ?? true)
      }
    ).withoutDiagonal
  }

  /// Bytes that each server receives in each iteration.
  var receipts: [[Double]] {
    (0..<plan.iterations).map { dispatched(in: [Int32($0)]).columnSums.map(Double.init) }
  }
}

/// The seeds of every table: what holds for one seed may be luck.
let accuracySeeds = 1...UInt64(10)
