internal import TraceModel

internal import Glibc

/// Layers and phases of the expert all-to-alls of one iteration, told by their matrices and by the
/// pauses before them.
struct PhaseAssignment {
  /// Which of the given matrices comes first in the iteration.
  var start: Int
  /// Layer and phase by place in the iteration, counted from `start`.
  var layers: [Int32]
  var phases: [Phase]
  /// Mean cosine between each combine and the transpose of its dispatch, and how much better this
  /// beginning fits than the next best.
  var confidence: Confidence
  var method: String

  static let minimumLikeness = 0.8

  /// Reads dispatch, combine, … out of a cycle of matrices, or nil when they do not fit.
  ///
  /// A combine is the transpose of its dispatch. With a backward pass the second half mirrors the
  /// first: the last layer's combine-backward carries its dispatch matrix again. Both are checked
  /// against the matrices; without the mirror the iteration is read as forward only.
  ///
  /// The matrices alone leave open where the cycle begins: the mirror has two ends, and without
  /// it any dispatch may be the first. Of the beginnings that explain the matrices about equally
  /// well the one is taken whose second half computes most nearly twice as long (a backward pass does
  /// twice the work of a forward one), or else, and where several do so about equally, that with the
  /// longest pause before it.
  ///
  /// O(matrices² × pairs).
  /// - Parameters:
  ///   - matrices: places of the matrices among the sums.
  ///   - pauses: mean idle nanoseconds before each matrix.
  static func infer(
    from matrices: [Int], of sums: MatrixSums, pauses: [Double]
  ) -> PhaseAssignment? {
    let count = matrices.count
    guard count >= 2, count % 2 == 0 else { return nil }
    let cycle = MatrixCycle(matrices, of: sums, pauses: pauses)
    let likeness = (0..<2).map { cycle.transposeLikeness(from: $0) }
    let best = likeness.max() ?? 0
    guard best >= minimumLikeness else { return nil }
    if count % 4 == 0, let start = mirroredStart(of: cycle, transposes: likeness) {
      return training(layerCount: count / 4, start: start.place, confidence: start.confidence)
    }
    let starts = cycle.indices.filter { likeness[$0 % 2] >= best - tolerance }
    let start = cycle.afterLongestPause(of: starts)
    var confidence = Confidence(likeness: likeness[start % 2])
    if let lead = cycle.leadByPause(of: start, among: starts) {
      confidence = confidence.besides(otherBeginning, lead: lead)
    }
    if starts.count < count {
      confidence = confidence.besides(
        otherBeginning, lead: abs(likeness[0] - likeness[1]) * Double(count))
    }
    return PhaseAssignment(
      start: start, layers: (0..<count).map { Int32($0 / 2) },
      phases: (0..<count).map { $0 % 2 == 0 ? .dispatchForward : .combineForward },
      confidence: confidence, method: "alternating transposes, no mirrored backward pass")
  }

  /// Likenesses that differ by less are equal for the choice of the beginning.
  private static let tolerance = 0.01
  /// How much longer the backward pass must compute to be told by that.
  private static let leastBackwardRatio = 1.2
  /// Ratios that are so nearly as far from two are equally likely.
  private static let ratioTolerance = 1.1
  private static let otherBeginning = "another beginning"

  private static func mirroredStart(
    of cycle: MatrixCycle, transposes: [Double]
  ) -> (place: Int, confidence: Confidence)? {
    let scores = cycle.indices.map {
      cycle.mirrorLikeness(from: $0) + transposes[$0 % 2]
    }
    let best = scores.max() ?? 0
    let starts = cycle.indices.filter {
      scores[$0] >= best - tolerance && transposes[$0 % 2] >= minimumLikeness
        && cycle.mirrorLikeness(from: $0) >= max(minimumLikeness, cycle.repetitionLikeness)
    }
    guard !starts.isEmpty else { return nil }
    // Mirror and transposes each concern half of the matrices.
    func confidence(in place: Int) -> Confidence {
      cycle.indices.filter { !starts.contains($0) }.reduce(
        Confidence(likeness: transposes[place % 2])
      ) {
        $0.besides(
          otherBeginning,
          lead: (scores[place] - scores[$1]) * Double(cycle.indices.count) / 2)
      }
    }
    // Of some matrices every rotation fits, and pauses of other kinds may differ by any factor.
    let ratios = starts.map { cycle.backwardRatio(from: $0) }
    let distances = ratios.map { $0 >= leastBackwardRatio ? distanceFromTwo($0) : .infinity }
    let least = distances.min() ?? .infinity
    let likely = starts.indices.filter { distances[$0] <= least * ratioTolerance }.map {
      starts[$0]
    }
    let place = likely.count == 1 ? likely[0] : cycle.afterLongestPause(of: likely)
    var found = confidence(in: place)
    if let lead = cycle.leadByPause(of: place, among: likely) {
      found = found.besides(otherBeginning, lead: lead)
    }
    let layers = Double(cycle.indices.count / 4)
    for (distance, ratio) in zip(distances, ratios) where distance > least * ratioTolerance {
      found = found.besides(
        otherBeginning, lead: layers * log(distanceFromTwo(ratio) / least))
    }
    return (place, found)
  }

  /// A backward pass does twice the work of a forward one.
  private static func distanceFromTwo(_ ratio: Double) -> Double { max(ratio / 2, 2 / ratio) }

  private static func training(
    layerCount: Int, start: Int, confidence: Confidence
  ) -> PhaseAssignment {
    var layers: [Int32] = []
    var phases: [Phase] = []
    for layer in 0..<layerCount {
      layers += [Int32(layer), Int32(layer)]
      phases += [.dispatchForward, .combineForward]
    }
    for layer in (0..<layerCount).reversed() {
      layers += [Int32(layer), Int32(layer)]
      phases += [.combineBackward, .dispatchBackward]
    }
    return PhaseAssignment(
      start: start, layers: layers, phases: phases, confidence: confidence,
      method: "alternating transposes, mirrored by a backward pass")
  }
}
