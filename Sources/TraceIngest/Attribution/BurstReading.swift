internal import TraceModel

/// What a sequence of bursts was: groups and their shapes, iterations, layers and phases.
struct BurstReading {
  /// The groups of each burst.
  let groups: [Groups]
  let period: IterationPeriod?
  let assignment: PlacedPhases?

  /// Who talked together in one burst, and the shape of each group's traffic.
  struct Groups {
    /// Group of each transfer of the burst.
    var groupOfTransfer: [Int]
    var shapes: [BurstShape]
  }

  /// Layers and phases by place in the iteration; nil where a burst is not an all-to-all.
  struct PlacedPhases {
    /// Where the first whole iteration begins.
    var offset: Int
    var layers: [Int32?]
    var phases: [Phase?]
    var likeness: Double
    var method: String
  }

  /// Reads bursts; `burstsPerIteration` replaces the inferred period.
  init(_ bursts: [Burst], layout: Layout, burstsPerIteration: Int?) {
    let groups = bursts.map { Self.groups(of: $0, layout: layout) }
    self.groups = groups
    let beats = bursts.indices.map { index in
      IterationPeriod.Beat(
        pauseNanoseconds: index > 0
          ? pause(from: bursts[index - 1].end, to: bursts[index].start) : 0,
        bytes: bursts[index].bytes, kind: groups[index].shapes.first?.kind.rawValue ?? 0)
    }
    let isDeclared = burstsPerIteration != nil
    var period =
      burstsPerIteration.map {
        IterationPeriod(length: min(max(1, $0), max(1, bursts.count)), offset: 0, likeness: 1)
      } ?? IterationPeriod.find(in: beats)
    assignment = period.flatMap {
      Self.phases(
        of: Self.allToAllBytes(of: bursts, groups: groups, length: $0.length, layout: layout),
        pauses: IterationPeriod.meanPauses(of: beats, length: $0.length), period: $0,
        keepsOffset: isDeclared)
    }
    if let assignment { period?.offset = assignment.offset }
    self.period = period
  }

  /// Servers, not NICs, talk to each other: the rails of one all-to-all belong together.
  static func serverPairs(of burst: Burst, layout: Layout) -> [EndPair] {
    burst.transfers.map {
      EndPair(
        source: layout.server(of: $0.pair.source, at: .nic),
        destination: layout.server(of: $0.pair.destination, at: .nic))
    }
  }

  static func groups(of burst: Burst, layout: Layout) -> Groups {
    let pairs = serverPairs(of: burst, layout: layout)
    let groupOfTransfer = communicatingGroups(of: pairs)
    var pairsOfGroup = [Set<EndPair>](repeating: [], count: (groupOfTransfer.max() ?? -1) + 1)
    for (pair, group) in zip(pairs, groupOfTransfer) { pairsOfGroup[group].insert(pair) }
    return Groups(
      groupOfTransfer: groupOfTransfer,
      shapes: pairsOfGroup.map { BurstShape.classify(Array($0)) })
  }

  /// Bytes of the all-to-alls between servers, summed over iterations, by burst number modulo the
  /// period; empty where a burst is something else.
  private static func allToAllBytes(
    of bursts: [Burst], groups: [Groups], length: Int, layout: Layout
  ) -> [PairBytes] {
    var sums = [PairBytes](repeating: PairBytes(), count: length)
    for (index, burst) in bursts.enumerated()
    where groups[index].shapes.contains(where: { $0.kind == .allToAll }) {
      for (pair, transfer) in zip(serverPairs(of: burst, layout: layout), burst.transfers) {
        sums[index % length].add(transfer.bytes, to: pair)
      }
    }
    return sums
  }

  private static func phases(
    of sums: [PairBytes], pauses: [Double], period: IterationPeriod, keepsOffset: Bool
  ) -> PlacedPhases? {
    let length = period.length
    // From the longest pause on, so that this decides where nothing else does.
    let places = (0..<length).map { ($0 + period.offset) % length }.filter { !sums[$0].isEmpty }
    guard
      let assignment = PhaseAssignment.infer(
        from: places.map { sums[$0] }, pauses: places.map { pauses[$0] })
    else { return nil }
    let start = places[assignment.start]
    let before = places[(assignment.start + places.count - 1) % places.count]
    // Bursts of another kind between the last all-to-all and the first: the longest pause divides.
    let between = (1...length).map { (before + $0) % length }.prefix { $0 != start } + [start]
    let offset =
      keepsOffset ? period.offset : between.max { pauses[$0] < pauses[$1] } ?? start
    var placed = PlacedPhases(
      offset: offset, layers: [Int32?](repeating: nil, count: length),
      phases: [Phase?](repeating: nil, count: length), likeness: assignment.likeness,
      method: assignment.method)
    for order in places.indices {
      let place = (places[(assignment.start + order) % places.count] + length - offset) % length
      placed.layers[place] = assignment.layers[order]
      placed.phases[place] = assignment.phases[order]
    }
    return placed
  }
}
