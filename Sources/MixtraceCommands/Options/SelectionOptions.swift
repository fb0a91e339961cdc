internal import ArgumentParser
internal import TraceFormat
internal import TraceModel

/// Which part of a trace a verb looks at.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ends of the matrices.",
      discussion: "Default: the finest that the trace knows. Ranks are never made out of NICs.",
      valueName: "grain"))
  var grain: Grain?

  @Option(
    help: ArgumentHelp("Only operations of this role.", valueName: "role"))
  var role: Role?

  @Option(
    help: ArgumentHelp(
      "Only operations of this phase.",
      valueName: "phase"))
  var phase: Phase?

  @Option(
    help: ArgumentHelp(
      "Only these layers, counted from 0: 3 or 0-7.",
      valueName: "range"))
  var layer: IndexRange?

  @Option(
    help: ArgumentHelp(
      "Only these iterations, counted from 0: 3 or 0-7.",
      valueName: "range"))
  var iteration: IndexRange?

  @Option(
    help: ArgumentHelp(
      "Model for routing that was ingested without one: a preset or a YAML file.",
      discussion: "It takes the place of a recorded model that has as many experts.",
      valueName: "name|file"))
  var model: String?

  @Flag(
    help: "Count each token copy as one byte, whatever the model: shapes without sizes.")
  var tokensAsBytes = false

  /// The part of a trace that was asked for.
  func trace(of file: TraceFile) throws -> Trace {
    try trace(of: file, iterations: iteration?.bounds)
  }

  /// The same of other iterations.
  func trace(of file: TraceFile, iterations: ClosedRange<Int32>?) throws -> Trace {
    var trace = try file.trace(iterations: iterations, layers: layer?.bounds)
    if let model {
      let declared = try namedModel(model)
      if let recorded = trace.metadata.model, recorded.expertCount != declared.expertCount {
        throw ValidationError(
          "--model \(model) has \(declared.expertCount) experts, the trace is of "
            + "\(recorded.name) with \(recorded.expertCount)")
      }
      if trace.metadata.model == nil, let routed = RoutedExperts(trace.routing),
        !routed.canBe(ofModelWith: declared.expertCount)
      {
        throw ValidationError(
          "--model \(model) has \(declared.expertCount) experts, the trace's tokens go to "
            + "\(routed.used) of the first \(routed.span)")
      }
      trace.metadata.model = declared
      trace.metadata.provenance["model"] = Provenance(.declared, method: "--model \(model)")
    }
    return trace
  }

  /// The selection with each token copy counted as one byte where the trace holds nothing but tokens
  /// that no model gives a size.
  func countingTokensWhereNeeded(in file: TraceFile) -> SelectionOptions {
    var selection = self
    if file.metadata.model == nil, model == nil, file.rowCount(of: .transfers) == 0,
      file.rowCount(of: .routing) > 0
    {
      selection.tokensAsBytes = true
    }
    return selection
  }

  /// What a reader must know about the sizes of messages, in words: another model than the trace's own, or
  /// tokens without a size.
  func sizeCaveats(in file: TraceFile) throws -> [String] {
    if tokensAsBytes {
      return [
        "Each token copy counts as one byte (--tokens-as-bytes): times tell fabrics apart, they are no durations."
      ]
    }
    guard let model, let recorded = file.metadata.model, recorded != (try namedModel(model)) else {
      return []
    }
    return [
      "The trace was recorded with \(recorded.name); its bytes are those of --model \(model)."
    ]
  }

  /// The operations of that part, with the role and phase that were asked for.
  ///
  /// At the finest grain or the one that was asked for.
  func workload(of file: TraceFile) throws -> Workload {
    try chosen(of: wholeWorkload(of: file))
  }

  /// The operations of that part, of all roles and phases.
  func wholeWorkload(of file: TraceFile) throws -> Workload {
    let trace = try trace(of: file)
    guard !trace.operations.rows.isEmpty else { throw noOperations(in: file) }
    return try pricedWorkload(of: trace)
  }

  /// That a part of the trace is empty, and what there is instead.
  func noOperations(in file: TraceFile) -> VerbError {
    let messages = file.rowCount(of: .messages)
    if messages > 0, file.rowCount(of: .operations) == 0 {
      return VerbError(
        "the trace holds \(messages) messages and no operations that they belong to.\n"
          + "  Attribute them first: mixtrace attribute.")
    }
    return VerbError(
      "the trace holds no operations in the part that was asked for."
        + (layer != nil && Self.knowsNoLayers(file)
          ? " It does not know their layers." : Self.extent(of: file)))
  }

  /// That no operation has the role and phase that were asked for.
  static var noSuchRole: VerbError {
    VerbError("no operation of the trace has the role and phase that were asked for.")
  }

  /// The workload of a trace, in bytes by the model or as the user said.
  ///
  /// - Parameter placement: where experts are; contiguous blocks when nil.
  func pricedWorkload(of trace: Trace, placement: ExpertPlacement? = nil) throws -> Workload {
    let measured = Set(trace.transfers.operation)
    let isPriced = trace.metadata.model != nil || tokensAsBytes
    guard isPriced || trace.routing.operation.allSatisfy(measured.contains) else {
      throw VerbError(
        "the trace holds routed tokens, and no model says how many bytes a token has.\n"
          + "  Name one with --model, or count each token copy as one byte with --tokens-as-bytes.")
    }
    return try Workload(
      trace: trace, grain: grain, tokensAsBytes: tokensAsBytes, placement: placement)
  }

  /// The steps with the role and phase that were asked for.
  func chosen(of workload: Workload) throws -> Workload {
    if role == nil, phase == nil { return workload }
    // Filtered here and not in the trace: a phase may take its demand from another one.
    let chosen = workload.keepingSteps { includes($0.role, $0.phase) }
    guard !chosen.steps.isEmpty else { throw Self.noSuchRole }
    return chosen
  }

  /// The iterations and layers that there are, as a sentence after another.
  private static func extent(of file: TraceFile) -> String {
    let blocks = file.blocks.filter { $0.kind == .operations }
    func words(_ ranges: [ClosedRange<Int32>]) -> String? {
      guard let first = ranges.map(\.lowerBound).min(), let last = ranges.map(\.upperBound).max(),
        first != Operation.unknown
      else { return nil }
      return first == last ? "\(first)" : "\(first)-\(last)"
    }
    let parts = [
      words(blocks.compactMap(\.iterations)).map { "--iteration \($0)" },
      words(blocks.compactMap(\.layers)).map { "--layer \($0)" },
    ].compactMap(\.self)
    return parts.isEmpty ? "" : " There are \(parts.joined(separator: " and "))."
  }

  /// True of a capture's operations, whose layers nobody told.
  private static func knowsNoLayers(_ file: TraceFile) -> Bool {
    file.blocks.allSatisfy {
      $0.kind != .operations || $0.layers?.upperBound == Operation.unknown
    }
  }

  /// True when an operation with this role and phase was asked for.
  func includes(_ operationRole: Role, _ operationPhase: Phase) -> Bool {
    (role == nil || operationRole == role) && (phase == nil || operationPhase == phase)
  }

  /// True when only a part of the trace was asked for, or another view of it.
  var isNarrowed: Bool {
    role != nil || phase != nil || layer != nil || iteration != nil
  }

  /// The grain at which matrices are printed.
  func coarseGrain(of workload: Workload) -> Grain { grain ?? workload.grain }
}
