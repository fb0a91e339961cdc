import LocalityAnalysis
import TraceModel
import TraceSynthesis

/// Planted period, drift and change points, as `mixtrace analyze` reads them from what servers receive.
func printPlantedTimeTable() throws -> Bool {
  let period = try printPeriods()
  let drift = try printDrifts()
  let changes = try printChangePoints()
  return period && drift && changes
}

/// The period in at least nine of ten seeds, and none where none is planted.
private func printPeriods() throws -> Bool {
  print("\nPlanted period in 40 iterations of 64 servers, Zipf 0.8")
  print(tableLine("", ["found", "of seeds"]))
  var isGood = true
  for (period, drift) in [
    (2, 0.1), (3, 0.1), (4, 0.1), (6, 0.1), (10, 0.1), (4, 0.3), (8, 0.3), (8, 1.0), (nil, 0.0),
    (nil, 0.1), (nil, 0.5),
  ] as [(Int?, Double)] {
    let found = try accuracySeeds.count { seed in
      let run = try PlantedRun(servers: 64, tokens: 64, seed: seed) {
        ($0.iterations, $0.skew, $0.drift, $0.period) = (40, 0.8, drift, period)
      }
      return run.time.lags.period.number == period.map(Double.init)
    }
    isGood = isGood && 10 * found >= 9 * accuracySeeds.count
    print(
      tableLine(
        (period.map { "period \($0)" } ?? "no period") + ", drift \(percentText(drift))",
        ["\(found)", "\(accuracySeeds.count)"]))
  }
  if !isGood { print("below threshold") }
  return isGood
}

/// The mean over seeds within a tenth of what is planted, every seed within a third.
private func printDrifts() throws -> Bool {
  print("\nPlanted drift in 40 iterations of 64 servers, Zipf 0.8: experts that trade places")
  print(tableLine("", ["planted", "mean found", "lowest", "highest", "of seeds"]))
  var isGood = true
  for drift in [0.0, 0.05, 0.1, 0.2, 0.4] {
    let planted = (drift * 64).rounded(.up) / 64
    let found = try accuracySeeds.map { seed in
      let run = try PlantedRun(servers: 64, tokens: 64, seed: seed) {
        ($0.iterations, $0.skew, $0.drift) = (40, 0.8, drift)
      }
      return run.time.lags.drift.number ?? 1
    }
    let mean = found.reduce(0, +) / Double(found.count)
    let (lowest, highest) = (found.min() ?? 0, found.max() ?? 0)
    isGood =
      isGood && abs(mean - planted) <= max(0.005, planted / 10)
      && highest - planted <= max(0.01, planted / 3)
      && planted - lowest <= max(0.01, planted / 3)
    print(
      tableLine(
        "drift \(percentText(drift))",
        [planted, mean, lowest, highest].map(percentText) + ["\(accuracySeeds.count)"]))
  }
  if !isGood { print("below threshold") }
  return isGood
}

/// All change points and no other in at least nine of ten seeds.
private func printChangePoints() throws -> Bool {
  print("\nPlanted change points in 40 iterations of 64 servers, Zipf 0.8")
  print(tableLine("", ["found", "of seeds"]))
  var isGood = true
  for (points, drift) in [
    ([], 0.0), ([], 0.1), ([], 0.4), ([20], 0.0), ([20], 0.02), ([20], 0.1), ([7, 20, 33], 0.1),
    ([10, 12], 0.1), ([13, 26], 0.2),
  ] as [([Int], Double)] {
    let found = try accuracySeeds.count { seed in
      let run = try PlantedRun(servers: 64, tokens: 64, seed: seed) {
        ($0.iterations, $0.skew, $0.drift, $0.changePoints) = (40, 0.8, drift, points)
      }
      let changes = ChangeReading(run.workload)
      return changes.receipts.absence == nil
        && changes.receipts.iterations.map { Int($0) } == points && changes.pairs.iterations == []
    }
    isGood = isGood && 10 * found >= 9 * accuracySeeds.count
    let words = points.isEmpty ? "none" : points.map(String.init).joined(separator: " ")
    print(
      tableLine(
        "at \(words), drift \(percentText(drift))", ["\(found)", "\(accuracySeeds.count)"]))
  }
  if !isGood { print("below threshold") }
  return isGood
}

extension PlantedRun {
  /// How alike its iterations are, from token owner to expert.
  fileprivate var time: TimeSimilarity {
    TimeSimilarity(workload, MatrixSelection(roles: [.expert], orientation: .dispatch))
  }
}
