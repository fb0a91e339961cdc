import LocalityAnalysis
import Testing
import TraceModel

@Suite struct SavingIntervalTests {
  /// Iterations of 100 with a common part that is long or short both times, and noise of their own.
  private func times(
    _ count: Int, saved: Double, noise: Double, _ random: inout RandomStream
  ) -> (before: [Double], after: [Double]) {
    let before = (0..<count).map { _ in 100 + 50 * random.unit() }
    let after = before.map { $0 * (1 - saved) + noise * (random.unit() - 0.5) }
    return (before, after)
  }

  @Test func `fewer than ten iterations have no interval, and say so`() {
    var random = RandomStream(seed: 1)
    let (before, after) = times(9, saved: 0.3, noise: 1, &random)
    let interval = SavingInterval(before: before, after: after)
    #expect(interval.absence == "9 iterations of 10 that an interval needs")
    #expect(!interval.isWithinNoise)
  }

  @Test func `what is saved in every iteration is no noise, however long iterations differ`() {
    var random = RandomStream(seed: 2)
    let (before, after) = times(30, saved: 0.1, noise: 0, &random)
    let interval = SavingInterval(before: before, after: after)
    #expect(abs(interval.low - 0.1) < 1e-12 && abs(interval.high - 0.1) < 1e-12)
    #expect(!interval.isWithinNoise)
    let loss = SavingInterval(before: before, after: after, loss: before.reduce(0, +) / 300)
    #expect(loss.isWithinNoise == (loss.low <= 0 && loss.high >= 0))
    #expect(loss.low < 0.01 && loss.high > -0.01)
  }

  /// 95 % of intervals should hold the truth; percentiles of short series hold it a little less often.
  @Test
  func `nothing saved is within noise, and intervals hold the truth about as often as they say`() {
    var random = RandomStream(seed: 3)
    for saved in [0.0, 0.02] {
      var held = 0
      for _ in 0..<200 {
        let (before, after) = times(40, saved: saved, noise: 20, &random)
        let interval = SavingInterval(before: before, after: after)
        guard interval.absence == nil else { continue }
        if interval.low <= saved, saved <= interval.high { held += 1 }
        if saved == 0 {
          #expect(interval.isWithinNoise == (interval.low <= 0 && interval.high >= 0))
        }
      }
      #expect((165...199).contains(held), "\(held) of 200 at \(saved)")
    }
  }

  @Test func `the same times and seed give the same interval`() {
    var random = RandomStream(seed: 4)
    let (before, after) = times(20, saved: 0.05, noise: 10, &random)
    #expect(
      SavingInterval(before: before, after: after) == SavingInterval(before: before, after: after))
    #expect(
      SavingInterval(before: before, after: after)
        != SavingInterval(before: before, after: after, seed: 2))
  }
}
