import Replay
import TraceModel
import TraceSynthesis

let replayBenchmarks = [
  Benchmark(name: "replay/all-to-all-64", unit: "flows", workCount: 64 * 63) {
    let problem = unevenAllToAll(nodeCount: 64)
    return {
      let solution = try problem.solve()
      return solution.eventCount &+ Int(solution.completion)
    }
  },
  Benchmark(name: "replay/mixnet-iteration", unit: "phases", workCount: 4 * 4) {
    var plan = SynthesisPlan(preset: .mixtral8x7B, tokensPerRank: 256)
    plan.iterations = 1
    plan.layers = [0, 8, 16, 24]
    var buffer = TraceBuffer()
    let metadata = try synthesiseTrace(plan, into: &buffer)
    let workload = try Workload(
      trace: Trace(metadata: metadata, operations: buffer.operations, routing: buffer.routing))
    let fabrics = FabricCatalogue.presets(layout: workload.layout)
    let mixnet = fabrics.first { $0.name == "mixnet" } ?? fabrics[0]
    return {
      let result = try replay(workload, on: mixnet)
      return result.phases.count &+ Int(result.bytes.total)
    }
  },
]

/// Every node sends to every other one through its own link up and the other's link down, with
/// sizes that differ, so that flows end one after the other.
private func unevenAllToAll(nodeCount: Int) -> FluidProblem {
  var random = RandomStream(seed: 3)
  var problem = FluidProblem(linkCapacity: [Double](repeating: 1, count: 2 * nodeCount))
  for source in 0..<nodeCount {
    for destination in 0..<nodeCount where destination != source {
      problem.appendFlow(
        bytes: Double(16_384 * (1 + random.below(64))),
        over: [Int32(source), Int32(nodeCount + destination)])
    }
  }
  return problem
}
