import Replay
import TraceModel

/// Whole training iterations of 60 mixture-of-experts layers, four all-to-alls each, in which no two
/// demands are equal: what a day of traces is made of.
let iterationBenchmarks = [
  iterationBenchmark(servers: 128, fabric: "mixnet"),
  iterationBenchmark(servers: 4_096, fabric: "mixnet"),
  iterationBenchmark(servers: 128, fabric: "fat-tree"),
]

/// Servers of one expert group, and of one region.
private let groupSize = 8
private let layerCount: Int32 = 60

private func iterationBenchmark(servers: Int, fabric name: String) -> Benchmark {
  let groups = servers / groupSize
  return Benchmark(
    name: "replay/iteration-\(servers * 8)-\(name)", unit: "flows",
    workCount: groups * groupSize * (groupSize - 1) * Int(layerCount) * 4, isSmall: false
  ) {
    let workload = distinctIteration(servers: servers)
    let presets = FabricCatalogue.presets(layout: workload.layout)
    let fabric = presets.first { $0.name == name } ?? presets[0]
    return {
      let result = try replay(workload, on: fabric)
      return result.phases.count &+ Int(result.bytes.total)
    }
  }
}

/// One iteration at server grain; every all-to-all of every group has amounts of its own.
private func distinctIteration(servers: Int) -> Workload {
  let ranks = servers * 8
  let layout = Layout(
    serverCount: servers, gpusPerServer: 8,
    parallelism: Parallelism(expert: groupSize * 8, expertTensor: 1, data: ranks))
  var random = RandomStream(seed: 240)
  var demands = DemandSet()
  var steps: [Workload.Step] = []
  let phases: [(Phase, [Int32])] = [
    (.dispatchForward, Array(0..<layerCount)), (.combineForward, Array(0..<layerCount)),
    (.combineBackward, (0..<layerCount).reversed()),
    (.dispatchBackward, (0..<layerCount).reversed()),
  ]
  // Forward through ascending layers, then backward through descending ones.
  for pass in [phases[0...1], phases[2...3]] {
    for place in 0..<Int(layerCount) {
      for (phase, layers) in pass {
        for group in 0..<servers / groupSize {
          steps.append(
            Workload.Step(
              operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
              iteration: 0, layer: layers[place], group: Int32(group),
              demand: appendAllToAll(ofGroup: group, &random, to: &demands),
              computeBeforeNanoseconds: 2e6))
        }
      }
    }
  }
  return Workload(grain: .server, layout: layout, demands: demands, steps: steps)
}

private func appendAllToAll(
  ofGroup group: Int, _ random: inout RandomStream, to demands: inout DemandSet
) -> Int {
  var source: [Int32] = []
  var destination: [Int32] = []
  var amount: [Int64] = []
  for left in group * groupSize..<(group + 1) * groupSize {
    for right in group * groupSize..<(group + 1) * groupSize where right != left {
      source.append(Int32(left))
      destination.append(Int32(right))
      amount.append(Int64(1_000_000 + random.below(60_000_000)))
    }
  }
  return demands.append(source: source, destination: destination, amount: amount)
}
