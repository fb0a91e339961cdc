internal import TraceModel

/// Ends up to which dense matrices are made: each one takes 128 MiB then, and its readings several times
/// that.
public let denseEndLimit = 4_096

/// The part of a workload that the structure of a network is judged by.
struct AnalysisSubject {
  /// What the part is, the best that the workload has.
  enum Part {
    /// Operations that are known to be expert traffic.
    case expert
    /// All-to-alls of any role: what tells one pair from another, whoever asked for it.
    case allToAlls
    /// Bytes whose pairs were recorded, but not what moved them.
    case recorded
    /// Collectives of known kind alone: their pairs are those of a lowering, not of a demand.
    case lowered
  }

  let workload: Workload
  let part: Part
  /// The ends that structure, momentary structure and time are read between.
  let ends: EndMap
  /// True when these are the ends of the network.
  let readsNetwork: Bool

  init(_ workload: Workload) {
    self.workload = workload
    let kinds = Set(workload.steps.map(\.kind))
    part =
      if workload.steps.contains(where: { $0.role == .expert }) {
        .expert
      } else if kinds.contains(.allToAll) {
        .allToAlls
      } else if kinds.isEmpty || !kinds.isSubset(of: Self.lowered) {
        .recorded
      } else {
        .lowered
      }
    let network = EndMap(networkEndsOf: workload.layout, from: workload.grain)
    let selection = Self.selection(of: part)
    let slices = workload.trafficBytes(selection, by: [])
    readsNetwork =
      workload.endpointCount > denseEndLimit
      || slices.allSatisfy { $0.bytes.betweenDomains > 0 || $0.bytes.moved == 0 }
    ends =
      readsNetwork
      ? network
      : EndMap(workload.layout, from: workload.grain, to: workload.grain) ?? network
  }

  /// Kinds that a replay lowers afresh for each fabric, so that their recorded pairs mean nothing.
  private static let lowered: Set<OperationKind> = [
    .allReduce, .allGather, .reduceScatter, .broadcast,
  ]

  var isExpert: Bool { part == .expert }

  var name: String {
    switch part {
    case .expert: "expert traffic"
    case .allToAlls: "all-to-alls"
    case .recorded, .lowered: "all traffic"
    }
  }

  private static func selection(of part: Part) -> MatrixSelection {
    switch part {
    case .expert: MatrixSelection(roles: [.expert])
    case .allToAlls: MatrixSelection(kinds: [.allToAll])
    case .recorded:
      MatrixSelection(kinds: Set(OperationKind.allCases).subtracting(Self.lowered))
    case .lowered: MatrixSelection()
    }
  }

  /// As links carry it.
  var asSent: MatrixSelection { Self.selection(of: part) }

  /// From token owner to expert in every phase.
  var selection: MatrixSelection {
    var result = asSent
    result.orientation = .dispatch
    return result
  }

  /// Why nothing can be said about pairs, or nil when it can.
  var absentSources: String? {
    part == .lowered
      ? "every byte belongs to a collective whose pairs each fabric chooses anew"
      : reasonAgainstSources(workload.provenance)
  }

  /// Declared expert groups; one block of everything where nothing is known to be expert traffic.
  private func blocks(at grain: Grain) -> ExpertBlocks {
    isExpert
      ? ExpertBlocks(workload.layout, at: grain)
      : ExpertBlocks(
        blockOf: [Int](repeating: 0, count: workload.layout.endpointCount(at: grain)))
  }

  /// The same for the ends of the network.
  private var networkBlocks: ExpertBlocks {
    isExpert
      ? ExpertBlocks(networkEndsOf: workload.layout)
      : ExpertBlocks(blockOf: [Int](repeating: 0, count: networkMap.count))
  }

  /// The blocks of the workload's own ends.
  var ownBlocks: ExpertBlocks { blocks(at: workload.grain) }

  /// The blocks of the ends that structure is read between.
  var endBlocks: ExpertBlocks { readsNetwork ? networkBlocks : ownBlocks }

  private var networkMap: EndMap {
    EndMap(networkEndsOf: workload.layout, from: workload.grain)
  }

  /// What an end of the network is called.
  var networkEndName: String {
    workload.layout.serversPerNetworkEnd > 1 ? "scale-up domain" : "server"
  }

  /// The summed matrix at every grain that shows more ends than a coarser one, network ends last.
  ///
  /// NICs are left out where most of them are idle, so that their matrix is that of the servers
  /// among zeros.
  func profiles() -> [MatrixProfile] {
    let layout = workload.layout
    var sizes: Set<Int> = [networkMap.count]
    var matrices: [(grain: Grain, matrix: TrafficMatrix)] = []
    let network = workload.matrix(
      of: workload.steps.filter { selection.contains($0) }, selection: selection, map: networkMap)
    let servers = workload.trafficMatrix(selection, at: .server) ?? network
    // The workload's own grain stands for those with as many ends.
    for grain in [workload.grain, .server, .nic, .rank] {
      guard layout.endpointCount(at: grain) <= denseEndLimit,
        EndMap(layout, from: workload.grain, to: grain) != nil,
        sizes.insert(layout.endpointCount(at: grain)).inserted,
        let matrix = workload.trafficMatrix(selection, at: grain)
      else { continue }
      if grain == .nic, matrix.activeEndCount == servers.activeEndCount { continue }
      matrices.append((grain, matrix))
    }
    let finer = matrices.sorted { $0.grain.rawValue < $1.grain.rawValue }.map { entry in
      MatrixProfile(
        entry.matrix, label: entry.grain.name, grain: entry.grain,
        blockOf: blocks(at: entry.grain).blockOf, absentSources: absentSources)
    }
    return finer + [
      MatrixProfile(
        network, label: networkEndName, grain: .server, blockOf: networkBlocks.blockOf,
        absentSources: absentSources)
    ]
  }

  /// The matrix of each layer, between the ends that structure is read between.
  func layerProfiles() -> [MatrixProfile] {
    var result: [MatrixProfile] = []
    let blockOf = endBlocks.blockOf
    workload.forEachTrafficMatrix(selection, by: [.layer], map: ends) { key, matrix in
      let layer = key.layer ?? Operation.unknown
      let label = layer == Operation.unknown ? "layer unknown" : "layer \(layer)"
      result.append(
        MatrixProfile(
          matrix, label: label, grain: ends.grain, blockOf: blockOf, absentSources: absentSources))
    }
    return result
  }

  /// What a reader must know about the readings.
  var notes: [String] {
    var result: [String] = []
    let roles = Set(workload.steps.map(\.role))
    switch part {
    case .expert where roles == [.expert]:
      result.append("expert traffic only: the input says nothing about other roles")
    case .expert: break
    case _ where workload.steps.isEmpty: break
    case .allToAlls:
      result.append(
        "no operation is known to be expert traffic: structure is read on the all-to-alls")
    case .recorded, .lowered:
      result.append(
        "no operation is known to be expert traffic: structure is read on all traffic whose pairs "
          + "were recorded")
    }
    let unclear = workload.steps.contains { $0.role == .expert && $0.phase == .unspecified }
    if unclear {
      result.append(
        "phases are unknown for some expert operations: where dispatch and combine are added up, "
          + "part of the pair structure is their symmetry")
    }
    if !readsNetwork {
      result.append(
        "no byte of the \(name) crosses the network: structure and time are read between "
          + "\(ends.grain.name)s")
    }
    if workload.layout.serversPerNetworkEnd > 1 {
      result.append(
        "pairs, regions and time are read between scale-up domains of "
          + "\(workload.layout.serversPerNetworkEnd) servers: bytes inside one need no network")
    }
    let tooFine = Set([workload.grain, .nic, .server]).filter {
      workload.layout.endpointCount(at: $0) > denseEndLimit
    }
    if !tooFine.isEmpty {
      let names = tooFine.sorted { $0.rawValue < $1.rawValue }.map {
        "\(workload.layout.endpointCount(at: $0)) \($0.name)s"
      }
      result.append(
        "no matrix is made between \(names.joined(separator: " or ")), nor are they asked whether they "
          + "look synthetic: \(denseEndLimit) ends are the most; structure is read between coarser ones"
      )
    }
    if workload.grain == .rank, workload.layout.nicCount != workload.layout.rankCount {
      result.append("NIC matrices assume pinned NICs: GPU g of a server uses NIC ⌊g·N/G⌋")
    }
    return result
  }
}

extension TrafficMatrix {
  /// Ends that send or receive anything, own bytes included.
  fileprivate var activeEndCount: Int {
    (0..<size).count { end in
      (0..<size).contains { self[end, $0] != 0 || self[$0, end] != 0 }
    }
  }
}
