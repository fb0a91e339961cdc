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
  /// Jobs, operations and groups are numbered anew so that jobs share none; roles, phases and the order
  /// of each job's steps stay. The jobs start together: the first iterations of all get one number, and
  /// so on, counted from the first job's. A replay begins a job's next iteration when its own has
  /// ended, whatever the others do. The layout's groups are those of the jobs when all have the same
  /// sizes, else every rank is alone: declare the regions of an optical fabric then.
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
    var operations = Renumbering()
    var groups = Renumbering()
    var jobNumbers = Renumbering()
    let firstIteration = firstIteration(of: jobs)
    for job in jobs {
      let workload = job.workload
      let map = EndPlacement(
        servers: job.servers,
        endsPerServer: workload.endpointCount / workload.layout.serverCount)
      let firstDemand = demands.count
      for demand in 0..<workload.demands.count {
        _ = demands.append(demand, of: workload.demands, placedBy: map)
      }
      operations.begin(with: workload.steps.lazy.flatMap { [$0.operation] + $0.predecessors })
      jobNumbers.begin(with: workload.steps.isEmpty ? [0] : workload.steps.map(\.job))
      groups.begin(with: workload.steps.lazy.map(\.group).filter { $0 != Operation.unknown })
      var iterations: [Int32: Int32] = [:]
      for (place, iteration) in workload.iterations.enumerated() {
        iterations[iteration] = try Renumbering.number(firstIteration + Int64(place))
      }
      for var step in workload.steps {
        step.demand += firstDemand
        step.job = try jobNumbers.number(of: step.job)
        step.operation = try operations.number(of: step.operation)
        step.predecessors = try step.predecessors.map { id throws(WorkloadError) in
          try operations.number(of: id)
        }
        if step.group != Operation.unknown { step.group = try groups.number(of: step.group) }
        step.iteration = iterations[step.iteration] ?? step.iteration
        steps.append(step)
      }
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

  /// Unknown only where nothing has to be told apart.
  private static func firstIteration(of jobs: [PlacedJob]) -> Int64 {
    let first = Int64(jobs[0].workload.iterations.first ?? Operation.unknown)
    return jobs.allSatisfy { $0.workload.iterations.count < 2 } ? first : max(0, first)
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

/// Numbers of several jobs in one range, each job's in their own order after those of the jobs before.
private struct Renumbering {
  private var shift: Int64 = 0
  private var end: Int64 = 0

  /// The next job has these numbers; where none is negative, those of the first job stay.
  mutating func begin(with numbers: some Sequence<Int32>) {
    var (least, most) = (Int64(0), Int64(-1))
    for number in numbers {
      least = min(least, Int64(number))
      most = max(most, Int64(number))
    }
    shift = end - least
    end += most + 1 - least
  }

  func number(of own: Int32) throws(WorkloadError) -> Int32 {
    try Self.number(Int64(own) + shift)
  }

  static func number(_ wanted: Int64) throws(WorkloadError) -> Int32 {
    guard let number = Int32(exactly: wanted) else {
      throw WorkloadError(
        "the numbers of their operations, groups or iterations do not fit together", at: "jobs",
        advice: "Number the operations of each trace from 0 on.")
    }
    return number
  }
}
