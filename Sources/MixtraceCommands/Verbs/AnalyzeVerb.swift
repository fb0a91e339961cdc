internal import ArgumentParser
internal import LocalityAnalysis
internal import Reporting
internal import TraceFormat
internal import TraceModel

/// `mixtrace analyze`: how local the traffic is, and which region it asks for.
struct AnalyzeVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Measure locality: imbalance, pair structure, region shares; choose the region.",
    discussion: """
      Reads a trace in this order: where bytes go; imbalance (one server receives more: move \
      experts); pair structure (some pairs carry more than totals explain: move light); how much \
      stays inside a region of each size; whether one iteration foretells the next. Then it replays \
      every region size on the regional optical fabric and chooses the smallest within 5 % of the \
      best. What the input cannot tell is said in words, never guessed.

      EXAMPLES
        mixtrace analyze run.mixt
        mixtrace analyze run.mixt --layer 0-3 --by layer
        mixtrace analyze run.mixt --delay "10 ms" --alpha 4 --format json
        mixtrace analyze run.mixt --no-regions      # statistics only, no replay
      """)

  /// What the rows of the structure table are.
  enum Rows: String, CaseIterable, ExpressibleByArgument {
    case whole, layer, iteration
  }

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    help: ArgumentHelp(
      "One structure row for the whole trace, each layer or each iteration's bytes.",
      valueName: "slice"))
  var by = Rows.whole

  @Flag(help: "Leave out the choice of the region, which needs replay.")
  var noRegions = false

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "The fabric that regions are judged on") var fabric: FabricOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let parameters = try fabric.parameters()
    let read = try readTrace(trace, warningsTo: terminal) { try selection.workload(of: $0) }
    let workload = read.value
    let optical = try parameters.regionalFabric(for: workload.layout)
    let locality = analyseLocality(
      workload, options: LocalityOptions(switchLimit: optical.switchLimit))
    var document = ResultDocument()
    document.sentences =
      try selection.replacedModel(in: read.file) + locality.verdict.map(\.sentence)
    document.remarks = locality.notes.map { "Note: \($0)." }
    document.add(
      "bytes", LocalityTables.bytes(locality.byRoleAndPhase, title: "Bytes by role and phase"))
    switch by {
    case .whole:
      for profile in locality.profiles {
        document.add("structure_\(profile.label)", LocalityTables.profile(profile))
      }
    case .layer:
      document.add(
        "structure", LocalityTables.profiles(locality.layerProfiles, title: "Structure by layer"))
    case .iteration:
      document.add(
        "iterations", LocalityTables.bytes(locality.byIteration, title: "Bytes by iteration"))
    }
    document.add("regions", LocalityTables.curve(locality))
    document.add("time", LocalityTables.time(locality))
    if !noRegions, workload.movesBytes {
      let study = try RegionStudy(
        workload: workload, locality: locality, fabric: optical, parameters: parameters)
      document.sentences += study.sentences
      document.add("choice", study.table)
    }
    document.print(results, on: terminal)
    return read.status
  }
}
