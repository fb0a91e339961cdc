internal import TraceModel

/// The matrix of each layer, where all of them together are few enough cells to keep.
struct LayerMatrices: Sendable {
  private let selection: MatrixSelection
  private let map: EndMap
  private var matrices: [Int32: TrafficMatrix] = [:]

  /// Cells of all matrices together: as many as one of `denseEndLimit` ends has.
  static let cellLimit = denseEndLimit * denseEndLimit

  /// Nil where the matrices would have more cells.
  init?(_ frame: SubjectFrame, map: EndMap) {
    let layers = frame.outline.subjectLayers.count
    guard map.count <= denseEndLimit, layers * map.count * map.count <= Self.cellLimit else {
      return nil
    }
    selection = frame.part.selection
    self.map = map
  }

  /// Adds the subject's steps of a workload.
  mutating func add(_ workload: Workload) {
    let empty = TrafficMatrix(size: map.count)
    for (key, steps) in workload.slices(selection, by: [.layer]) {
      workload.add(
        steps, selection, map, to: &matrices[key.layer ?? Operation.unknown, default: empty])
    }
  }

  /// The profile of each layer, ascending.
  func profiles(blocks: ExpertBlocks, absentSources: String?) -> [MatrixProfile] {
    matrices.sorted { $0.key < $1.key }.map { layer, matrix in
      MatrixProfile(
        matrix, label: layerLabel(layer), grain: map.grain, blockOf: blocks.blockOf,
        absentSources: absentSources)
    }
  }
}
