import LocalityAnalysis
import TraceModel
import TraceSynthesis

/// Planted hot experts in routing: which servers are hot, by how much, and that this is imbalance and
/// not pair structure.
///
/// In every seed the hot experts of every iteration must come out, the imbalance within 5 % of what
/// is planted, and pair structure stay below what analysis calls none.
func printHotExpertTable() throws -> Bool {
  print("\nPlanted hot experts: 64 servers, 8 iterations; largest receipt ÷ mean, pair structure")
  print(
    tableLine("", ["planted", "mean found", "pairs, bit", "found", "of", "of seeds"]))
  var isGood = true
  for (count, factor, drift) in [
    (1, 4.0, 0.0), (1, 16, 0), (4, 2, 0), (4, 4, 0.1), (8, 4, 0.3), (16, 2, 0.1),
  ] {
    var (found, all, ratio, bits) = (0, 0, 0.0, 0.0)
    for seed in accuracySeeds {
      let run = try PlantedRun(servers: 64, tokens: 192, seed: seed) {
        ($0.hotExperts, $0.hotFactor, $0.drift) = (count, factor, drift)
      }
      for (iteration, receipts) in run.receipts.enumerated() {
        let hot = Imbalance(loads: receipts)?.hot ?? []
        all += 1
        if hot == run.schedule.hotExperts(iteration: iteration, position: 0) { found += 1 }
        let ofHot = hot.reduce(0) { $0 + receipts[$1] } / Double(max(1, hot.count))
        ratio += ofHot / (receipts.reduce(0, +) / 64)
      }
      let report = analyseLocality(run.workload)
      bits = max(bits, report.networkProfile.excessInformation.number ?? .infinity)
    }
    ratio /= Double(all)
    let planted = plantedRatio(count: count, factor: factor)
    isGood = isGood && found == all && abs(ratio / planted - 1) <= 0.05 && bits < 0.05
    print(
      tableLine(
        "\(count) hot × \(Int(factor)), drift \(percentText(drift))",
        [
          decimal(planted, places: 2), decimal(ratio, places: 2), decimal(bits, places: 3),
          "\(found)", "\(all)", "\(accuracySeeds.count)",
        ]))
  }
  if !isGood { print("below threshold") }
  return isGood
}

/// Tokens of a hot expert ÷ the mean of 64, when each token draws two different experts.
private func plantedRatio(count: Int, factor: Double) -> Double {
  let total = Double(count) * factor + Double(64 - count)
  let (hot, other) = (factor / total, 1 / total)
  func second(_ own: Double, sameLeft: Double, others: Double, of theirs: Double) -> Double {
    own * (sameLeft * own / (1 - own) + others * theirs / (1 - theirs))
  }
  let hotters = Double(count)
  let chosen =
    hot + second(hot, sameLeft: hotters - 1, others: 64 - hotters, of: other)
  return chosen * 64 / 2
}
