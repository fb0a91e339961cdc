/// One collective or send/receive instance on one group of ranks.
public struct Operation: Sendable, Hashable {
  /// What stands in a field that the input does not know.
  public static let unknown: Int32 = -1
  /// What stands in a time that the input does not know.
  public static let unknownTime: Int64 = Int64.min

  public var id: Int32
  public var kind: OperationKind
  public var role: Role
  public var phase: Phase
  /// What the ends of its transfers are.
  public var grain: Grain
  public var iteration: Int32
  public var microBatch: Int32
  public var stage: Int32
  public var layer: Int32
  /// Which group of that role (for experts: `Parallelism.expertGroup`), or unknown.
  public var group: Int32
  /// Nanoseconds on the trace's clock, or `unknownTime`.
  public var start: Int64
  public var end: Int64
  /// The operation whose transfers or routing this one uses: itself when it was recorded, the
  /// dispatch when it is one of the three all-to-alls that follow from it.
  public var demandSource: Int32

  public init(
    id: Int32, kind: OperationKind, role: Role, phase: Phase = .unspecified, grain: Grain,
    iteration: Int32 = unknown, microBatch: Int32 = unknown, stage: Int32 = unknown,
    layer: Int32 = unknown, group: Int32 = unknown, start: Int64 = unknownTime,
    end: Int64 = unknownTime, demandSource: Int32? = nil
  ) {
    self.id = id
    self.kind = kind
    self.role = role
    self.phase = phase
    self.grain = grain
    self.iteration = iteration
    self.microBatch = microBatch
    self.stage = stage
    self.layer = layer
    self.group = group
    self.start = start
    self.end = end
    self.demandSource = demandSource ?? id
  }
}

/// Operations and the order between them; few compared with transfers, so they stay structs.
public struct OperationTable: Sendable, Hashable {
  public var rows: [Operation] = []
  /// (operation, predecessor) pairs of ids: the first may not start before the second has ended.
  public var dependencies: [Dependency] = []

  public struct Dependency: Sendable, Hashable {
    public var operation: Int32
    public var predecessor: Int32

    public init(operation: Int32, predecessor: Int32) {
      self.operation = operation
      self.predecessor = predecessor
    }
  }

  public init() {}

  public var count: Int { rows.count }

  public mutating func append(_ row: Operation) { rows.append(row) }
}
