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
      Each phase is solved exactly as max-min fair flows on the fabric's links; phases run one after \
      the other with the declared compute between them. A fabric that reconfigures gets a second \
      row with the delay of a commodity NIC (42 ms + 5.67 s link-up).

      FABRICS
      \(FabricCatalogue.help)

      EXAMPLES
        mixtrace replay run.mixt
        mixtrace replay run.mixt --fabric fat-tree --fabric mixnet --delay "10 ms"
        mixtrace replay run.mixt --fabric mixnet --phases --format csv > phases.csv
        mixtrace replay run.mixt --nic-rate "800 Gb/s" --sharing split-optimal \\
            --cost mixnet-paper
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    help: ArgumentHelp(
      "A fabric to replay on, by its name above; may be repeated. Default: all.", valueName: "name")
  )
  var fabric: [String] = []

  @Flag(help: "One row per phase of each fabric instead of one row per fabric.")
  var phases = false

  @Flag(help: "Also print the bills of materials and the busiest links.")
  var details = false

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "What if") var changes: WhatIfOptions
  @OptionGroup(title: "Fabric parameters") var fabricOptions: FabricOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let parameters = try fabricOptions.parameters()
    let read = try selection.readWorkload(trace, changes: changes, warningsTo: terminal)
    let workload = read.value
    let fabrics = try parameters.fabrics(named: fabric, for: workload.layout)
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let comparison = try FabricComparison(
      workload: workload, fabrics: fabrics, parameters: parameters,
      progress: { meter.showReplay(of: $0, done: $1, of: fabrics.count) })
    meter.finish()
    let value = try OpticsStudy.value(of: workload, locality: nil, parameters: parameters)
    let limits = Verdict.limits(comparison, workload: workload)
    let isRemark = { (sentence: String) in sentence.hasPrefix("Note: ") }
    var document = ResultDocument()
    document.sentences =
      Verdict.sentences(comparison) + value.sentences + limits.filter { !isRemark($0) }
    document.remarks = limits.filter(isRemark)
    if phases {
      for row in comparison.rows { document.add("phases_\(row.label)", ReplayTables.phases(row)) }
    } else {
      document.add("fabrics", ReplayTables.fabrics(comparison))
    }
    if details {
      for row in comparison.rows {
        document.add("bill_\(row.label)", ReplayTables.bill(row))
        document.add("links_\(row.label)", ReplayTables.busiestLinks(row))
      }
    }
    document.add("parameters", ReplayTables.parameters(comparison))
    document.print(results, on: terminal)
    return read.status
  }
}

extension FabricCatalogue {
  /// Every fabric with its line, for help.
  static var help: String {
    presets(layout: Layout(serverCount: 2, gpusPerServer: 8)).map { fabric in
      let padding = String(repeating: " ", count: max(1, 20 - fabric.name.count))
      return "  \(fabric.name)\(padding)\(fabric.summary)"
    }.joined(separator: "\n")
  }
}
