/// What analysis and replay share: each distinct demand once, and the operations that use it.
///
/// Flat arrays, built once per grain by `Workload.init(trace:grain:)` and never changed.
public struct Workload: Sendable, Hashable {
  /// What the ends of the demands are.
  public let grain: Grain
  public let layout: Layout
  public let model: ExpertModel?
  /// Distinct demands: unit amounts between ends.
  public let demands: DemandSet
  /// Operations by iteration, job, micro-batch, then the order in which they run.
  public let steps: [Step]
  /// Where columns come from, notes: what results must repeat.
  public let provenance: [String: Provenance]

  /// One operation of the workload.
  public struct Step: Sendable, Hashable {
    /// Operation id in the trace.
    public var operation: Int32
    public var kind: OperationKind
    public var role: Role
    public var phase: Phase
    public var iteration: Int32
    public var microBatch: Int32
    public var stage: Int32
    public var layer: Int32
    public var group: Int32
    /// Which demand of `demands` it moves.
    public var demand: Int
    /// True when it moves the demand's transpose.
    public var isTransposed: Bool
    /// Bytes of one unit of the demand (a token copy, or 1 when the unit is a byte).
    public var bytesPerUnit: Int64
    /// Recorded start and end in nanoseconds, or `Operation.unknownTime`.
    public var start: Int64
    public var end: Int64
    /// Compute that must end before it can start, in nanoseconds.
    public var computeBeforeNanoseconds: Double
    /// True when an end's compute is in proportion to the bytes that it sends in the step: experts
    /// work on what they then send back.
    ///
    /// The time above is that of the end that sends most.
    public var computeFollowsBytes: Bool
    /// Operation ids that must have ended before the compute, ascending; empty when the order of the
    /// steps says it.
    public var predecessors: [Int32]
    /// Which job of several on one fabric it belongs to; only its own iterations wait for each other.
    public var job: Int32

    public init(
      operation: Int32, kind: OperationKind, role: Role, phase: Phase, iteration: Int32,
      microBatch: Int32 = Operation.unknown, stage: Int32 = Operation.unknown, layer: Int32,
      group: Int32 = Operation.unknown, demand: Int, isTransposed: Bool = false,
      bytesPerUnit: Int64 = 1, start: Int64 = Operation.unknownTime,
      end: Int64 = Operation.unknownTime, computeBeforeNanoseconds: Double = 0,
      computeFollowsBytes: Bool = false, predecessors: [Int32] = [], job: Int32 = 0
    ) {
      self.operation = operation
      self.kind = kind
      self.role = role
      self.phase = phase
      self.iteration = iteration
      self.microBatch = microBatch
      self.stage = stage
      self.layer = layer
      self.group = group
      self.demand = demand
      self.isTransposed = isTransposed
      self.bytesPerUnit = bytesPerUnit
      self.start = start
      self.end = end
      self.computeBeforeNanoseconds = computeBeforeNanoseconds
      self.computeFollowsBytes = computeFollowsBytes
      self.predecessors = predecessors
      self.job = job
    }
  }

  public init(
    grain: Grain, layout: Layout, model: ExpertModel? = nil, demands: DemandSet, steps: [Step],
    provenance: [String: Provenance] = [:]
  ) {
    self.grain = grain
    self.layout = layout
    self.model = model
    self.demands = demands
    self.steps = steps
    self.provenance = provenance
  }

  /// Number of ends at the workload's grain.
  public var endpointCount: Int { layout.endpointCount(at: grain) }

  /// The iterations that occur, ascending (`Operation.unknown` where the trace has none).
  public var iterations: [Int32] { Set(steps.map(\.iteration)).sorted() }

  /// The jobs that have steps, ascending; one unless workloads were merged.
  public var jobs: [Int32] { Set(steps.map(\.job)).sorted() }

  /// The steps of one job, on the whole layout.
  public func only(job: Int32) -> Workload {
    Workload(
      grain: grain, layout: layout, model: model, demands: demands,
      steps: steps.filter { $0.job == job }, provenance: provenance)
  }

  /// Calls `body(source, destination, bytes)` for every pair of a step, at the workload's grain.
  public func forEachPair(of step: Step, _ body: (Int, Int, Int64) -> Void) {
    for pair in demands.pairs(of: step.demand) {
      let source = Int(demands.source[pair])
      let destination = Int(demands.destination[pair])
      let bytes = demands.amount[pair] * step.bytesPerUnit
      if step.isTransposed {
        body(destination, source, bytes)
      } else {
        body(source, destination, bytes)
      }
    }
  }

  /// The traffic matrix of some steps at the workload's grain or a coarser one, in bytes.
  ///
  /// - Parameter coarse: `.server`, or the workload's own grain.
  public func matrix(of steps: some Sequence<Step>, at coarse: Grain? = nil) -> TrafficMatrix {
    let target = coarse ?? grain
    precondition(target == grain || target == .server, "a grain can only be made coarser")
    var matrix = TrafficMatrix(size: layout.endpointCount(at: target))
    for step in steps {
      forEachPair(of: step) { source, destination, bytes in
        if target == grain {
          matrix[source, destination] += bytes
        } else {
          matrix[layout.server(of: source, at: grain), layout.server(of: destination, at: grain)] +=
            bytes
        }
      }
    }
    return matrix
  }
}

/// Distinct sparse demands in one set of columns (compressed sparse rows).
public struct DemandSet: Sendable, Hashable {
  /// `count + 1` offsets into the pair columns.
  public private(set) var offsets: [Int] = [0]
  public private(set) var source: [Int32] = []
  public private(set) var destination: [Int32] = []
  /// Units: bytes, or tokens that a step turns into bytes.
  public private(set) var amount: [Int64] = []

  public init() {}

  public var count: Int { offsets.count - 1 }

  /// The rows of one demand in the pair columns.
  public func pairs(of demand: Int) -> Range<Int> { offsets[demand]..<offsets[demand + 1] }

  /// Appends a demand and returns its number; the pairs should be ordered by (source, destination).
  public mutating func append(
    source: [Int32], destination: [Int32], amount: [Int64]
  ) -> Int {
    precondition(source.count == destination.count && source.count == amount.count)
    self.source.append(contentsOf: source)
    self.destination.append(contentsOf: destination)
    self.amount.append(contentsOf: amount)
    offsets.append(self.source.count)
    return count - 1
  }

  /// Appends the non-zero cells of a matrix and returns the demand's number.
  public mutating func append(_ matrix: TrafficMatrix) -> Int {
    for row in 0..<matrix.size {
      for column in 0..<matrix.size where matrix[row, column] != 0 {
        source.append(Int32(row))
        destination.append(Int32(column))
        amount.append(matrix[row, column])
      }
    }
    offsets.append(source.count)
    return count - 1
  }
}
