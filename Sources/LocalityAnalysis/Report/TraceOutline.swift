public import TraceModel

/// What the operations of a trace say before its bytes are read: which part is its subject, and which
/// iterations and layers that has.
///
/// Memory is that of the numbers of iterations and layers.
public struct TraceOutline: Sendable {
  /// Where the operations ran.
  public let layout: Layout
  /// What the ends of the workloads are that will be added up.
  public var grain: Grain
  /// Where columns come from, as in the trace's metadata.
  public let provenance: [String: Provenance]
  /// Operations that were added.
  public private(set) var operationCount = 0
  /// Known iterations and layers of all operations.
  private(set) var iterations: Set<Int32> = []
  private(set) var layers: Set<Int32> = []
  private(set) var roles: Set<Role> = []
  /// True when the phase of some expert operation is unknown.
  private(set) var hasUnclearPhases = false
  private var iterationsOfPart: [SubjectPart: Set<Int32>] = [:]
  private var layersOfPart: [SubjectPart: Set<Int32>] = [:]

  /// An outline without operations.
  public init(layout: Layout, grain: Grain, provenance: [String: Provenance] = [:]) {
    self.layout = layout
    self.grain = grain
    self.provenance = provenance
  }

  /// The outline of all steps of a workload; O(steps).
  public init(_ workload: Workload) {
    self.init(layout: workload.layout, grain: workload.grain, provenance: workload.provenance)
    for step in workload.steps {
      add(
        role: step.role, kind: step.kind, phase: step.phase, iteration: step.iteration,
        layer: step.layer)
    }
  }

  /// Adds an operation; O(1).
  ///
  /// - Parameters:
  ///   - iteration: or `Operation.unknown`.
  ///   - layer: or `Operation.unknown`.
  public mutating func add(
    role: Role, kind: OperationKind, phase: Phase, iteration: Int32, layer: Int32
  ) {
    operationCount += 1
    roles.insert(role)
    if role == .expert, phase == .unspecified { hasUnclearPhases = true }
    let part = SubjectPart(role: role, kind: kind)
    layersOfPart[part, default: []].insert(layer)
    if layer >= 0 { layers.insert(layer) }
    guard iteration >= 0 else { return }
    iterations.insert(iteration)
    iterationsOfPart[part, default: []].insert(iteration)
  }

  /// What structure is read on.
  public var part: SubjectPart {
    SubjectPart.allCases.first { layersOfPart[$0] != nil } ?? .recorded
  }

  /// The known iterations of the subject, ascending.
  var subjectIterations: [Int32] { iterationsOfPart[part, default: []].sorted() }

  /// The layers of the subject, the unknown one among them.
  var subjectLayers: Set<Int32> { layersOfPart[part, default: []] }
}
