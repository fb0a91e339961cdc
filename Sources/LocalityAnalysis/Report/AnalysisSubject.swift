internal import TraceModel

/// The part of a workload that the structure of a network is judged by, and the ends it is read between.
struct AnalysisSubject {
  let workload: Workload
  let frame: SubjectFrame
  /// The ends that structure, momentary structure and time are read between.
  let ends: EndMap
  /// True when these are the ends of the network.
  let readsNetwork: Bool

  /// Reads the pairs of each distinct demand once.
  init(_ workload: Workload) {
    let frame = SubjectFrame(TraceOutline(workload))
    let slices = workload.trafficBytes(frame.part.selection, by: [])
    self.init(workload, frame: frame, bytes: slices.first?.bytes ?? TierBytes())
  }

  /// - Parameter bytes: those of the subject.
  init(_ workload: Workload, frame: SubjectFrame, bytes: TierBytes) {
    self.workload = workload
    self.frame = frame
    readsNetwork = frame.readsNetwork(bytes)
    ends = frame.ends(readingNetwork: readsNetwork)
  }

  var isExpert: Bool { frame.isExpert }
  var name: String { frame.part.name }
  /// As links carry it.
  var asSent: MatrixSelection { frame.part.asSent }
  /// From token owner to expert in every phase.
  var selection: MatrixSelection { frame.part.selection }
  /// Why nothing can be said about pairs, or nil when it can.
  var absentSources: String? { frame.absentSources }

  /// The blocks of the workload's own ends.
  var ownBlocks: ExpertBlocks { frame.blocks(at: workload.grain) }

  /// The blocks of the ends that structure is read between.
  var endBlocks: ExpertBlocks { readsNetwork ? frame.networkBlocks : ownBlocks }

  /// The matrix of each layer, between the ends that structure is read between.
  func layerProfiles() -> [MatrixProfile] {
    var result: [MatrixProfile] = []
    let blockOf = endBlocks.blockOf
    workload.forEachTrafficMatrix(selection, by: [.layer], map: ends) { key, matrix in
      result.append(
        MatrixProfile(
          matrix, label: layerLabel(key.layer), grain: ends.grain, blockOf: blockOf,
          absentSources: absentSources))
    }
    return result
  }
}

/// What the profile of a layer's matrix is called.
func layerLabel(_ layer: Int32?) -> String {
  guard let layer, layer != Operation.unknown else { return "layer unknown" }
  return "layer \(layer)"
}
