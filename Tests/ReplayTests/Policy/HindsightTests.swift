import Replay
import Testing
import TraceModel

@Suite struct HindsightTests {
  /// Alternating P8(3) and P8(2) with six optical and two electrical ports, on the circuits that fit the
  /// one, the other, and the neighbours at offsets 1, 2 and 3.
  static func alternating(steps: Int) throws -> [[Double]] {
    let demands = [Fixtures.p8(3), Fixtures.p8(2)]
    let circuits = try demands.map { demand in
      try #require(CircuitSchedulers.named("eps-aware")).circuits(
        for: demand, opticalPorts: 6, electricalPorts: 2)
    }
    let neighbours = Circulant().circuits(
      for: demands[0], opticalPorts: 6, electricalPorts: 2)
    return try (0..<steps).map { step in
      try (circuits + [neighbours]).map {
        try $0.completion(
          of: demands[step % 2], electricalPorts: 2, sharing: .splitOptimal)
      }
    }
  }

  static func every(_ delay: Double, _ steps: Int) -> [Double] {
    [Double](repeating: delay, count: steps)
  }

  @Test func aStaleTopologyLosesAgainstNeverChanging() throws {
    let times = try Self.alternating(steps: 2)
    #expect(times[0].map { ($0 * 1000).rounded() / 1000 } == [10.625, 41.5, 20.25])
    #expect(times[1].map { ($0 * 1000).rounded() / 1000 } == [41.5, 10.625, 20.25])
  }

  @Test func changingPaysBelowASavingOf9Point625PerStep() throws {
    let times = try Self.alternating(steps: 10)
    #expect(abs(Hindsight.breakEvenDelay(times: times, staticCandidate: 2) - 9.625) < 1e-9)
    let below = Hindsight(times: times, exposedDelay: Self.every(9.6, 10), initial: 2)
    #expect(below.changes == 10)
    #expect(abs(below.nanoseconds - 10 * (10.625 + 9.6)) < 1e-9)
    let above = Hindsight(times: times, exposedDelay: Self.every(9.65, 10), initial: 2)
    #expect(above.changes == 0)
    #expect(above.choices == [Int](repeating: 2, count: 10))
    #expect(above.nanoseconds == 202.5)
  }

  @Test func withoutDelayItTakesEveryMinimumAndWithoutEndItNeverChanges() {
    var random = RandomStream(seed: 6)
    for _ in 0..<20 {
      let times = Self.random(steps: 7, candidates: 4, &random)
      let free = Hindsight(times: times, exposedDelay: Self.every(0, 7))
      #expect(abs(free.nanoseconds - times.reduce(0) { $0 + $1.min()! }) < 1e-9)
      let never = Hindsight(times: times, exposedDelay: Self.every(.infinity, 7))
      let sums = (0..<4).map { candidate in times.reduce(0) { $0 + $1[candidate] } }
      #expect(abs(never.nanoseconds - sums.min()!) < 1e-9)
      #expect(never.changes == 0)
    }
  }

  static func random(
    steps: Int, candidates: Int, _ random: inout RandomStream
  ) -> [[Double]] {
    (0..<steps).map { _ in (0..<candidates).map { _ in Double(random.below(100)) } }
  }

  /// All sequences, one by one.
  @Test(arguments: [nil, 0, 2]) func noSequenceIsBetter(initial: Int?) {
    var random = RandomStream(seed: 9)
    for _ in 0..<20 {
      let times = Self.random(steps: 5, candidates: 3, &random)
      let delays = (0..<5).map { _ in Double(random.below(60)) }
      var best = Double.infinity
      for code in 0..<243 {
        var (rest, time, place) = (code, 0.0, initial)
        for step in 0..<5 {
          let choice = rest % 3
          rest /= 3
          time += times[step][choice] + (place == nil || place == choice ? 0 : delays[step])
          place = choice
        }
        best = min(best, time)
      }
      let found = Hindsight(times: times, exposedDelay: delays, initial: initial)
      #expect(found.nanoseconds == best)
      // Its own account of what it chose adds up.
      var (time, place, changes) = (0.0, initial, 0)
      for (step, choice) in found.choices.enumerated() {
        time += times[step][choice]
        if let place, place != choice {
          time += delays[step]
          changes += 1
        }
        place = choice
      }
      #expect(time == best)
      #expect(changes == found.changes)
    }
  }

  @Test func theBreakEvenDelayIsWhereHindsightMeetsTheStaticCandidate() {
    var random = RandomStream(seed: 13)
    for _ in 0..<20 {
      let times = Self.random(steps: 8, candidates: 3, &random)
      let staying = times.reduce(0) { $0 + $1[1] }
      let delay = Hindsight.breakEvenDelay(times: times, staticCandidate: 1)
      func time(_ delay: Double) -> Double {
        Hindsight(times: times, exposedDelay: Self.every(delay, 8), initial: 1).nanoseconds
      }
      #expect(abs(time(delay) - staying) < 1e-9)
      #expect(time(delay + 1) == staying)
      if delay > 0.001 { #expect(time(delay * 0.999) < staying) }
    }
  }

  @Test func nothingToDoAndNothingToGainAreFine() {
    #expect(Hindsight(times: [], exposedDelay: []).nanoseconds == 0)
    let flat = [[5.0, 5], [5, 5]]
    #expect(Hindsight.breakEvenDelay(times: flat, staticCandidate: 0) == 0)
    // Ties stay, and go to the lowest candidate.
    #expect(Hindsight(times: flat, exposedDelay: [0, 0]).choices == [0, 0])
    #expect(exposedDelay(25, hiddenBehind: 10) == 15)
    #expect(exposedDelay(25, hiddenBehind: 100) == 0)
  }
}
