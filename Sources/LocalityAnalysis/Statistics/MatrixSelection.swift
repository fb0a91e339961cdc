public import TraceModel

/// Which operations of a workload a matrix or a sum is made of; nil means all.
public struct MatrixSelection: Sendable, Hashable {
  /// Which way the bytes of the two combining phases are counted.
  public enum Orientation: String, Sendable, Hashable {
    /// From who sent to who received: what a link carries.
    case asSent
    /// From the owner of the token to its expert, in all four phases. The sum of a matrix and its
    /// transpose looks like pair structure where there is none, so structure is read this way.
    case dispatch
  }

  /// Roles of operations; nil for all.
  public var roles: Set<Role>?
  /// Phases of operations; nil for all.
  public var phases: Set<Phase>?
  /// Kinds of operations; nil for all.
  public var kinds: Set<OperationKind>?
  /// Layers, the unknown one (−1) only where the range says so; nil for all.
  public var layers: ClosedRange<Int32>?
  /// Iterations, the unknown one (−1) only where the range says so; nil for all.
  public var iterations: ClosedRange<Int32>?
  /// Which way combining phases are counted.
  public var orientation: Orientation

  /// All operations as sent, but for what is named.
  public init(
    roles: Set<Role>? = nil, phases: Set<Phase>? = nil, kinds: Set<OperationKind>? = nil,
    layers: ClosedRange<Int32>? = nil, iterations: ClosedRange<Int32>? = nil,
    orientation: Orientation = .asSent
  ) {
    self.roles = roles
    self.phases = phases
    self.kinds = kinds
    self.layers = layers
    self.iterations = iterations
    self.orientation = orientation
  }

  /// True when the step belongs to the selection.
  public func contains(_ step: Workload.Step) -> Bool {
    (roles?.contains(step.role) ?? true) && (phases?.contains(step.phase) ?? true)
      && (kinds?.contains(step.kind) ?? true) && (layers?.contains(step.layer) ?? true)
      && (iterations?.contains(step.iteration) ?? true)
  }

  /// True when the step's demand has to be transposed to be read in the selection's orientation.
  func transposes(_ step: Workload.Step) -> Bool {
    orientation == .dispatch && step.phase.runsFromExperts
      ? !step.isTransposed : step.isTransposed
  }
}

/// By what a workload's bytes are told apart.
public enum TrafficAxis: String, Sendable, Hashable, CaseIterable {
  case role, phase, layer, iteration
}

/// One combination of values on the axes asked for; nil on the others.
public struct TrafficKey: Sendable, Hashable {
  /// Nil where roles are added up; so on for the others.
  public var role: Role?
  /// See `role`.
  public var phase: Phase?
  /// −1 for operations whose layer is unknown.
  public var layer: Int32?
  /// −1 for operations whose iteration is unknown.
  public var iteration: Int32?

  /// All operations, but for what is named.
  public init(
    role: Role? = nil, phase: Phase? = nil, layer: Int32? = nil, iteration: Int32? = nil
  ) {
    self.role = role
    self.phase = phase
    self.layer = layer
    self.iteration = iteration
  }

  init(_ step: Workload.Step, axes: [TrafficAxis]) {
    self.init(
      role: axes.contains(.role) ? step.role : nil,
      phase: axes.contains(.phase) ? step.phase : nil,
      layer: axes.contains(.layer) ? step.layer : nil,
      iteration: axes.contains(.iteration) ? step.iteration : nil)
  }
}

extension TrafficKey: Comparable {
  private var order: (UInt8, UInt8, Int32, Int32) {
    (role?.rawValue ?? 0, phase?.rawValue ?? 0, layer ?? 0, iteration ?? 0)
  }

  /// By role, phase, layer, then iteration.
  public static func < (left: TrafficKey, right: TrafficKey) -> Bool { left.order < right.order }
}
