import Replay
import Testing
import TraceModel

@Suite struct PredictorTests {
  @Test func nothingIsPredictedFromNothing() {
    for var predictor in DemandPredictors.all {
      let guess = predictor.predict(layer: 0)
      #expect(guess == nil)
    }
    #expect(DemandPredictors.named("copilot") != nil)
    #expect(DemandPredictors.named("crystal-ball") == nil)
    #expect(DemandPredictors.named("ewma-0.250")?.name == "ewma-0.25")
    #expect(DemandPredictors.named("ewma-1")?.name == "ewma-1.0")
    #expect(DemandPredictors.named("ewma-1e-6")?.name == "ewma-1e-06")
    for wrong in ["ewma-0", "ewma--0.5", "ewma-1.01", "ewma-nan", "ewma-", "ewma", "ewma-half"] {
      #expect(DemandPredictors.named(wrong) == nil, "\(wrong)")
    }
    #expect(Set(DemandPredictors.all.map(\.name)).count == DemandPredictors.all.count)
  }

  @Test func lastValueIsPerLayer() {
    var predictor = LastValuePredictor()
    predictor.observe(Fixtures.p8(3), layer: 0)
    predictor.observe(Fixtures.p8(2), layer: 1)
    let predicted = [0, 1, 2].map { predictor.predict(layer: $0) }
    #expect(predicted == [Fixtures.p8(3), Fixtures.p8(2), nil])
  }

  @Test func movingAverageForgetsByItsWeight() {
    func after(weight: Double, _ values: [Int64]) -> Int64? {
      var predictor = MovingAveragePredictor(weight: weight)
      for value in values {
        predictor.observe(TrafficMatrix(rows: [[0, value], [0, 0]]), layer: 4)
      }
      return predictor.predict(layer: 4)?[0, 1]
    }
    #expect(after(weight: 0.25, [100, 200]) == 125)
    #expect(after(weight: 0.25, [100, 200, 300]) == 169)
    #expect(after(weight: 1, [100, 200, 300]) == 300)
  }

  @Test func theOracleIsAlwaysRight() {
    let demands: [(layer: Int32, demand: TrafficMatrix)] = [
      (0, Fixtures.p8(3)), (1, Fixtures.f8), (0, Fixtures.p8(2)),
    ]
    var oracle = OraclePredictor(demands)
    for (layer, demand) in demands {
      let guess = oracle.predict(layer: layer)
      #expect(guess == demand)
      oracle.observe(demand, layer: layer)
    }
    let past = oracle.predict(layer: 0)
    #expect(past == nil)
  }

  // MARK: Transitions

  static func random(column count: Int, _ random: inout RandomStream) -> [Double] {
    let values = (0..<count).map { _ in random.unit() + 0.01 }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  @Test func aTransitionThatExplainsEverythingIsFound() {
    var random = RandomStream(seed: 17)
    let size = 4
    let columns = (0..<size).map { _ in Self.random(column: size, &random) }
    // Loads that are nearly on one expert each span all directions.
    let samples = (0..<12).map { sample -> TransitionFit.Sample in
      var from = Self.random(column: size, &random).map { $0 * 0.3 }
      from[sample % size] += 0.7
      let to = (0..<size).map { row in
        (0..<size).reduce(0) { $0 + columns[$1][row] * from[$1] }
      }
      return TransitionFit.Sample(from: from, to: to)
    }
    var fit = TransitionFit(samples)
    fit.improve(steps: 3000)
    for row in 0..<size {
      for column in 0..<size {
        #expect(abs(fit.matrix[row * size + column] - columns[column][row]) < 1e-4)
      }
    }
  }

  @Test func theErrorNeverGrowsAndColumnsStayProportions() {
    var random = RandomStream(seed: 18)
    let size = 5
    let samples = (0..<6).map { _ in
      TransitionFit.Sample(
        from: Self.random(column: size, &random), to: Self.random(column: size, &random))
    }
    var fit = TransitionFit(samples, decay: 0.8)
    func error(_ fit: TransitionFit) -> Double {
      var (sum, weight) = (0.0, 1.0)
      for sample in samples.reversed() {
        for (got, wanted) in zip(fit.apply(to: sample.from), sample.to) {
          sum += weight * (got - wanted) * (got - wanted)
        }
        weight *= 0.8
      }
      return sum
    }
    let first = error(fit)
    var last = first
    for _ in 0..<50 {
      fit.improve(steps: 1)
      #expect(error(fit) <= last + 1e-15)
      last = error(fit)
      for column in 0..<size {
        let entries = (0..<size).map { fit.matrix[$0 * size + column] }
        #expect(entries.allSatisfy { $0 >= 0 })
        #expect(abs(entries.reduce(0, +) - 1) < 1e-12)
      }
    }
    #expect(last < 0.5 * first)
  }

  @Test func loadsThatStayAreExplainedByTheIdentity() {
    let loads = [0.5, 0.3, 0.2]
    var fit = TransitionFit([TransitionFit.Sample(from: loads, to: loads)])
    fit.improve(steps: 10)
    #expect(fit.matrix == [1, 0, 0, 0, 1, 0, 0, 0, 1])
  }

  @Test func theSimplexProjectionIsNearest() {
    #expect(projectedOntoSimplex([0.5, 0.5]) == [0.5, 0.5])
    #expect(projectedOntoSimplex([2, 0]) == [1, 0])
    #expect(projectedOntoSimplex([-5, -5, -5]).allSatisfy { abs($0 - 1.0 / 3) < 1e-12 })
    var random = RandomStream(seed: 19)
    for _ in 0..<50 {
      let vector = (0..<3).map { _ in random.unit() * 4 - 2 }
      let nearest = projectedOntoSimplex(vector)
      func distance(_ other: [Double]) -> Double {
        zip(vector, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      #expect(abs(nearest.reduce(0, +) - 1) < 1e-12)
      for _ in 0..<50 {
        #expect(distance(nearest) <= distance(Self.random(column: 3, &random)) + 1e-12)
      }
    }
  }

  // MARK: Copilot

  /// Rows in proportion to `loads`; nobody sends to itself.
  static func hotExperts(_ loads: [Int64]) -> TrafficMatrix {
    var matrix = TrafficMatrix(size: loads.count)
    for row in loads.indices {
      for column in loads.indices where column != row { matrix[row, column] = loads[column] }
    }
    return matrix
  }

  @Test func copilotFollowsLoadsFromLayerToLayer() throws {
    var predictor = CopilotPredictor()
    // The hot expert of layer 1 is always the one after the hot expert of layer 0, and it moves.
    func loads(hot: Int) -> [Int64] { (0..<4).map { $0 == hot ? 900 : 100 } }
    for iteration in 0..<8 {
      predictor.observe(Self.hotExperts(loads(hot: iteration % 4)), layer: 0)
      if iteration == 7 { break }
      predictor.observe(Self.hotExperts(loads(hot: (iteration + 1) % 4)), layer: 1)
    }
    let guess = predictor.predict(layer: 1)
    let predicted = try #require(guess)
    let received = predicted.columnSums
    #expect(received.indices.max { received[$0] < received[$1] } == 0)
    // The layer's last value would have been the expert before.
    #expect(received[0] > 2 * received[3])
    for row in 0..<4 { #expect(predicted[row, row] == 0) }
  }

  @Test func copilotSendsWhatEachServerSentLast() throws {
    var predictor = CopilotPredictor()
    var demand = Self.hotExperts([10, 20, 30, 40])
    for column in 1..<4 { demand[0, column] *= 7 }
    for _ in 0..<3 { predictor.observe(demand, layer: 0) }
    let guess = predictor.predict(layer: 0)
    let predicted = try #require(guess)
    for (got, sent) in zip(predicted.rowSums, demand.rowSums) { #expect(abs(got - sent) <= 3) }
  }

  @Test func aStalePredictionLosesInAReplay() throws {
    // One layer whose pairs alternate from iteration to iteration.
    let demands = (0..<6).map { Fixtures.p8($0 % 2 == 0 ? 3 : 2) }
    // Attention runs between the layer's turns, so circuits are chosen before the gate has run.
    let workload = ValueTests.layered(demands, perIteration: 1, compute: 100)
    let fabric = unitFabric(ElectricalAwareGreedy())
    func time(_ predictor: any DemandPredictor) throws -> Double {
      try replay(
        workload, on: fabric,
        options: ReplayOptions(
          policy: .predicted(recalibrates: false), predictor: PredictorChoice(predictor))
      ).completionNanoseconds
    }
    let foreseen = try time(OraclePredictor(demands.map { (0, $0) }))
    let stale = try time(LastValuePredictor())
    let never = try replay(workload, on: unitFabric(Circulant())).completionNanoseconds
    #expect(abs(foreseen - (600 + 6 * 10.625)) < 1e-6)
    // Nothing can be predicted the first time, so its gate is waited for.
    #expect(abs(stale - (600 + 10.625 + 5 * 41.5)) < 1e-6)
    #expect(stale > never)
  }
}
