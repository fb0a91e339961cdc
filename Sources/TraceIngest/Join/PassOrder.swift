internal import TraceModel

/// An order in which a site may have worked through the passes of its micro-batches.
///
/// Logs and traces of routing say what ran in an iteration, not how forward and backward passes took
/// turns; jobs differ in that. Inside a pass the order is known: forward through ascending layers,
/// backward through descending ones.
struct PassOrder {
  /// In words, as it is printed.
  let name: String
  /// The exchanges as they would have run: places in the list they were made from.
  let places: [Int]

  /// More run-ups are not tried: no pipeline has so many stages.
  private static let mostRunUps = 64

  /// The orders that are tried for a site, without those that come to the same; the routing's own first.
  ///
  /// 1F1B with every run-up, from one micro-batch after the other to all forward passes first (Huang
  /// et al., GPipe, 2019; Narayanan et al., SC 2021, section 2.2.1); all forward first and the last
  /// micro-batch backward first; and on a pipeline 1F1B interleaved over virtual stages (section 2.2.2),
  /// with the run-up that each stage would have.
  /// - Complexity: O(orders × exchanges × log exchanges).
  static func candidates(
    for exchanges: [ExpectedExchange], stageCount: Int
  ) -> [PassOrder] {
    let own = PassOrder(name: "as in the routing", places: Array(exchanges.indices))
    let site = SitePasses(exchanges)
    let count = site.microBatches.count
    guard count > 1 else { return [own] }
    var orders = runUps(microBatches: count).map { runUp in
      let passes = Passes(microBatches: count, runUp: runUp)
      return PassOrder(
        name: name(ofRunUp: runUp, microBatches: count, stageCount: stageCount),
        places: site.places(passes))
    }
    orders.append(
      PassOrder(
        name: "all forward first, the last micro-batch backward first",
        places: site.places(Passes(lastBackwardFirst: count))))
    if stageCount > 1 {
      for chunks in 2...max(2, site.layers.count) where site.layers.count % chunks == 0 {
        orders += interleaved(site, chunks: chunks, stageCount: stageCount)
      }
    }
    if let known = orders.firstIndex(where: { $0.places == own.places }) {
      orders.insert(orders.remove(at: known), at: 0)
    } else {
      orders.insert(own, at: 0)
    }
    var seen: Set<[Int]> = []
    return orders.filter { seen.insert($0.places).inserted }
  }

  private static func runUps(microBatches: Int) -> [Int] {
    let short = Array(0..<min(microBatches, mostRunUps))
    return microBatches > mostRunUps ? short + [microBatches - 1] : short
  }

  private static func name(ofRunUp runUp: Int, microBatches: Int, stageCount: Int) -> String {
    if runUp == 0 { return "one micro-batch after the other" }
    return runUp == microBatches - 1 && runUp >= stageCount
      ? "all forward first" : "1F1B after a run-up of \(runUp)"
  }

  private static func interleaved(
    _ site: SitePasses, chunks: Int, stageCount: Int
  ) -> [PassOrder] {
    let most = site.microBatches.count * chunks
    return (0..<min(stageCount, mostRunUps)).map { stage in
      let runUp = min(most, (stageCount - 1 - stage) * 2 + (chunks - 1) * stageCount)
      return PassOrder(
        name: "1F1B interleaved over \(chunks) virtual stages, after a run-up of \(runUp)",
        places: site.places(
          Passes(
            microBatches: site.microBatches.count, chunks: chunks, groupSize: stageCount,
            runUp: runUp)))
    }
  }
}

/// Passes of one iteration in an order.
private struct Passes {
  let chunks: Int
  /// By (micro-batch × chunks + chunk) × 2, plus 1 for the backward pass: place in the order.
  private(set) var slotOf: [Int]

  /// One forward, one backward after a run-up of forward passes.
  ///
  /// - Parameters:
  ///   - chunks: virtual stages that take turns.
  ///   - groupSize: micro-batches that a virtual stage works on before it is the next one's turn.
  init(microBatches: Int, chunks: Int = 1, groupSize: Int = 1, runUp: Int) {
    self.chunks = chunks
    slotOf = [Int](repeating: 0, count: microBatches * chunks * 2)
    var forward: [Int] = []
    var backward: [Int] = []
    for first in stride(from: 0, to: microBatches, by: groupSize) {
      for chunk in 0..<chunks {
        for microBatch in first..<min(first + groupSize, microBatches) {
          forward.append((microBatch * chunks + chunk) * 2)
          backward.append((microBatch * chunks + chunks - 1 - chunk) * 2 + 1)
        }
      }
    }
    var order = Array(forward.prefix(runUp))
    for place in backward.indices {
      if place + runUp < forward.count { order.append(forward[place + runUp]) }
      order.append(backward[place])
    }
    for (slot, pass) in order.enumerated() { slotOf[pass] = slot }
  }

  /// All forward passes first, then the backward passes from the last micro-batch down.
  init(lastBackwardFirst microBatches: Int) {
    chunks = 1
    slotOf = [Int](repeating: 0, count: microBatches * 2)
    for microBatch in 0..<microBatches {
      slotOf[microBatch * 2] = microBatch
      slotOf[microBatch * 2 + 1] = 2 * microBatches - 1 - microBatch
    }
  }
}

/// What the exchanges of a site are of, numbered from 0.
private struct SitePasses {
  let microBatches: [Int32]
  let layers: [Int32]
  private let exchanges: [(place: ExpectedExchange.Place, microBatch: Int, layer: Int)]

  init(_ exchanges: [ExpectedExchange]) {
    microBatches = Set(exchanges.map(\.place.microBatch)).sorted()
    layers = Set(exchanges.map(\.place.layer)).sorted()
    var numberOfMicroBatch: [Int32: Int] = [:]
    for (number, microBatch) in microBatches.enumerated() {
      numberOfMicroBatch[microBatch] = number
    }
    var numberOfLayer: [Int32: Int] = [:]
    for (number, layer) in layers.enumerated() { numberOfLayer[layer] = number }
    self.exchanges = exchanges.map {
      (
        $0.place, numberOfMicroBatch[$0.place.microBatch] ?? 0,
        numberOfLayer[$0.place.layer] ?? 0
      )
    }
  }

  /// Where iterations lack micro-batches, the others keep their order.
  func places(_ passes: Passes) -> [Int] {
    let keys = exchanges.enumerated().map { index, exchange in
      let isBackward = exchange.place.phase.isBackward || exchange.place.phase == .unspecified
      let chunk = exchange.layer * passes.chunks / layers.count
      let pass = (exchange.microBatch * passes.chunks + chunk) * 2 + (isBackward ? 1 : 0)
      return (
        time: (exchange.place.iteration, passes.slotOf[pass]),
        place: (
          isBackward ? -exchange.layer : exchange.layer, exchange.place.phase.rawValue, index
        )
      )
    }
    return keys.indices.sorted {
      keys[$0].time == keys[$1].time
        ? keys[$0].place < keys[$1].place : keys[$0].time < keys[$1].time
    }
  }
}
