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
        mixtrace analyze run.mixt --details         # how sure, how long it lasts, when it changes
        mixtrace analyze year.mixt --streaming      # larger than memory
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

  @Flag(
    help: ArgumentHelp(
      "Also similarity at many distances in time, changes, trace complexity, intervals, predictors.",
      discussion: "Intervals resample iterations and need ten or more."))
  var details = false

  @Flag(
    help: ArgumentHelp(
      "Read the trace once, a few blocks at a time: for traces larger than memory.",
      discussion:
        "What it prints is exact; pairs of more than 4,096 ends have a stated error."))
  var streaming = false

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "The fabric that regions are judged on") var fabric: FabricOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    if streaming { return try runStreaming(on: terminal) }
    let parameters = try fabric.parameters()
    let read = try readTrace(trace, warningsTo: terminal) { try analysedPart(of: $0) }
    let workload = read.value
    try workload.requireDenseMatrix()
    let optical = try parameters.regionalFabric(for: workload.layout)
    var locality = analyseLocality(
      workload, options: LocalityOptions(switchLimit: optical.switchLimit, readsDetails: details))
    var study: RegionStudy?
    let reasons = reasonsAgainstBytes(in: read.file)
    let tooLarge = noRegions || !reasons.isEmpty ? nil : RegionStudy.reasonAgainst(workload)
    if !noRegions, reasons.isEmpty, tooLarge == nil, workload.movesBytes {
      let regions = try RegionStudy(
        workload: workload, locality: locality, fabric: optical, parameters: parameters)
      if let regret = try regions.optics.regretOfLastValue() {
        locality = locality.judgedByRegret(regret)
      }
      study = regions
    }
    var document = ResultDocument()
    document.sentences =
      try selection.sizeCaveats(in: read.file) + locality.verdict.map(\.sentence)
    document.remarks = (reasons + locality.notes + [tooLarge].compactMap(\.self)).map {
      "Note: \($0)."
    }
    add(locality, to: &document)
    if let study {
      if locality.synthetic != nil {
        document.sentences.append("What follows about circuits holds for the generator, too.")
      }
      document.sentences += study.sentences
      document.add("choice", study.table)
      if details, let table = try study.optics.predictors() { document.add("predictors", table) }
    }
    document.print(results, on: terminal)
    return read.status
  }

  /// The part of the trace that was asked for, in bytes or token copies or as messages.
  private func analysedPart(of file: TraceFile) throws -> Workload {
    UnattributedTraffic.isAll(of: file)
      ? try UnattributedTraffic.workload(of: file, selection)
      : try selection.countingTokensWhereNeeded(in: file).workload(of: file)
  }

  /// What keeps bytes from being those of operations, so that nothing can be replayed.
  private func reasonsAgainstBytes(in file: TraceFile) -> [String] {
    if UnattributedTraffic.isAll(of: file) { return [UnattributedTraffic.note(file)] }
    guard selection.countingTokensWhereNeeded(in: file).tokensAsBytes, !selection.tokensAsBytes
    else { return [] }
    return [
      "no model says how many bytes a token has: each copy of a token counts as one byte below, and "
        + "nothing is replayed; --model gives bytes and times"
    ]
  }

  private func add(_ locality: LocalityReport, to document: inout ResultDocument) {
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
      document.add("layers", LocalityTables.bytes(locality.byLayer, title: "Bytes by layer"))
    case .iteration:
      document.add(
        "iterations", LocalityTables.bytes(locality.byIteration, title: "Bytes by iteration"))
    }
    document.add("regions", LocalityTables.curve(locality))
    if !streaming {
      document.add("moments", LocalityTables.momentary(locality))
      document.add("time", LocalityTables.time(locality))
    }
    if let more = locality.details {
      document.add("lags", LocalityTables.lags(locality))
      for (key, table) in LocalityTables.details(more) { document.add(key, table) }
    }
    guard details else { return }
    for profile in locality.profiles {
      if let table = LocalityTables.coverage(profile) {
        document.add("coverage_\(profile.label)", table)
      }
    }
  }

  /// Statistics that need one pass over the file and the memory of a few of its blocks.
  private func runStreaming(on terminal: Terminal) throws -> ExitStatus {
    let parameters = try fabric.parameters()
    let read = try readTrace(trace, warningsTo: terminal) { file in
      try streamedLocality(of: file, selection.countingTokensWhereNeeded(in: file))
    }
    let limit = try parameters.regionalFabric(for: read.file.metadata.layout).switchLimit
    let locality = read.value.report(LocalityOptions(switchLimit: limit))
    var document = ResultDocument()
    document.sentences =
      [
        "Read once: single operations, time and replay need the whole trace and are left out."
      ] + (try selection.sizeCaveats(in: read.file))
      + locality.verdict.filter { $0.topic != .time }.map(\.sentence)
    document.remarks = (reasonsAgainstBytes(in: read.file) + locality.notes).map { "Note: \($0)." }
    add(locality, to: &document)
    document.add(
      "pairs",
      SketchTables.pairs(read.value, subject: locality.subject, grain: locality.grain))
    document.print(results, on: terminal)
    return read.status
  }
}
