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
    var layers: [Int32?]
    var phases: [Phase?]
    var likeness: Double
    var method: String
  }

  /// Offsets whose matrices are looked at: an iteration begins after one of its longest pauses.
  private static let offsetsTried = 8

  /// Reads bursts; `burstsPerIteration` replaces the inferred period.
  init(_ bursts: [Burst], layout: Layout, burstsPerIteration: Int?) {
    let groups = bursts.map { Self.groups(of: $0, layout: layout) }
    self.groups = groups
    let periods =
      burstsPerIteration.map {
        [IterationPeriod(length: min(max(1, $0), max(1, bursts.count)), offset: 0, likeness: 1)]
      }
      ?? IterationPeriod.candidates(
        in: bursts.indices.map { index in
          IterationPeriod.Beat(
            pauseNanoseconds: index > 0
              ? pause(from: bursts[index - 1].end, to: bursts[index].start) : 0,
            bytes: bursts[index].bytes, kind: groups[index].shapes.first?.kind.rawValue ?? 0)
        })
    // Where compute pauses are as long as the one between iterations, pauses alone cannot tell
    // where an iteration begins; the mirrored backward pass can.
    var chosen = periods.first
    var placed = chosen.flatMap {
      Self.phases(of: bursts, groups: groups, period: $0, layout: layout)
    }
    if placed?.phases.contains(.dispatchBackward) != true {
      for period in periods.dropFirst().prefix(Self.offsetsTried - 1) {
        let other = Self.phases(of: bursts, groups: groups, period: period, layout: layout)
        if let other, other.phases.contains(.dispatchBackward) {
          (chosen, placed) = (period, other)
          break
        }
      }
    }
    period = chosen
    assignment = placed
  }

  /// Servers, not NICs, talk to each other: the rails of one all-to-all belong together.
  private static func serverPairs(of burst: Burst, layout: Layout) -> [EndPair] {
    burst.transfers.map {
      EndPair(
        source: layout.server(of: $0.pair.source, at: .nic),
        destination: layout.server(of: $0.pair.destination, at: .nic))
    }
  }

  private static func groups(of burst: Burst, layout: Layout) -> Groups {
    let pairs = serverPairs(of: burst, layout: layout)
    let groupOfTransfer = communicatingGroups(of: pairs)
    var pairsOfGroup = [Set<EndPair>](repeating: [], count: (groupOfTransfer.max() ?? -1) + 1)
    for (pair, group) in zip(pairs, groupOfTransfer) { pairsOfGroup[group].insert(pair) }
    return Groups(
      groupOfTransfer: groupOfTransfer,
      shapes: pairsOfGroup.map { BurstShape.classify(Array($0)) })
  }

  private static func phases(
    of bursts: [Burst], groups: [Groups], period: IterationPeriod, layout: Layout
  ) -> PlacedPhases? {
    var sums = [PairBytes](repeating: PairBytes(), count: period.length)
    for (index, burst) in bursts.enumerated()
    where groups[index].shapes.contains(where: { $0.kind == .allToAll }) {
      let place = period.place(ofBurst: index)
      for (pair, transfer) in zip(serverPairs(of: burst, layout: layout), burst.transfers) {
        sums[place].add(transfer.bytes, to: pair)
      }
    }
    let places = sums.indices.filter { !sums[$0].isEmpty }
    guard let assignment = PhaseAssignment.infer(from: places.map { sums[$0] }) else { return nil }
    var placed = PlacedPhases(
      layers: [Int32?](repeating: nil, count: period.length),
      phases: [Phase?](repeating: nil, count: period.length), likeness: assignment.likeness,
      method: assignment.method)
    for (order, place) in places.enumerated() {
      placed.layers[place] = assignment.layers[order]
      placed.phases[place] = assignment.phases[order]
    }
    return placed
  }
}
