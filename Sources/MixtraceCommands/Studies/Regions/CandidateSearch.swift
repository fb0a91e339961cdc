internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// What is tried: every combination of these.
struct CandidateLists {
  var plans: [LocalityAnalysis.RegionPlan]
  var opticalNICs: [Int]
  var switches: [CandidateFabrics.OpticalSwitch]
  var schedulers: [String]
  /// Decibels that light may lose between two transceivers; nil when it is not checked.
  var lossBudget: Double?
}

/// Every network that some lists allow, compared on one workload.
struct CandidateSearch {
  let grid: CandidateGrid
  let choice: CandidateChoice
  /// The iterations of the race; nil where every replay is of all.
  let representatives: RepresentativeIterations?
  /// The numbers of all iterations.
  private let iterations: [Int32]
  private let trials: CandidateTrials
  private let options: RaceOptions

  /// - Parameters:
  ///   - fabric: the regional fabric whose regions, optical NICs, switch and scheduler are replaced.
  ///   - sampleCount: representative iterations of the race; nil to replay all.
  /// - Throws: a `VerbError` where nothing can be replayed.
  init(
    _ lists: CandidateLists, on fabric: FabricSpecification, workload: Workload,
    parameters: FabricParameters, tolerance: Double = 0.05, sampleCount: Int? = nil,
    progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
  ) throws {
    let grid = Self.grid(lists, on: fabric, workload: workload)
    self.grid = grid
    iterations = workload.iterations
    let count = grid.candidates.count
    var options = RaceOptions(tolerance: tolerance, progress: { progress($0, count) })
    var sample: CandidateTrials.Sample?
    if let sampleCount, workload.jobs.count == 1, workload.iterations.count > sampleCount,
      parameters.options.pacing == .dependencies
    {
      let representatives = RepresentativeIterations(
        Self.features(of: workload), count: sampleCount)
      let numbers = workload.iterations
      let chosen = Set(representatives.places.map { numbers[$0] })
      let raced = workload.keepingSteps { chosen.contains($0.iteration) }
      sample = CandidateTrials.Sample(
        representatives, of: raced, arePooled: fabric.nicPolicy == .pooled)
      options.representatives = representatives
    }
    representatives = options.representatives
    self.options = options
    do {
      trials = try CandidateTrials(
        workload,
        on: try CandidateFabrics(
          fabric, opticalNICs: lists.opticalNICs, switches: lists.switches, parameters: parameters,
          layout: workload.layout), candidates: grid.candidates, sample: sample)
    } catch let error as ReplayError {
      throw VerbError(
        "no region can be judged on \(fabric.name): \(error.description.onOneLine)")
    }
    choice = chooseCandidate(grid.candidates, evaluator: trials, options: options)
    if choice.scores.isEmpty {
      let reason = choice.dropped.lazy.compactMap { dropped -> String? in
        if case .failed(let reason) = dropped.reason { reason } else { nil }
      }.first
      throw VerbError("no region can be judged on \(fabric.name): \(reason ?? "nothing to try")")
    }
  }

  /// The choice among those with circuits alone; nothing is replayed again.
  func choiceWithCircuits() -> CandidateChoice {
    if choice[.smallest]?.candidate.plan.hasCircuits == true { return choice }
    return chooseCandidate(
      grid.candidates.filter(\.plan.hasCircuits), evaluator: trials, options: options)
  }

  /// The smallest region with circuits where the smallest of all has none; nil where no region has any.
  var sentenceIfBought: String? {
    guard choice[.smallest]?.candidate.plan.hasCircuits == false else { return nil }
    return choiceWithCircuits().sentence(on: .smallest).map {
      "Of networks with circuits alone, s\($0.dropFirst())"
    }
  }

  /// What circuits are worth where they have most to choose from: in regions as large as an expert group, or
  /// the nearest to it, with the most optical NICs and the fastest switch for them; nil without circuits.
  ///
  /// On the iterations of the race, where there are some.
  func opticsStudy() -> OpticsStudy? {
    let layout = trials.workload.layout
    let group = ExpertBlocks(networkEndsOf: layout).largestSize * layout.serversPerNetworkEnd
    func rank(_ candidate: Candidate) -> (Int, Int, Int, Double) {
      let size = candidate.plan.size
      let delay = (try? trials.fabrics.fabric(of: candidate).get())?.optical?.delay
      return (
        size < group ? 1 : 0, abs(size - group), -candidate.opticalNICsPerServer,
        delay?.nanoseconds(forPairs: candidate.opticalNICsPerServer * size / 2) ?? .infinity
      )
    }
    let optical = grid.candidates.filter(\.plan.hasCircuits)
    guard let widest = optical.min(by: { rank($0) < rank($1) }),
      var fabric = try? trials.fabrics.fabric(of: widest).get()
    else { return nil }
    fabric.name =
      Candidate(
        plan: widest.plan, opticalNICsPerServer: widest.opticalNICsPerServer,
        technology: widest.technology
      ).name
    return OpticsStudy(of: trials.sample?.recorded ?? trials.workload, on: fabric)
  }

  /// Nanoseconds of all iterations on a network of unlimited rate; nil where recorded times say when
  /// operations start.
  func unlimitedNanoseconds() -> Double? {
    guard trials.fabrics.parameters.options.pacing == .dependencies,
      case .played(let times) = trials.playUnlimited()
    else { return nil }
    return trials.sample?.representatives.expand(times).reduce(0) { $0 + $1.nanoseconds }
      ?? times.nanoseconds
  }

  /// Of one NIC of the network without circuits.
  var nicBitsPerSecond: Double { trials.fabrics.electrical.nicBitsPerSecond }

  /// True where no circuit can beat the network without any: it gives every server all of its NICs.
  var packetsNeverBlock: Bool {
    let packets = trials.fabrics.electrical
    return packets.nicPolicy == .pooled && packets.failures.isEmpty
      && packets.electrical.isNonBlocking(serverCount: trials.workload.layout.serverCount)
  }

  /// What the network without circuits is, where the user says.
  var electricalRemark: String? {
    let name = trials.fabrics.electrical.name
    return trials.fabrics.parameters.declared.contains { $0.name == name }
      ? "Without circuits: \(name) of the file of fabrics, which is also the packet network beside circuits."
      : nil
  }

  /// On which iterations candidates raced; nil where all were replayed.
  var sampleSentence: String? {
    guard let representatives else { return nil }
    let numbers = zip(representatives.places, representatives.weights)
      .map { "\(iterations[$0]) (for \($1))" }.joined(separator: ", ")
    let grain =
      trials.sample.map { $0.workload.grain == trials.workload.grain ? "" : ", server by server," }
    return
      "Candidates raced\(grain ?? "") on iterations \(numbers): the medoids of the bytes that servers "
      + "exchange."
  }

  private static func grid(
    _ lists: CandidateLists, on fabric: FabricSpecification, workload: Workload
  ) -> CandidateGrid {
    let duplex = fabric.optical?.duplex ?? .paired
    let known = lists.schedulers.map { ($0, CircuitSchedulers.named($0)) }
    var grid = CandidateGrid(
      plans: lists.plans, serverCount: workload.layout.serverCount,
      nicsPerServer: fabric.nicsPerServer, opticalNICs: lists.opticalNICs,
      switches: lists.switches.map(\.kind), lossBudgetDecibels: lists.lossBudget
    ) { kind in
      known.filter { $0.1?.hardwareDefect(on: duplex) == nil }.map(\.0)
        .filter { kind.name != Self.rotor || !followsDemand($0) }
    }
    let perScheduler = lists.plans.count(where: \.hasCircuits) * lists.opticalNICs.count
    for (_, scheduler) in known {
      if let defect = scheduler?.hardwareDefect(on: duplex) {
        grid.omit(perScheduler * lists.switches.count, because: defect)
      } else if scheduler?.dependsOnDemand == true {
        grid.omit(
          perScheduler * lists.switches.count { $0.kind.name == Self.rotor },
          because: "a rotor turns by the clock and follows no demand")
      }
    }
    return grid
  }

  private static let rotor = "rotor"

  private static func followsDemand(_ scheduler: String) -> Bool {
    CircuitSchedulers.named(scheduler)?.dependsOnDemand ?? true
  }

  /// Bytes that every server sends and receives in each iteration, in the order of the iterations.
  private static func features(of workload: Workload) -> [[Double]] {
    let numbers = workload.iterations
    let steps = Dictionary(grouping: workload.steps, by: \.iteration)
    return parallelMap(count: numbers.count) { place in
      let matrix = workload.matrix(of: steps[numbers[place]] ?? [], at: .server)
      var sums = [Double](repeating: 0, count: 2 * matrix.size)
      for source in 0..<matrix.size {
        for destination in 0..<matrix.size where source != destination {
          let bytes = Double(matrix[source, destination])
          sums[source] += bytes
          sums[matrix.size + destination] += bytes
        }
      }
      return sums
    }
  }
}
