import LocalityAnalysis
import TraceModel

/// Regions planted into traffic of servers in random order, found in the same bytes.
///
/// The partition found must keep at least as many bytes inside as the planted one, for every size
/// and seed. This is a test of the search; whether what is found means anything is told by held-out
/// iterations. `affinity` is how many times more a pair inside a region sends than one across.
func printRegionTable() -> Bool {
  print("\nPlanted regions: bytes kept inside by the regions found, against those planted")
  print(tableLine("", ["planted", "found", "same", "of seeds"]))
  var isGood = true
  for (servers, size) in [
    (16, 4), (64, 2), (64, 4), (64, 8), (60, 7), (128, 16), (256, 8), (256, 32),
  ] {
    for affinity in [1.25, 1.5, 3, 8] {
      var planted = 0.0
      var found = 0.0
      var same = 0
      let seeds = accuracySeeds
      for seed in seeds {
        let sample = PlantedRegions(servers: servers, size: size, affinity: affinity, seed: seed)
        let truth = intraRegionShare(sample.matrix, regionOf: sample.regionOf) ?? 0
        let best = bestPartition(sample.matrix, size: size)
        planted += truth / Double(seeds.count)
        found += (best?.share ?? 0) / Double(seeds.count)
        let isSame = best.map {
          $0.grouping.divides(as: Grouping(name: "planted", regionOf: sample.regionOf))
        }
        if isSame ?? false { same += 1 }
        isGood = isGood && (best?.share ?? 0) >= truth - 1e-9
      }
      print(
        tableLine(
          "\(servers) servers in \(size)s, × \(affinity)",
          [percentText(planted), percentText(found), "\(same)", "\(seeds.count)"]))
    }
  }
  if !isGood { print("below threshold") }
  return isGood
}

/// Traffic of servers whose regions are hidden by a random order.
private struct PlantedRegions {
  var matrix: TrafficMatrix
  var regionOf: [Int]

  init(servers: Int, size: Int, affinity: Double, seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: UInt64(servers * 1_000 + size))
    regionOf = random.permutation(servers).map { $0 / size }
    matrix = TrafficMatrix(size: servers)
    for source in 0..<servers {
      for destination in 0..<servers where destination != source {
        let factor = regionOf[source] == regionOf[destination] ? affinity : 1
        matrix[source, destination] = Int64(factor * (0.5 + random.unit()) * 1e6)
      }
    }
  }
}
