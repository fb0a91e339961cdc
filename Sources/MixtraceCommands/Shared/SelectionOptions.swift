internal import ArgumentParser
internal import TraceFormat
internal import TraceModel

/// Which part of a trace a verb looks at.
struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ends of the matrices: rank, nic or server.",
      discussion: "Default: the finest that the trace knows. Ranks are never made out of NICs.",
      valueName: "rank|nic|server"))
  var grain: Grain?

  @Option(
    help: ArgumentHelp("Only this role: expert, tensor, pipeline, data, other.", valueName: "role"))
  var role: Role?

  @Option(
    help: ArgumentHelp(
      "Only this phase: \(Phase.allToAlls.map(\.name).joined(separator: ", ")).",
      valueName: "phase"))
  var phase: Phase?

  @Option(
    help: ArgumentHelp(
      "Only these layers, \"3\" or \"0-7\"; other blocks of the file are not read.",
      valueName: "range"))
  var layer: IndexRange?

  @Option(
    help: ArgumentHelp(
      "Only these iterations, \"3\" or \"0-7\"; other blocks of the file are not read.",
      valueName: "range"))
  var iteration: IndexRange?

  @Option(
    help: ArgumentHelp(
      "Model for routing that was ingested without one: a preset or a YAML file.",
      valueName: "name|file"))
  var model: String?

  @Flag(
    help: "Count one byte per token where the trace declares no model: shapes without sizes.")
  var tokensAsBytes = false

  /// The part of a trace that was asked for.
  func trace(of file: TraceFile) throws -> Trace {
    var trace = try file.trace(iterations: iteration?.bounds, layers: layer?.bounds)
    if let model {
      trace.metadata.model = try namedModel(model)
      trace.metadata.provenance["model"] = Provenance(.declared, method: "--model \(model)")
    }
    return trace
  }

  /// The workload of that part, at the finest grain or the one that was asked for.
  func workload(of file: TraceFile) throws -> Workload {
    let trace = try trace(of: file)
    guard !trace.operations.rows.isEmpty else {
      throw VerbError("the trace holds no operations in the part that was asked for.")
    }
    let workload = try Workload(trace: trace, grain: grain, tokensAsBytes: tokensAsBytes)
    guard role != nil || phase != nil else { return workload }
    let steps = workload.steps.filter {
      (role == nil || $0.role == role) && (phase == nil || $0.phase == phase)
    }
    guard !steps.isEmpty else {
      throw VerbError("no operation of the trace has the role and phase that were asked for.")
    }
    return Workload(
      grain: workload.grain, layout: workload.layout, model: workload.model,
      demands: workload.demands, steps: steps, provenance: workload.provenance)
  }

  /// The grain at which matrices are printed.
  func coarseGrain(of workload: Workload) -> Grain { grain ?? workload.grain }
}
