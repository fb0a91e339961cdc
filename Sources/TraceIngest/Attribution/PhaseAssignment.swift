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
  static func infer(from matrices: [TrafficMatrix]) -> PhaseAssignment? {
    let count = matrices.count
    guard count >= 2, count % 2 == 0 else { return nil }
    let transposes = stride(from: 0, to: count, by: 2).map {
      cosine(matrices[$0].transposed, matrices[$0 + 1])
    }
    let likeness = transposes.reduce(0, +) / Double(transposes.count)
    guard likeness >= minimumLikeness else { return nil }
    if count % 4 == 0, mirrorLikeness(matrices) >= minimumLikeness,
      mirrorLikeness(matrices) >= repetitionLikeness(matrices)
    {
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
  private static func mirrorLikeness(_ matrices: [TrafficMatrix]) -> Double {
    let layerCount = matrices.count / 4
    let cosines = (0..<layerCount).map {
      cosine(matrices[2 * $0], matrices[matrices.count - 2 - 2 * $0])
    }
    return cosines.reduce(0, +) / Double(layerCount)
  }

  /// Likeness if the second half simply repeated the first.
  private static func repetitionLikeness(_ matrices: [TrafficMatrix]) -> Double {
    let half = matrices.count / 2
    guard half > 2 else { return 0 }
    let cosines = (0..<half).map { cosine(matrices[$0], matrices[half + $0]) }
    return cosines.reduce(0, +) / Double(half)
  }

  /// Cosine of the off-diagonal cells of two matrices, 0 … 1; 0 when one is empty.
  static func cosine(_ first: TrafficMatrix, _ second: TrafficMatrix) -> Double {
    var product = 0.0
    var firstSquare = 0.0
    var secondSquare = 0.0
    for row in 0..<first.size {
      for column in 0..<first.size where row != column {
        let (left, right) = (Double(first[row, column]), Double(second[row, column]))
        product += left * right
        firstSquare += left * left
        secondSquare += right * right
      }
    }
    guard firstSquare > 0, secondSquare > 0 else { return 0 }
    return product / (firstSquare * secondSquare).squareRoot()
  }
}
