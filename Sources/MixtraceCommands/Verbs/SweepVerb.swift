internal import ArgumentParser
internal import Replay
internal import Reporting
internal import TraceModel

/// `mixtrace sweep`: one trace on every combination of fabric parameters.
struct SweepVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Replay a trace on every combination of fabric parameters, into one CSV file.",
    discussion: """
      Reads the trace once, replays it on all cores and writes each row as soon as it is known. An \
      interrupted sweep leaves FILE.partial; the same command goes on from there.

      What can be varied: every option under "Fabric parameters" of 'mixtrace replay --help'. One \
      value fixes an option; several are combined with all values of the others.

      EXAMPLES
        mixtrace sweep run.mixt --vary alpha=2,4,6 --vary "delay=10 us,1 ms,25 ms" -o sweep.csv
        mixtrace sweep run.mixt --fabric mixnet --fabric fat-tree \\
            --vary "nic-rate=100 Gb/s,200 Gb/s,400 Gb/s,800 Gb/s" -o sweep.csv
      """)

  /// Enough to keep the cores busy, few enough that an interruption loses little.
  private static let pointsAtOnce = 8

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where to write the rows, as CSV.", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var output: String

  @Option(
    help: ArgumentHelp(
      "An option of replay and its values; may be repeated.", valueName: "option=value,…"))
  var vary: [String] = []

  @Option(
    help: ArgumentHelp(
      "A fabric to replay on, by its name; may be repeated. Default: all.", valueName: "name"))
  var fabric: [String] = []

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "What if") var changes: WhatIfOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    try refuse(outputs: [output], thatAreInputs: [trace])
    let grid = try SweepGrid(vary)
    // A wrong value is found now, not after an hour.
    for point in 0..<grid.count { _ = try grid.parameters(at: point) }
    let read = try selection.readWorkload(trace, changes: changes, warningsTo: terminal)
    let workload = read.value
    _ = try grid.parameters(at: 0).fabrics(named: fabric, for: workload.layout)

    let columns = SweepRow.columns(of: grid)
    let header = Table("", columns: columns).csv()
    let file = try SweepFile(path: output, header: String(header.dropLast()))
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let (begin, names) = (file.doneCount, fabric)
    let replays = SweepReplays(workload)
    var rows = file.doneLines.compactMap { SweepRow(line: $0, grid: grid) }
    for window in stride(from: begin, to: grid.count, by: Self.pointsAtOnce) {
      let found = parallelMap(count: min(Self.pointsAtOnce, grid.count - window)) { index in
        replays.rows(at: window + index, of: grid, fabrics: names)
      }.flatMap { $0 }
      var table = Table("", columns: columns)
      for row in found { table.append(row.cells) }
      try file.append(String(table.csv().dropFirst(header.count)))
      rows += found
      meter.showSweep(done: min(window + Self.pointsAtOnce, grid.count), of: grid.count)
    }
    try file.finish()
    meter.finish()
    let summary = SweepSummary(rows, of: grid)
    var document = ResultDocument()
    document.sentences = summary.sentences
    document.add("pareto_front", summary.paretoFront)
    document.print(results, on: terminal)
    if !results.quiet {
      let resumed = begin > 0 ? ", \(begin) of them by an earlier run" : ""
      terminal.writeError("Wrote \(output): \(grid.count) combinations\(resumed).\n")
    }
    return read.status
  }
}
