internal import TraceModel

/// How the exchanges of sites that run in step are those that the routing expects: the copies of one
/// pipeline stage.
///
/// They have one order of passes and one place in the routing, so all of them decide on both.
struct StageFit {
  /// Pipeline stage, or `Operation.unknown`.
  let stage: Int32
  /// By site and measured exchange: the place of the expected one in the order of passes that fits.
  private(set) var matchOf: [[Int?]] = []
  private(set) var order: PassOrder
  /// Mean distance of the measured exchanges from theirs in that order, 0 … 0.25.
  private(set) var meanDistance = 0.0
  /// The next best order, when there is more than one.
  private(set) var runnerUp: (name: String, meanDistance: Double)?
  /// How much better the exchanges fit where they were found than anywhere else, 0 … 1.
  private(set) var contrast = 0.0

  /// Orders whose exchanges are aligned one by one, after probes have chosen them.
  private static let finalists = 3

  /// The measured exchanges of a site, none of them empty, and the expected ones.
  typealias Site = (measured: [MeasuredExchange], expected: [ExpectedExchange])

  /// - Parameter sites: with the same expected exchanges in the same order; at least one.
  init(_ sites: [Site], stageCount: Int) {
    let expected = sites[0].expected
    stage = expected.first?.place.stage ?? Operation.unknown
    let orders = PassOrder.candidates(for: expected, stageCount: stageCount)
    let probes = parallelMap(count: sites.count) {
      ProbeDistances(of: sites[$0].measured[...], to: sites[$0].expected[...])
    }
    let bests = parallelMap(count: orders.count) {
      place -> (shift: Int, cost: Double, contrast: Double) in
      var costs = ShiftCosts(probes[0], order: orders[place].places)
      for other in probes.dropFirst() {
        costs.add(ShiftCosts(other, order: orders[place].places))
      }
      return costs.best ?? (0, 1, 0)
    }
    let finalists = orders.indices.sorted { (bests[$0].cost, $0) < (bests[$1].cost, $1) }
      .prefix(Self.finalists)
    order = orders[0]
    var found: [(place: Int, cost: Double)] = []
    for place in finalists {
      let alignments = Self.alignments(of: sites, in: orders[place], shift: bests[place].shift)
      let cost = Self.meanCost(of: alignments)
      if found.allSatisfy({ (cost, place) < ($0.cost, $0.place) }) {
        order = orders[place]
        meanDistance = cost
        matchOf = alignments.map(\.matchOf)
        contrast = bests[place].contrast
      }
      found.append((place, cost))
    }
    found.sort { ($0.cost, $0.place) < ($1.cost, $1.place) }
    if found.count > 1 { runnerUp = (orders[found[1].place].name, found[1].cost) }
  }

  private static func alignments(
    of sites: [Site], in order: PassOrder, shift: Int
  ) -> [SequenceAlignment] {
    parallelMap(count: sites.count) { site in
      SequenceAlignment(
        of: sites[site].measured, to: order.places.map { sites[site].expected[$0] }, shift: shift)
    }
  }

  private static func meanCost(of alignments: [SequenceAlignment]) -> Double {
    var (sum, count) = (0.0, 0.0)
    for alignment in alignments {
      sum += alignment.meanCost * Double(alignment.matchOf.count)
      count += Double(alignment.matchOf.count)
    }
    return count > 0 ? sum / count : 0
  }
}
