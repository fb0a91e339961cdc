internal import TraceModel

/// What is planted beyond popularity and affinity: regions, hot experts, a period, change points.
extension SynthesisPlan {
  /// Checks of the planted truth: whether it is wrong, which parameter, and what was expected.
  ///
  /// The plan must have one iteration or more.
  var plantedProblems: [(Bool, String, String)] {
    let parallel = layout.parallelism.expert
    return [
      (
        plantedRegion.map { $0 < 1 || parallel % $0 != 0 } ?? false, "planted region",
        "\(plantedRegion ?? 0) must divide the \(parallel) expert-parallel ranks"
      ),
      (
        hidesRegions && plantedRegion == nil, "planted region",
        "a hidden order needs the size of the regions"
      ),
      (
        !(0...model.expertCount).contains(hotExperts), "hot experts",
        "\(hotExperts) is outside 0 … \(model.expertCount)"
      ),
      (!(1...1_000).contains(hotFactor), "hot factor", "\(hotFactor) is outside 1 … 1,000"),
      (
        period.map { !(1...iterations).contains($0) } ?? false, "period",
        "\(period ?? 0) is outside 1 … \(iterations), the iterations to make"
      ),
      (
        zip(changePoints, changePoints.dropFirst()).contains { $0 >= $1 }
          || changePoints.contains { $0 < 1 || $0 >= iterations }, "change points",
        "they must ascend, from 1 to \(iterations - 1)"
      ),
    ]
  }

  /// The planted region of each expert-parallel rank; nil where none is planted.
  ///
  /// Hidden members are drawn once for all layers and iterations. The ranks of one server stay
  /// together where they divide a region, so that servers have regions, too.
  package var plantedRegionOfExpertIndex: [Int]? {
    guard let size = plantedRegion else { return nil }
    let count = layout.parallelism.expert
    guard hidesRegions else { return (0..<count).map { $0 / size } }
    let group = layout.parallelism.ranks(ofExpertGroup: 0)
    let together = group.count { $0 / layout.gpusPerServer == group[0] / layout.gpusPerServer }
    let unit = size % together == 0 ? together : 1
    var random = RandomStream(seed: seed, purpose: 0x7265_6769_6F6E)
    let places = random.permutation(count / unit)
    return (0..<count).map { places[$0 / unit] * unit / size }
  }

  /// What is planted, in words; empty where nothing is.
  var plantedWords: String {
    var words: [String] = []
    if hidesRegions { words.append("regions in hidden order") }
    if hotExperts > 0 { words.append("\(hotExperts) hot experts × \(hotFactor)") }
    if let period { words.append("period \(period)") }
    if !changePoints.isEmpty {
      words.append("change points " + changePoints.map(String.init).joined(separator: " "))
    }
    return words.map { ", " + $0 }.joined()
  }
}
