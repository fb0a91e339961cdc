internal import TraceModel

/// The part of a workload that the structure of a network is judged by.
struct AnalysisSubject {
  let workload: Workload
  /// True when operations are known to be expert traffic.
  let isExpert: Bool

  init(_ workload: Workload) {
    self.workload = workload
    isExpert = workload.steps.contains { $0.role == .expert }
  }

  var name: String { isExpert ? "expert traffic" : "all traffic" }

  private var roles: Set<Role>? { isExpert ? [.expert] : nil }

  /// From token owner to expert in every phase.
  var selection: MatrixSelection { MatrixSelection(roles: roles, orientation: .dispatch) }

  /// As links carry it.
  var asSent: MatrixSelection { MatrixSelection(roles: roles) }

  /// Declared expert groups; one block of everything where nothing is known to be expert traffic.
  func blocks(at grain: Grain) -> ExpertBlocks {
    isExpert
      ? ExpertBlocks(workload.layout, at: grain)
      : ExpertBlocks(
        blockOf: [Int](repeating: 0, count: workload.layout.endpointCount(at: grain)))
  }

  /// The same for the ends of the network.
  var networkBlocks: ExpertBlocks {
    isExpert
      ? ExpertBlocks(networkEndsOf: workload.layout)
      : ExpertBlocks(blockOf: [Int](repeating: 0, count: networkMap.count))
  }

  private var networkMap: EndMap {
    EndMap(networkEndsOf: workload.layout, from: workload.grain)
  }

  /// What an end of the network is called.
  var networkEndName: String {
    workload.layout.serversPerNetworkEnd > 1 ? "scale-up domain" : "server"
  }

  /// The summed matrix at every grain that has other ends than a coarser one, network ends last.
  func profiles(absentSources: String?) -> [MatrixProfile] {
    let layout = workload.layout
    var sizes: Set<Int> = [networkMap.count]
    var grains: [Grain] = []
    // The workload's own grain stands for those with as many ends.
    for grain in [workload.grain, .server, .nic, .rank] {
      guard EndMap(layout, from: workload.grain, to: grain) != nil else { continue }
      if sizes.insert(layout.endpointCount(at: grain)).inserted { grains.append(grain) }
    }
    let profiles = grains.sorted { $0.rawValue < $1.rawValue }.map { grain in
      let matrix = workload.trafficMatrix(selection, at: grain) ?? TrafficMatrix(size: 0)
      return MatrixProfile(
        matrix, label: grain.name, grain: grain, blockOf: blocks(at: grain).blockOf,
        absentSources: absentSources)
    }
    let network = workload.matrix(
      of: workload.steps.filter { selection.contains($0) }, selection: selection, map: networkMap)
    return profiles + [
      MatrixProfile(
        network, label: networkEndName, grain: .server, blockOf: networkBlocks.blockOf,
        absentSources: absentSources)
    ]
  }

  /// The network matrix of each layer.
  func layerProfiles(absentSources: String?) -> [MatrixProfile] {
    var result: [MatrixProfile] = []
    let blockOf = networkBlocks.blockOf
    workload.forEachTrafficMatrix(selection, by: [.layer], map: networkMap) { key, matrix in
      let layer = key.layer ?? Operation.unknown
      let label = layer == Operation.unknown ? "layer unknown" : "layer \(layer)"
      result.append(
        MatrixProfile(
          matrix, label: label, grain: .server, blockOf: blockOf, absentSources: absentSources))
    }
    return result
  }

  /// What a reader must know about the readings.
  var notes: [String] {
    var result: [String] = []
    let roles = Set(workload.steps.map(\.role))
    if roles == [.expert] {
      result.append("expert traffic only: the input says nothing about other roles")
    }
    if !isExpert && !workload.steps.isEmpty {
      result.append("no operation is known to be expert traffic: structure is read on all traffic")
    }
    let unclear = workload.steps.contains { $0.role == .expert && $0.phase == .unspecified }
    if unclear {
      result.append(
        "phases are unknown for some expert operations: where dispatch and combine are added up, "
          + "part of the pair structure is their symmetry")
    }
    if workload.layout.serversPerNetworkEnd > 1 {
      result.append(
        "pairs, regions and time are read between scale-up domains of "
          + "\(workload.layout.serversPerNetworkEnd) servers: bytes inside one need no network")
    }
    if workload.grain == .rank, workload.layout.nicCount != workload.layout.rankCount {
      result.append("NIC matrices assume pinned NICs: GPU g of a server uses NIC ⌊g·N/G⌋")
    }
    return result
  }
}
