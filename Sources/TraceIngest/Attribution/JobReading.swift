internal import TraceModel

/// Reads the communicators of each job together: reductions of gradients say where iterations end,
/// all-to-alls say what layers and phases they have, and every burst gets its place in them.
struct JobReading {
  private(set) var readings: [CommunicatorReading] = []
  /// The job of each communicator.
  private(set) var jobOf: [Int]

  private let kinds: [Communicators.Kind]
  private let burstsPerIteration: Int?
  /// Where the iterations of each job end, when its reductions of gradients tell.
  private var cutsOfJob: [IterationCuts?] = []

  init(
    _ communicators: [CommunicatorBursts], kinds: [Communicators.Kind], burstsPerIteration: Int?
  ) {
    self.kinds = kinds
    self.burstsPerIteration = burstsPerIteration
    readings = communicators.map { CommunicatorReading($0) }
    jobOf = Self.jobs(of: communicators.map(\.nics))
    for job in 0..<jobCount { readIterations(ofJob: job) }
  }

  /// Tells layers and phases, and what follows from them.
  ///
  /// - Parameter sums: of each communicator's matrices, as its plan says.
  mutating func readMatrices(_ sums: [MatrixSums]) {
    for (communicator, sums) in sums.enumerated() { readings[communicator].readMatrices(sums) }
    for job in 0..<jobCount { readPlaces(ofJob: job) }
  }

  var jobCount: Int { (jobOf.max() ?? -1) + 1 }

  /// Communicators that share NICs, directly or through others, belong to one job.
  private static func jobs(of nicsOf: [Set<Int>]) -> [Int] {
    var sets = DisjointSets(count: nicsOf.count)
    var ownerOfNIC: [Int: Int] = [:]
    for (communicator, nics) in nicsOf.enumerated() {
      for nic in nics.sorted() {
        if let owner = ownerOfNIC[nic] {
          sets.join(owner, communicator)
        } else {
          ownerOfNIC[nic] = communicator
        }
      }
    }
    return sets.numbered().of.map { Int($0) }
  }

  // MARK: One job

  private func members(ofJob job: Int, kind: Communicators.Kind) -> [Int] {
    jobOf.indices.filter { jobOf[$0] == job && kinds[$0] == kind }
  }

  private mutating func readIterations(ofJob job: Int) {
    let exchanges = members(ofJob: job, kind: .exchange)
    let regular = members(ofJob: job, kind: .regular)
    for ring in regular where isTensor(ring, among: exchanges) { readings[ring].role = .tensor }
    let cuts = cuts(of: regular.filter { role(of: $0) == .data }, among: exchanges)
    cutsOfJob.append(cuts)
    for exchange in exchanges {
      // What the user declares about bursts is about those of all-to-alls.
      if let cuts, burstsPerIteration == nil {
        readings[exchange].readIterations(cuts)
      } else {
        readings[exchange].readRepetition(
          burstsPerIteration: burstsPerIteration, besides: cuts)
      }
    }
  }

  private mutating func readPlaces(ofJob job: Int) {
    let exchanges = members(ofJob: job, kind: .exchange)
    let regular = members(ofJob: job, kind: .regular)
    numberStages(of: exchanges, hasPipeline: regular.contains { role(of: $0) == .pipeline })
    guard let main = largest(exchanges) ?? largest(regular) else { return }
    let how = readings[main].labels.iterations
    let cuts = burstsPerIteration == nil ? cutsOfJob[job] : nil
    guard cuts != nil || how != nil else { return }
    let iterations = cuts ?? IterationCuts(ends: readings[main].iterationEnds)
    for communicator in regular { readings[communicator].follow(iterations, how: how) }
  }

  private func role(of communicator: Int) -> Role {
    let reading = readings[communicator]
    return reading.bursts.first?.groups.shapes.first.map { reading.role(of: $0) } ?? .other
  }

  private func largest(_ communicators: [Int]) -> Int? {
    communicators.max { (readings[$0].bytes, $1) < (readings[$1].bytes, $0) }
  }

  /// The exchange that shares most NICs with a communicator.
  private func partner(of communicator: Int, among exchanges: [Int]) -> Int? {
    let shared = exchanges.map { readings[$0].nics.intersection(readings[communicator].nics).count }
    return exchanges.indices.max { (shared[$0], $1) < (shared[$1], $0) }.map { exchanges[$0] }
  }

  // MARK: Rings

  /// Tensor-parallel sums run in every layer of every pass, gradient reductions once per iteration:
  /// a ring that is silent for no more than one layer's all-to-alls is tensor-parallel.
  private func isTensor(_ ring: Int, among exchanges: [Int]) -> Bool {
    guard role(of: ring) == .data, let partner = partner(of: ring, among: exchanges) else {
      return false
    }
    let starts = readings[partner].bursts.map(\.start)
    let own = readings[ring].bursts
    guard starts.count >= 8, own.count * 4 >= starts.count else { return false }
    let silences = zip(own, own.dropFirst()).map { before, after in
      countBefore(after.start, in: starts) - countBefore(before.start, in: starts)
    }
    return (silences.max() ?? .max) <= Self.layerExchanges
  }

  /// A dispatch, a combine and one more that a pause inside a sum may let in.
  private static let layerExchanges = 3

  private func cuts(of rings: [Int], among exchanges: [Int]) -> IterationCuts? {
    IterationCuts.joined(
      rings.map { ring in
        let partner = partner(of: ring, among: exchanges)
        let starts = partner.map { readings[$0].bursts.map(\.start) } ?? []
        return (
          IterationCuts.ofReductions(readings[ring].bursts, exchanges: starts),
          readings[ring].bytes
        )
      })
  }

  // MARK: Stages

  /// Exchanges of one job that a pipeline links are its stages: they begin one after the other, and
  /// their layers follow one another.
  private mutating func numberStages(of exchanges: [Int], hasPipeline: Bool) {
    guard hasPipeline, exchanges.count > 1 else { return }
    let order = exchanges.sorted {
      (readings[$0].bursts.first?.start ?? .max, $0)
        < (readings[$1].bursts.first?.start ?? .max, $1)
    }
    var firstLayer = 0
    for (stage, exchange) in order.enumerated() {
      readings[exchange].setStage(stage, firstLayer: firstLayer)
      firstLayer += readings[exchange].labels.layerCount
    }
  }
}
