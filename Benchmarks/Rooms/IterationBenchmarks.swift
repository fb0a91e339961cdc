import Replay
import TraceModel

/// Whole training iterations of 60 mixture-of-experts layers, four all-to-alls each, in which no two
/// demands are equal: what a day of traces is made of.
let iterationBenchmarks = [
  iterationBenchmark(servers: 128, fabric: "mixnet"),
  iterationBenchmark(servers: 4_096, fabric: "mixnet"),
  iterationBenchmark(servers: 128, fabric: "fat-tree"),
  iterationBenchmark(servers: 128, fabric: "rail-optimised", grain: .rank, step: 0.1),
  iterationBenchmark(servers: 4_096, fabric: "fat-tree-4to1", spacing: 512, step: 0.05),
]

/// Servers of one expert group, and of one region.
private let groupSize = 8
private let layerCount: Int32 = 60

/// - Parameters:
///   - spacing: how far apart the servers of a group stand; neighbours share leaves, others the core.
///   - step: of the batching; 0 for exact.
private func iterationBenchmark(
  servers: Int, fabric name: String, grain: Grain = .server, spacing: Int = 1, step: Double = 0
) -> Benchmark {
  let ends = groupSize * (grain == .rank ? 8 : 1)
  let groups = servers / groupSize
  return Benchmark(
    name: "replay/iteration-\(servers * 8)-\(name)" + (step > 0 ? "-batched" : ""), unit: "flows",
    workCount: groups * ends * (ends - 1) * Int(layerCount) * 4, isCounted: false, runCount: 3
  ) {
    let workload = distinctIteration(servers: servers, grain: grain, spacing: spacing)
    let fabric = iterationFabric(name, layout: workload.layout)
    return {
      let result = try replay(
        workload, on: fabric,
        options: ReplayOptions(batching: FluidBatching(relativeStep: step)))
      return result.phases.count &+ Int(result.bytes.total)
    }
  }
}

func iterationFabric(_ name: String, layout: Layout) -> FabricSpecification {
  let presets = FabricCatalogue.presets(layout: layout)
  if let preset = presets.first(where: { $0.name == name }) { return preset }
  var fabric = presets[0]
  fabric.name = name
  fabric.switchRadix = 128
  fabric.electrical = FatTree(serversPerLeaf: 8, leavesPerPod: 8, podOversubscription: 4)
  return fabric
}

/// One iteration; every all-to-all of every group has amounts of its own.
func distinctIteration(
  servers: Int, grain: Grain, spacing: Int, layers layerCount: Int32 = layerCount
) -> Workload {
  let layout = Layout(
    serverCount: servers, gpusPerServer: 8,
    parallelism: Parallelism(expert: groupSize * 8, expertTensor: 1, data: servers * 8))
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
          let ends = ends(ofGroup: group, grain: grain, spacing: spacing)
          steps.append(
            Workload.Step(
              operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
              iteration: 0, layer: layers[place], group: Int32(group),
              demand: appendAllToAll(among: ends, &random, to: &demands),
              computeBeforeNanoseconds: 2e6))
        }
      }
    }
  }
  return Workload(grain: grain, layout: layout, demands: demands, steps: steps)
}

/// Group g of spacing s: servers g mod s, + s, + 2 s … of its block.
private func ends(ofGroup group: Int, grain: Grain, spacing: Int) -> [Int32] {
  let first = group / spacing * spacing * groupSize + group % spacing
  let servers = (0..<groupSize).map { Int32(first + $0 * spacing) }
  return grain == .rank ? servers.flatMap { $0 * 8..<$0 * 8 + 8 } : servers
}

private func appendAllToAll(
  among ends: [Int32], _ random: inout RandomStream, to demands: inout DemandSet
) -> Int {
  var source: [Int32] = []
  var destination: [Int32] = []
  var amount: [Int64] = []
  // A rank has an eighth of its server's bytes and eight times the peers.
  let scale = ends.count > groupSize ? 64 : 1
  for left in ends {
    for right in ends where right != left {
      source.append(left)
      destination.append(right)
      amount.append(Int64((1_000_000 + random.below(60_000_000)) / scale))
    }
  }
  return demands.append(source: source, destination: destination, amount: amount)
}
