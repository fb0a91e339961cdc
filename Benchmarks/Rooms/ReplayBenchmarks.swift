import Replay
import TraceModel
import TraceSynthesis

let replayBenchmarks =
  fluidBenchmarks + [
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
    }
  ]
