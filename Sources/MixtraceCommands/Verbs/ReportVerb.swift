internal import ArgumentParser
internal import LocalityAnalysis
internal import Replay
internal import Reporting
internal import TraceFormat
internal import TraceModel

/// `mixtrace report`: one HTML page that needs no network.
struct ReportVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "Write one self-contained HTML page: verdict, locality, region, fabrics, assumptions.",
    discussion: """
      The page holds everything that analyze and replay say, with pictures, and the numbers as JSON. \
      It opens without a network and forbids itself to use one.

      EXAMPLES
        mixtrace report run.mixt -o report.html
        mixtrace report run.mixt -o report.html --fabric fat-tree \\
            --fabric mixnet --delay "10 ms"
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the page.", valueName: "file"))
  var output = "report.html"

  @Option(help: "Title of the page; default: the trace's name.")
  var title: String?

  @Option(
    help: ArgumentHelp(
      "A fabric to replay on; may be repeated. Default: those of replay.", valueName: "name"))
  var fabric: [String] = []

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "What if") var changes: WhatIfOptions
  @OptionGroup(title: "Fabric parameters") var fabricOptions: FabricOptions

  @Flag(help: "Say nothing but warnings and errors.")
  var quiet = false

  func run(on terminal: Terminal) throws -> ExitStatus {
    var parameters = try fabricOptions.parameters()
    try refuse(
      outputs: [output],
      thatAreInputs: [trace] + changes.job + selection.files + parameters.files)
    let read = try selection.readWorkload(trace, changes: changes, warningsTo: terminal)
    let workload = read.value
    parameters.fitting = Fitting(workload, for: fabric, declared: parameters.declared)
    let meter = ProgressMeter(terminal: terminal, isQuiet: quiet)
    defer { meter.finish() }
    let fabrics = try parameters.fabrics(named: fabric, for: workload.layout)
    try parameters.refuseUnused(on: fabrics)
    let optical = try parameters.regionalFabric(among: fabrics, for: workload.layout)
    meter.update { _ in "analysing locality" }
    let locality = analyseLocality(
      workload, options: LocalityOptions(switchLimit: optical.switchLimit))
    meter.update { _ in "choosing the region" }
    let regions: Result<RegionStudy, VerbError>
    do {
      regions = .success(
        try RegionStudy(
          workload: workload, locality: locality, fabric: optical, parameters: parameters))
    } catch let error as VerbError {
      regions = .failure(error)
    }
    let comparison = try FabricComparison(
      workload: parameters.fitting?.scored ?? workload, fabrics: fabrics, parameters: parameters,
      progress: { meter.showReplay(of: $0, done: $1, of: fabrics.count) })
    if !changes.job.isEmpty { meter.update { _ in "replaying each job alone" } }
    let jobs =
      changes.job.isEmpty
      ? nil
      : try JobTable.jobs(
        comparison.rows, of: parameters.fitting?.scored ?? workload,
        files: [trace] + changes.job, parameters: parameters)
    meter.finish()
    let contents = ReportContents(
      file: read.file, name: trace.split(separator: "/").last.map(String.init) ?? trace,
      workload: workload, locality: locality, regionStudy: regions, comparison: comparison,
      jobs: jobs)
    try write(contents.page(title: title).html, to: output)
    if !quiet { terminal.writeError("Wrote \(output).\n") }
    let isWhole = comparison.failures.isEmpty && contents.regions != nil
    return isWhole ? read.status : .doneWithWarnings
  }
}
