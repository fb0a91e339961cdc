import LocalityAnalysis
import TraceModel

let localityBenchmarks = [
  Benchmark(name: "locality-analysis/256-servers", unit: "pairs", workCount: 4 * 256 * 255) {
    let workload = clusterWorkload(serverCount: 256, iterations: 2, layers: 2)
    return {
      let report = analyseLocality(workload)
      return report.curve.count + report.verdict.count + Int(report.total.betweenDomains & 0xFFFF)
    }
  }
]

/// All-to-alls among all servers that prefer the other members of a region of eight.
private func clusterWorkload(serverCount: Int, iterations: Int, layers: Int) -> Workload {
  var random = RandomStream(seed: 7)
  var demands = DemandSet()
  var steps: [Workload.Step] = []
  for iteration in 0..<iterations {
    for layer in 0..<layers {
      var matrix = TrafficMatrix(size: serverCount)
      for source in 0..<serverCount {
        for destination in 0..<serverCount where destination != source {
          let isNear = source / 8 == destination / 8
          matrix[source, destination] = Int64((isNear ? 2_000 : 100) + random.below(200)) * 4_096
        }
      }
      steps.append(
        Workload.Step(
          operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: .dispatchForward,
          iteration: Int32(iteration), layer: Int32(layer), demand: demands.append(matrix)))
    }
  }
  return Workload(
    grain: .server, layout: Layout(serverCount: serverCount, gpusPerServer: 1), demands: demands,
    steps: steps)
}
