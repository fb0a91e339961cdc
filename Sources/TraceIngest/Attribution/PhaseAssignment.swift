internal import TraceModel

/// Layers and phases of the expert all-to-alls of one iteration, told by their matrices.
struct PhaseAssignment: Equatable {
  /// Layer and phase by place in the iteration.
  var layers: [Int32]
  var phases: [Phase]
  /// Mean cosine between each combine and the transpose of its dispatch, 0 … 1.
  var likeness: Double
  var method: String

  static let minimumLikeness = 0.8

  /// Reads dispatch, combine, … out of the order of matrices, or nil when they do not fit.
  ///
  /// A combine is the transpose of its dispatch. With a backward pass the second half mirrors the
  /// first: the last layer's combine-backward carries its dispatch matrix again. Both are checked
  /// against the matrices; without the mirror the iteration is read as forward only.
  static func infer(from matrices: [PairBytes]) -> PhaseAssignment? {
    let count = matrices.count
    guard count >= 2, count % 2 == 0 else { return nil }
    let transposes = stride(from: 0, to: count, by: 2).map {
      matrices[$0].cosine(with: matrices[$0 + 1], transposed: true)
    }
    let likeness = transposes.reduce(0, +) / Double(transposes.count)
    guard likeness >= minimumLikeness else { return nil }
    let mirror = count % 4 == 0 ? mirrorLikeness(matrices) : 0
    if mirror >= minimumLikeness, mirror >= repetitionLikeness(matrices) {
      return trainingAssignment(layerCount: count / 4, likeness: likeness)
    }
    return PhaseAssignment(
      layers: (0..<count).map { Int32($0 / 2) },
      phases: (0..<count).map { $0 % 2 == 0 ? .dispatchForward : .combineForward },
      likeness: likeness, method: "alternating transposes, no mirrored backward pass")
  }

  private static func trainingAssignment(layerCount: Int, likeness: Double) -> PhaseAssignment {
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
      layers: layers, phases: phases, likeness: likeness,
      method: "alternating transposes, mirrored by a backward pass")
  }

  /// Likeness of each forward dispatch with the combine-backward in the mirrored place.
  private static func mirrorLikeness(_ matrices: [PairBytes]) -> Double {
    let layerCount = matrices.count / 4
    let cosines = (0..<layerCount).map {
      matrices[2 * $0].cosine(with: matrices[matrices.count - 2 - 2 * $0])
    }
    return cosines.reduce(0, +) / Double(layerCount)
  }

  /// Likeness if the second half simply repeated the first.
  private static func repetitionLikeness(_ matrices: [PairBytes]) -> Double {
    let half = matrices.count / 2
    guard half > 2 else { return 0 }
    let cosines = (0..<half).map { matrices[$0].cosine(with: matrices[half + $0]) }
    return cosines.reduce(0, +) / Double(half)
  }
}
