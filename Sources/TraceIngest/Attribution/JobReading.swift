internal import TraceModel

/// Reads the communicators of each job together: reductions of gradients say where iterations end,
/// all-to-alls say what layers and phases they have, and every burst gets its place in them.
struct JobReading {
  private(set) var readings: [CommunicatorReading] = []
  /// The job of each communicator.
  private(set) var jobOf: [Int]

  private let layout: Layout
  private let kinds: [Communicators.Kind]
  private let burstsPerIteration: Int?
  private var nicsOf: [Set<Int>] = []

  /// - Parameter bursts: of each communicator.
  init(
    _ bursts: [[Burst]], kinds: [Communicators.Kind], layout: Layout, burstsPerIteration: Int?
  ) {
    self.layout = layout
    self.kinds = kinds
    self.burstsPerIteration = burstsPerIteration
    nicsOf = bursts.map { bursts in
      var nics = Set<Int>()
      for transfer in bursts.lazy.flatMap(\.transfers) {
        nics.insert(transfer.pair.source)
        nics.insert(transfer.pair.destination)
      }
      return nics
    }
    jobOf = Self.jobs(of: nicsOf)
    for (communicator, own) in bursts.enumerated() {
      switch kinds[communicator] {
      case .exchange: readings.append(CommunicatorReading(own, groups: []))
      case .regular:
        readings.append(CommunicatorReading(own, groups: Self.regularGroups(of: own, layout)))
      }
    }
    for job in 0..<jobCount { read(job: job) }
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

  /// The groups of bursts whose ends have equal amounts: all have the shape of the whole, whatever
  /// part of it a burst shows.
  private static func regularGroups(
    of bursts: [Burst], _ layout: Layout
  ) -> [BurstReading.Groups] {
    var pairs = Set<EndPair>()
    for burst in bursts { pairs.formUnion(BurstReading.serverPairs(of: burst, layout: layout)) }
    let shapes = RegularClasses.regularShapes(of: Array(pairs)) ?? []
    // Rings of some groups and chains of others do not keep time: the first shape is all's.
    let shape =
      shapes.first { $0.kind == .ring } ?? shapes.first
      ?? BurstShape(kind: .unknown, role: .other, confidence: 0)
    return bursts.map { burst in
      let groupOf = communicatingGroups(of: BurstReading.serverPairs(of: burst, layout: layout))
      return BurstReading.Groups(
        groupOfTransfer: groupOf,
        shapes: [BurstShape](repeating: shape, count: (groupOf.max() ?? -1) + 1))
    }
  }

  // MARK: One job

  private mutating func read(job: Int) {
    let members = jobOf.indices.filter { jobOf[$0] == job }
    let exchanges = members.filter { kinds[$0] == .exchange }
    let regular = members.filter { kinds[$0] == .regular }
    for ring in regular where isTensor(ring, among: exchanges) { setRole(.tensor, of: ring) }
    let cuts = cuts(of: regular.filter { role(of: $0) == .data }, among: exchanges)
    for exchange in exchanges {
      let bursts = readings[exchange].bursts
      // What the user declares about bursts is about those of all-to-alls.
      if let cuts, burstsPerIteration == nil {
        readings[exchange] = CommunicatorReading(bursts, layout: layout, cuts: cuts)
      } else {
        readings[exchange] = CommunicatorReading(
          bursts, layout: layout, burstsPerIteration: burstsPerIteration)
      }
    }
    numberStages(of: exchanges, hasPipeline: regular.contains { role(of: $0) == .pipeline })
    guard let main = largest(exchanges) ?? largest(regular) else { return }
    let iterations = cuts ?? IterationCuts(ends: Self.iterationEnds(of: readings[main]))
    guard cuts != nil || readings[main].iterations != nil else { return }
    for communicator in regular {
      readings[communicator].iterations = readings[main].iterations
      for (index, burst) in readings[communicator].bursts.enumerated() {
        readings[communicator].labels[index].iteration = Int32(
          clamping: iterations.iteration(ofStart: burst.start))
      }
    }
  }

  private func role(of communicator: Int) -> Role {
    readings[communicator].groups.first?.shapes.first?.role ?? .other
  }

  private mutating func setRole(_ role: Role, of communicator: Int) {
    let reading = readings[communicator]
    let groups = reading.groups.map { group in
      var group = group
      for index in group.shapes.indices { group.shapes[index].role = role }
      return group
    }
    readings[communicator] = CommunicatorReading(reading.bursts, groups: groups)
  }

  private func largest(_ communicators: [Int]) -> Int? {
    communicators.max { (readings[$0].bytes, $1) < (readings[$1].bytes, $0) }
  }

  /// The exchange that shares most NICs with a communicator.
  private func partner(of communicator: Int, among exchanges: [Int]) -> Int? {
    let shared = exchanges.map { nicsOf[$0].intersection(nicsOf[communicator]).count }
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

  /// The times after which another iteration begins, from the bursts of one communicator.
  private static func iterationEnds(of reading: CommunicatorReading) -> [Int64] {
    zip(reading.bursts.indices, reading.bursts.indices.dropFirst()).compactMap { before, after in
      reading.labels[before].iteration == reading.labels[after].iteration
        ? nil : reading.bursts[after].start &- 1
    }
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
      for index in readings[exchange].labels.indices {
        readings[exchange].labels[index].stage = Int32(stage)
        guard readings[exchange].labels[index].layer != Operation.unknown else { continue }
        readings[exchange].labels[index].layer += Int32(firstLayer)
      }
      firstLayer += readings[exchange].layerCount
    }
  }
}
