public import TraceModel

/// The part of a trace that the structure of a network is judged by: the best that there is.
///
/// Every operation belongs to one part. That of a trace is the first that has operations, and its
/// operations are the trace's subject.
public enum SubjectPart: Int, Sendable, Hashable, CaseIterable {
  /// Operations that are known to be expert traffic.
  case expert
  /// All-to-alls of any role: what tells one pair from another, whoever asked for it.
  case allToAlls
  /// Bytes whose pairs were recorded, but not what moved them.
  case recorded
  /// Collectives of known kind alone: their pairs are those of a lowering, not of a demand.
  case lowered

  /// The part that an operation belongs to.
  public init(role: Role, kind: OperationKind) {
    self =
      if role == .expert {
        .expert
      } else if kind == .allToAll {
        .allToAlls
      } else {
        Self.loweredKinds.contains(kind) ? .lowered : .recorded
      }
  }

  /// Kinds that a replay lowers afresh for each fabric, so that their recorded pairs mean nothing.
  private static let loweredKinds: Set<OperationKind> = [
    .allReduce, .allGather, .reduceScatter, .broadcast,
  ]

  /// What results call it.
  public var name: String {
    switch self {
    case .expert: "expert traffic"
    case .allToAlls: "all-to-alls"
    case .recorded, .lowered: "all traffic"
    }
  }

  /// As links carry it.
  var asSent: MatrixSelection {
    switch self {
    case .expert: MatrixSelection(roles: [.expert])
    case .allToAlls: MatrixSelection(kinds: [.allToAll])
    case .recorded:
      MatrixSelection(kinds: Set(OperationKind.allCases).subtracting(Self.loweredKinds))
    case .lowered: MatrixSelection()
    }
  }

  /// From token owner to expert in every phase.
  var selection: MatrixSelection {
    var result = asSent
    result.orientation = .dispatch
    return result
  }
}
