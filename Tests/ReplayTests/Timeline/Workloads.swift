import TraceModel

/// Small workloads at server grain: one demand per entry, dispatch-forward only unless said.
enum Workloads {
  static func oneGPUPerServer(
    _ matrices: [TrafficMatrix], iterations: [Int32]? = nil, compute: Double = 0,
    phases: [Phase] = [.dispatchForward], bytesPerUnit: Int64 = 1
  ) -> Workload {
    let servers = matrices[0].size
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for (index, matrix) in matrices.enumerated() {
      let demand = demands.append(matrix)
      for phase in phases {
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
            iteration: iterations?[index] ?? 0, microBatch: 0, layer: Int32(index), group: 0,
            demand: demand, isTransposed: phase.runsFromExperts, bytesPerUnit: bytesPerUnit,
            computeBeforeNanoseconds: compute))
      }
    }
    return Workload(
      grain: .server,
      layout: Layout(serverCount: servers, gpusPerServer: 1, nicsPerServer: 8), demands: demands,
      steps: steps)
  }

  /// All pairs of ranks, random bytes, four phases, one layer per matrix.
  static func ranks(
    servers: Int, gpus: Int, layers: Int, _ random: inout RandomStream, compute: Double = 0
  ) -> Workload {
    var demands = DemandSet()
    var steps: [Workload.Step] = []
    for layer in 0..<layers {
      var matrix = TrafficMatrix(size: servers * gpus)
      for cell in matrix.cells.indices { matrix.cells[cell] = Int64(random.below(1 << 24)) }
      let demand = demands.append(matrix)
      for phase in Phase.allToAlls {
        steps.append(
          Workload.Step(
            operation: Int32(steps.count), kind: .allToAll, role: .expert, phase: phase,
            iteration: 0, microBatch: 0, layer: Int32(layer), group: 0, demand: demand,
            isTransposed: phase.runsFromExperts, computeBeforeNanoseconds: compute))
      }
    }
    return Workload(
      grain: .rank, layout: Layout(serverCount: servers, gpusPerServer: gpus), demands: demands,
      steps: steps)
  }
}
