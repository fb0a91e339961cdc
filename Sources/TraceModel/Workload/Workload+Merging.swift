/// One job among several on a fabric: its workload, and the server of the cluster for each of its
/// own.
public struct PlacedJob: Sendable, Hashable {
  public var workload: Workload
  public var servers: [Int]

  /// A job on any servers, in the order of its own.
  public init(_ workload: Workload, servers: [Int]) {
    self.workload = workload
    self.servers = servers
  }

  /// A job on consecutive servers.
  public init(_ workload: Workload, firstServer: Int) {
    self.init(
      workload,
      servers: (0..<workload.layout.serverCount).map { firstServer &+ $0 })
  }
}

extension Workload {
  /// Several jobs on one cluster, each on servers of its own.
  ///
  /// Operations and groups are numbered anew so that jobs share none; roles, phases and the order of
  /// each job's steps stay. Equal iteration numbers stand together, but no job waits for another. The
  /// layout's groups are those of the jobs when all have the same sizes, else every rank is alone:
  /// declare the regions of an optical fabric then.
  ///
  /// - Parameter serverCount: servers of the cluster; some may be idle.
  /// - Throws: `WorkloadError` when grains or servers differ in kind, or a server is named twice or
  ///   lies outside the cluster.
  /// - Complexity: O(pairs log pairs + steps).
  public static func merging(
    _ jobs: [PlacedJob], serverCount: Int
  ) throws(WorkloadError) -> Workload {
    let layout = try mergedLayout(jobs, serverCount: serverCount)
    let grain = jobs[0].workload.grain
    var demands = DemandSet()
    var steps: [Step] = []
    var operations: Int64 = 0
    var groups: Int64 = 0
    for job in jobs {
      let workload = job.workload
      let map = EndPlacement(
        servers: job.servers,
        endsPerServer: workload.endpointCount / workload.layout.serverCount)
      let firstDemand = demands.count
      for demand in 0..<workload.demands.count {
        _ = demands.append(demand, of: workload.demands, placedBy: map)
      }
      for var step in workload.steps {
        step.demand += firstDemand
        step.operation = try renumbered(step.operation, by: operations)
        for index in step.predecessors.indices {
          step.predecessors[index] = try renumbered(step.predecessors[index], by: operations)
        }
        step.group = try renumbered(step.group, by: groups)
        steps.append(step)
      }
      operations += Int64(workload.steps.map(\.operation).max() ?? -1) + 1
      groups += Int64(workload.steps.map(\.group).max() ?? -1) + 1
    }
    let models = Set(jobs.map(\.workload.model))
    return Workload(
      grain: grain, layout: layout, model: models.count == 1 ? jobs[0].workload.model : nil,
      demands: demands, steps: byIteration(steps), provenance: mergedProvenance(jobs))
  }

  private static func mergedLayout(
    _ jobs: [PlacedJob], serverCount: Int
  ) throws(WorkloadError) -> Layout {
    guard let first = jobs.first?.workload else {
      throw WorkloadError("there is no job to place", at: "jobs")
    }
    guard (1...Layout.serverLimit).contains(serverCount) else {
      throw WorkloadError("a cluster of \(serverCount) servers", at: "cluster")
    }
    var isTaken = [Bool](repeating: false, count: serverCount)
    for (number, job) in jobs.enumerated() {
      let place = "job \(number)"
      let own = job.workload.layout
      if let defect = own.defect { throw WorkloadError(defect, at: place) }
      guard job.workload.grain == first.grain else {
        throw WorkloadError(
          "its ends are \(job.workload.grain.name)s, those of job 0 are \(first.grain.name)s",
          at: place, advice: "Build all workloads at the grain `server`.")
      }
      guard own.gpusPerServer == first.layout.gpusPerServer,
        own.nicsPerServer == first.layout.nicsPerServer,
        own.serversPerScaleUpDomain == first.layout.serversPerScaleUpDomain
      else { throw WorkloadError("its servers are not built like those of job 0", at: place) }
      guard job.servers.count == own.serverCount else {
        throw WorkloadError(
          "it has \(own.serverCount) servers, and \(job.servers.count) are named", at: place)
      }
      for server in job.servers {
        guard isTaken.indices.contains(server) else {
          throw WorkloadError(
            "server \(server) is outside the cluster's \(serverCount) servers", at: place)
        }
        guard !isTaken[server] else {
          throw WorkloadError("server \(server) is taken", at: place)
        }
        isTaken[server] = true
      }
    }
    var layout = first.layout
    layout.serverCount = serverCount
    layout.addresses = []
    layout.parallelism = mergedParallelism(jobs, rankCount: layout.rankCount)
    if let defect = layout.defect { throw WorkloadError(defect, at: "cluster") }
    return layout
  }

  /// The jobs' groups over the ranks of the cluster, as one stage.
  private static func mergedParallelism(_ jobs: [PlacedJob], rankCount: Int) -> Parallelism {
    var sizes = jobs.map { job -> Parallelism in
      var own = job.workload.layout.parallelism
      (own.data, own.pipeline) = (1, 1)
      return own
    }
    let lanes = sizes[0].tensor * sizes[0].context
    if Set(sizes).count == 1, rankCount % lanes == 0 {
      sizes[0].data = rankCount / lanes
      if sizes[0].defect == nil { return sizes[0] }
    }
    return Parallelism(data: rankCount)
  }

  private static func renumbered(
    _ number: Int32, by offset: Int64
  ) throws(WorkloadError) -> Int32 {
    guard number >= 0 else { return number }
    guard let moved = Int32(exactly: Int64(number) + offset) else {
      throw WorkloadError("the jobs have too many operations together", at: "jobs")
    }
    return moved
  }

  /// Steps by iteration; inside one each job keeps its order, the first job first.
  private static func byIteration(_ steps: [Step]) -> [Step] {
    steps.enumerated()
      .sorted { ($0.element.iteration, $0.offset) < ($1.element.iteration, $1.offset) }
      .map(\.element)
  }

  /// What is known of every job, as far as all agree.
  private static func mergedProvenance(_ jobs: [PlacedJob]) -> [String: Provenance] {
    var merged = jobs[0].workload.provenance.filter { entry in
      jobs.allSatisfy { $0.workload.provenance[entry.key] == entry.value }
    }
    merged["layout.placement"] = Provenance(
      .declared, method: "\(jobs.count) jobs on servers of their own")
    return merged
  }
}
