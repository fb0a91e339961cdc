import LocalityAnalysis
import Testing
import TraceModel

/// Hot receivers that trade places all the time, with changes and periods planted among them.
@Suite struct PlantedDriftTests {
  private let ends = 48

  /// Receipts by a Zipf law whose order drifts, is drawn anew at changes, and comes back with a period.
  private func workload(
    trading: Int, changesAt changes: [Int] = [], period: Int? = nil, iterations: Int = 40,
    ends: Int = 48, seed: UInt64
  ) -> Workload {
    var random = RandomStream(seed: seed)
    var order = random.permutation(ends)
    var orders: [[Int]] = []
    var demands: [(iteration: Int32, layer: Int32, matrix: TrafficMatrix)] = []
    for iteration in 0..<iterations {
      if changes.contains(iteration) {
        order = random.permutation(ends)
      } else if let period, iteration >= period {
        order = orders[iteration - period]
      } else if iteration > 0, trading > 1 {
        let chosen = Array(random.permutation(ends).prefix(trading))
        let values = chosen.map { order[$0] }
        for (place, end) in chosen.enumerated() { order[end] = values[(place + 1) % trading] }
      }
      orders.append(order)
      let matrix = Fixture.matrix(ends) { _, destination in
        2000 / (order[destination] + 4) + random.below(60)
      }
      demands.append((Int32(iteration), 0, matrix))
    }
    return expertWorkload(demands)
  }

  private func receipts(_ workload: Workload) -> ChangeReading.Changes {
    ChangeReading(workload).receipts
  }

  @Test(arguments: [[], [20], [10, 16], [7, 20, 33]])
  func `changes stand out from drift, and drift is none`(changes: [Int]) {
    for seed in 1...4 as ClosedRange<UInt64> {
      let found = receipts(workload(trading: 5, changesAt: changes, seed: seed))
      #expect(found.iterations == changes.map { Int32($0) })
      #expect(found.drifts)
      #expect(found.absence == nil)
    }
  }

  /// Two iterations are little to tell a change back from drift.
  @Test func `of changes two iterations apart the first is found`() {
    for seed in 1...4 as ClosedRange<UInt64> {
      let found = receipts(workload(trading: 5, changesAt: [10, 12], seed: seed))
      #expect([[10], [10, 12]].contains(found.iterations))
    }
  }

  @Test func `hot receivers that change once and stand still otherwise do not drift`() {
    for seed in 1...4 as ClosedRange<UInt64> {
      let found = receipts(workload(trading: 0, changesAt: [15], seed: seed))
      #expect(found == receipts(workload(trading: 0, changesAt: [15], seed: seed)))
      #expect(found.iterations == [15])
      #expect(!found.drifts)
    }
  }

  @Test func `a few receivers that drift leave a change to chance, and that is said`() {
    let found = receipts(workload(trading: 2, changesAt: [20], ends: 8, seed: 3))
    #expect(found.drifts)
    #expect(found.iterations.isEmpty)
    #expect(found.absence?.absence?.contains("too few of them") == true)
  }

  private let experts = MatrixSelection(roles: [.expert], orientation: .dispatch)

  @Test(arguments: [2, 3, 4, 6, 10]) func `a period shows through small drift`(period: Int) {
    for seed in 1...3 as ClosedRange<UInt64> {
      let time = TimeSimilarity(workload(trading: 5, period: period, seed: seed), experts)
      #expect(time.lags.period == .value(Double(period), .iterations))
      // What comes back is no change.
      #expect(receipts(workload(trading: 5, period: period, seed: seed)).iterations.isEmpty)
    }
  }

  @Test(arguments: [0, 5, 12]) func `drift has no period and is measured`(trading: Int) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let lags = TimeSimilarity(workload(trading: trading, seed: seed), experts).lags
      #expect(lags.period.number == nil)
      let drift = try #require(lags.drift.number)
      #expect(abs(drift - Double(trading) / Double(ends)) < max(0.01, drift / 3))
    }
  }

  @Test func `hot ends are those above the widest gap`() {
    func hot(_ loads: [Double]) -> [Int]? { Imbalance(loads: loads)?.hot }
    #expect(hot([3, 10, 3, 9, 2.9, 3.1]) == [1, 3])
    #expect(hot([3, 3, 3, 3]) == [])
    #expect(hot([4, 3.5, 3, 2.6]) == [])
    #expect(hot([0, 0, 7, 0]) == [2])
    // More than half of the ends cannot stand out.
    #expect(hot([9, 9, 9, 1]) == [])
    #expect(Imbalance(loads: [0.0, 0]) == nil)
  }
}
