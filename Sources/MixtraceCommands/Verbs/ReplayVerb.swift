internal import ArgumentParser
internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceFormat
internal import TraceModel

/// `mixtrace replay`: how long the trace takes on candidate fabrics.
struct ReplayVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replay a trace on candidate fabrics: completion, proven bound, exposed delay, cost.",
    discussion: """
      Every rank or server sends when its own part of the operation before and its compute have \
      ended; flows share the fabric's links max-min fairly, event by event. A fabric that \
      reconfigures gets a second row with the delay of a commodity NIC (42 ms + 5.67 s link-up).

      Pipeline stages take their micro-batches one forward, one backward (1F1B) where the trace \
      has no times of its own. Logs of routing hold no sends between stages: --all-roles adds them, \
      and only then a stage waits for the one before it.

      best-static and topoopt-fitted choose their circuits for the first half of the iterations; \
      every fabric beside them is then scored on the other half.

      FABRICS
      \(FabricCatalogue.help)

      EXAMPLES
        mixtrace replay run.mixt
        mixtrace replay run.mixt --fabric fat-tree --fabric mixnet --delay "10 ms"
        mixtrace replay run.mixt --fabric mixnet --phases --format csv > phases.csv
        mixtrace replay run.mixt --job other.mixt --fabric fat-tree-3to1
        mixtrace replay run.mixt --fabric best-static --fabric mixnet --fabric fat-tree
        mixtrace replay run.mixt --nic-rate "800 Gb/s" --sharing split-optimal \\
            --cost mixnet-paper
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    help: ArgumentHelp(
      "A fabric to replay on, by its name above; may be repeated. Default: all of the first list.",
      valueName: "name")
  )
  var fabric: [String] = []

  @Flag(help: "One row per phase of each fabric instead of one row per fabric.")
  var phases = false

  @Flag(help: "One row per job of each fabric, where --job adds others to the trace's.")
  var perJob = false

  @Flag(
    help:
      "Also print all bounds, bills of materials, busiest links, the best policy in hindsight, predictors."
  )
  var details = false

  @Flag(
    help: ArgumentHelp(
      "The fabric is the one that the trace was recorded on: compare with the recorded times.",
      discussion: "Needs one --fabric, and a trace with times and two or more iterations."))
  var asRecorded = false

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "What if") var changes: WhatIfOptions
  @OptionGroup(title: "Fabric parameters") var fabricOptions: FabricOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    guard !asRecorded || fabric.count == 1 else {
      throw ValidationError("--as-recorded needs the one --fabric that the trace was recorded on")
    }
    guard !asRecorded || !(phases || perJob) else {
      throw ValidationError(
        "--as-recorded has a table of its own: leave out --\(phases ? "phases" : "per-job")")
    }
    guard !phases || !perJob else {
      throw ValidationError("--phases and --per-job are two tables: ask for one")
    }
    guard !perJob || !changes.job.isEmpty else {
      throw ValidationError("--per-job needs another job on the fabric: add --job")
    }
    var parameters = try fabricOptions.parameters()
    let read = try selection.readWorkload(trace, changes: changes, warningsTo: terminal)
    parameters.fitting = Fitting(read.value, for: fabric, declared: parameters.declared)
    let fabrics = try parameters.fabrics(named: fabric, for: read.value.layout)
    try parameters.refuseUnused(on: fabrics)
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let comparison = try FabricComparison(
      workload: parameters.fitting?.scored ?? read.value, fabrics: fabrics, parameters: parameters,
      progress: { meter.showReplay(of: $0, done: $1, of: fabrics.count) })
    meter.finish()
    let jobs =
      changes.job.isEmpty
      ? nil
      : try JobTable.jobs(
        comparison.rows, of: parameters.fitting?.scored ?? read.value,
        files: [trace] + changes.job, parameters: parameters)
    var document = try document(of: comparison, jobs: jobs, workload: read.value)
    document.sentences = try selection.sizeCaveats(in: read.file) + document.sentences
    document.print(results, on: terminal)
    return comparison.failures.isEmpty ? read.status : .doneWithWarnings
  }

  private func document(
    of comparison: FabricComparison, jobs: Table?, workload: Workload
  ) throws -> ResultDocument {
    var document = ResultDocument()
    if perJob, let jobs { document.add("jobs", jobs) }
    if asRecorded {
      try addRecorded(comparison, to: &document)
    } else if phases {
      document.add("phases", PhaseTables.phases(comparison.rows))
    } else {
      document.add("fabrics", ReplayTables.fabrics(comparison))
    }
    if !perJob, let jobs { document.add("jobs", jobs) }
    let optics = comparison.rows.first { $0.fabric.followsDemand }
      .map { OpticsStudy(of: workload, on: $0.fabric) }
    let limits = Verdict.limits(comparison, workload: workload, isCompared: asRecorded)
    document.sentences +=
      FabricFailure.sentences(comparison.failures) + Verdict.sentences(comparison)
      + (optics?.sentences ?? []) + limits
    document.remarks = Verdict.remarks(comparison)
    let hindsight =
      details && optics?.isMeasured == true
      ? try comparison.hindsight(of: comparison.fitting?.scored ?? workload) : []
    document.add(
      "bounds",
      BoundTables.bounds(
        comparison, hindsight: hindsight, isForPeople: results.format.isForPeople),
      isForMachinesOnly: !details)
    if details { try addDetails(comparison, optics, to: &document) }
    document.add("parameters", ParameterTables.parameters(comparison))
    return document
  }

  private func addRecorded(
    _ comparison: FabricComparison, to document: inout ResultDocument
  ) throws {
    guard let row = comparison.rows.first, let calibration = row.result.calibration else {
      throw VerbError(
        "--as-recorded needs recorded times of two or more iterations, which the trace lacks.")
    }
    document.sentences.append(Verdict.sentence(calibration, on: row.label))
    document.add("recorded", PhaseTables.recorded(row))
  }

  private func addDetails(
    _ comparison: FabricComparison, _ optics: OpticsStudy?, to document: inout ResultDocument
  ) throws {
    if let sentence = try optics?.hindsight() { document.remarks.append(sentence) }
    if let table = try optics?.predictors() { document.add("predictors", table) }
    for row in comparison.rows {
      document.add("bill_\(row.label)", ReplayTables.bill(row))
      document.add("links_\(row.label)", ReplayTables.busiestLinks(row))
    }
  }
}

extension FabricCatalogue {
  /// Every fabric with its line, for help.
  static var help: String {
    let offers = offers(layout: Layout(serverCount: 64, gpusPerServer: 8))
    func list(_ offers: [FabricOffer]) -> String { helpList(offers.map { ($0.name, $0.summary) }) }
    return list(offers.filter(\.isComparedByDefault)) + "\n\nMORE FABRICS, by name\n"
      + list(offers.filter { !$0.isComparedByDefault })
  }
}
