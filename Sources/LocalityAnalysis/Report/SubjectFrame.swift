internal import TraceModel

/// Ends up to which dense matrices are made: each one takes 128 MiB then, and its readings several times
/// that.
public let denseEndLimit = 4_096

/// What is known of a trace's subject before its bytes are read.
struct SubjectFrame: Sendable {
  let outline: TraceOutline
  let part: SubjectPart
  /// Servers, or scale-up domains that hold several, from the ends of the workload.
  let network: EndMap

  init(_ outline: TraceOutline) {
    self.outline = outline
    part = outline.part
    network = EndMap(networkEndsOf: outline.layout, from: outline.grain)
  }

  var layout: Layout { outline.layout }
  var grain: Grain { outline.grain }
  var isExpert: Bool { part == .expert }

  /// Why nothing can be said about pairs, or nil when it can.
  var absentSources: String? {
    part == .lowered
      ? "every byte belongs to a collective whose pairs each fabric chooses anew"
      : reasonAgainstSources(outline.provenance)
  }

  /// Declared expert groups; one block of everything where nothing is known to be expert traffic.
  func blocks(at grain: Grain) -> ExpertBlocks {
    isExpert ? ExpertBlocks(layout, at: grain) : .one(of: layout.endpointCount(at: grain))
  }

  /// The same for the ends of the network.
  var networkBlocks: ExpertBlocks {
    isExpert ? ExpertBlocks(networkEndsOf: layout) : .one(of: network.count)
  }

  /// What an end of the network is called.
  var networkEndName: String { layout.serversPerNetworkEnd > 1 ? "scale-up domain" : "server" }

  /// Whether structure is read between the ends of the network: some byte of the subject crosses it,
  /// or a matrix of the workload's own ends would be too large.
  func readsNetwork(_ bytes: TierBytes) -> Bool {
    layout.endpointCount(at: grain) > denseEndLimit || bytes.betweenDomains > 0 || bytes.moved == 0
  }

  /// The ends that structure and time are read between.
  func ends(readingNetwork: Bool) -> EndMap {
    readingNetwork ? network : EndMap(layout, from: grain, to: grain) ?? network
  }

  /// What a reader must know about the readings.
  func notes(readingNetwork: Bool) -> [String] {
    var result: [String] = []
    switch part {
    case .expert where outline.roles == [.expert]:
      result.append("expert traffic only: the input says nothing about other roles")
    case .expert: break
    case _ where outline.operationCount == 0: break
    case .allToAlls:
      result.append(
        "no operation is known to be expert traffic: structure is read on the all-to-alls")
    case .recorded, .lowered:
      result.append(
        "no operation is known to be expert traffic: structure is read on all traffic whose pairs "
          + "were recorded")
    }
    if outline.hasUnclearPhases {
      result.append(
        "phases are unknown for some expert operations: where dispatch and combine are added up, "
          + "part of the pair structure is their symmetry")
    }
    if !readingNetwork {
      result.append(
        "no byte of the \(part.name) crosses the network: structure and time are read between "
          + "\(grain.name)s")
    }
    if layout.serversPerNetworkEnd > 1 {
      result.append(
        "pairs, regions and time are read between scale-up domains of "
          + "\(layout.serversPerNetworkEnd) servers: bytes inside one need no network")
    }
    let tooFine = Set([grain, .nic, .server]).filter {
      layout.endpointCount(at: $0) > denseEndLimit
    }
    if !tooFine.isEmpty {
      let names = tooFine.sorted { $0.rawValue < $1.rawValue }.map {
        "\(layout.endpointCount(at: $0)) \($0.name)s"
      }
      result.append(
        "no matrix is made between \(names.joined(separator: " or ")), nor are they asked whether they "
          + "look synthetic: \(denseEndLimit) ends are the most; structure is read between coarser ones"
      )
    }
    if grain == .rank, layout.nicCount != layout.rankCount {
      result.append("NIC matrices assume pinned NICs: GPU g of a server uses NIC ⌊g·N/G⌋")
    }
    return result
  }
}
