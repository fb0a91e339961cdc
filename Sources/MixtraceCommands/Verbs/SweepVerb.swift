internal import ArgumentParser
internal import Configuration
internal import Replay
internal import Reporting
internal import TraceModel

/// `mixtrace sweep`: one trace on every combination of fabric parameters.
struct SweepVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Replay a trace on every combination of fabric parameters, into one CSV file.",
    discussion: """
      Reads the trace once, replays it on all cores and writes each row as soon as it and those \
      before it are known. An interrupted sweep leaves FILE.partial; the same command goes on from \
      there, and one with other inputs is refused.

      What can be varied: every option under "Fabric parameters" of 'mixtrace replay --help'. One \
      value fixes an option; several are combined with all values of the others.

      A combination that changes nothing on any fabric, such as a delay where no circuits change, is \
      left out, and how many there are is said.

      A row that cannot be replayed says why; the exit status is then 2, or 1 when no row can be. \
      Columns effective_… hold every parameter as it was used, inputs a digest of trace, changes, \
      fabrics and values.

      EXAMPLES
        mixtrace sweep run.mixt --vary alpha=2,4,6 --vary "delay=10 us,1 ms,25 ms" -o sweep.csv
        mixtrace sweep run.mixt --fabric mixnet --fabric fat-tree \\
            --vary "nic-rate=100 Gb/s,200 Gb/s,400 Gb/s,800 Gb/s" -o sweep.csv
      """)

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
      "A fabric to replay on, by its name; may be repeated. Default: those of replay.",
      valueName: "name"))
  var fabric: [String] = []

  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "What if") var changes: WhatIfOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let grid = try SweepGrid(vary)
    // A wrong value is found now, not after an hour.
    var parameters = try grid.parametersOfEachValue()
    try refuseUnknownFabrics(parameters)
    let fabricFiles = parameters.flatMap(\.files)
    try refuse(
      outputs: [output, output + ".partial"],
      thatAreInputs: [trace] + changes.job + selection.files + fabricFiles)
    let read = try selection.readWorkload(trace, changes: changes, warningsTo: terminal)

    let fitting = Fitting(
      read.value, for: fabric, declared: parameters.flatMap(\.declared))
    for index in parameters.indices { parameters[index].fitting = fitting }
    try refuseUnused(parameters, for: read.value.layout)
    let columns = Self.columns(
      of: grid, parameters: parameters, fabrics: fabric, layout: read.value.layout)
    let inputs = try SweepInputs(
      grid: grid, fabrics: fabric, workload: read.value, files: fabricFiles
    ).text
    let file = try SweepFile(path: output, header: columns.header, inputs: inputs)
    let replays = SweepReplays(
      fitting?.scored ?? read.value, fabrics: fabric, fitting: fitting, columns: columns)
    let rows = try replay(replays, into: file, columns: columns, inputs: inputs, on: terminal)
    let summary = SweepSummary(rows, columns: columns, inputs: inputs)
    print(
      summary, fitting: fitting, resumedCount: file.doneCount, pointCount: grid.count, on: terminal)
    if summary.hasOnlyFailures { throw VerbError(summary.failureSentence ?? "there are no rows") }
    return summary.hasFailures ? .doneWithWarnings : read.status
  }

  /// Replays what an earlier run has not; returns the rows of both.
  private func replay(
    _ replays: SweepReplays, into file: SweepFile, columns: SweepColumns, inputs: String,
    on terminal: Terminal
  ) throws -> [SweepRow] {
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let pointCount = columns.grid.count
    var rows = file.doneLines.compactMap { SweepRow(line: $0, columns: columns) }
    var repeats = SweepRepeats(columns)
    for point in rows.byPoint { _ = repeats.isRepeat(point) }
    try parallelForEachInOrder(of: file.doneCount..<pointCount) { point in
      replays.rows(at: point)
    } _: { point, found in
      defer { meter.showSweep(done: point + 1, of: pointCount) }
      if repeats.isRepeat(found) { return }
      var table = Table("", columns: columns.all)
      for row in found { table.append(row.cells(columns, inputs: inputs)) }
      try file.append(table.csv().split(separator: "\n").dropFirst().map { $0 + "\n" }.joined())
      rows += found
    }
    try file.finish()
    return rows
  }

  private func print(
    _ summary: SweepSummary, fitting: Fitting?, resumedCount: Int, pointCount: Int,
    on terminal: Terminal
  ) {
    var document = ResultDocument()
    document.sentences =
      summary.sentences + (summary.repeatSentence.map { [$0] } ?? [])
      + (fitting.map { [$0.sentence] } ?? [])
    document.add("pareto_front", summary.paretoFront)
    document.print(results, on: terminal)
    guard !results.quiet else { return }
    let resumed = resumedCount > 0 ? ", \(resumedCount) of them by an earlier run" : ""
    let noun = pointCount == 1 ? "combination" : "combinations"
    terminal.writeError("Wrote \(output): \(pointCount) \(noun)\(resumed).\n")
  }

  /// The columns with the effective parameters of every kind of fabric that may come.
  private static func columns(
    of grid: SweepGrid, parameters: [FabricParameters], fabrics names: [String], layout: Layout
  ) -> SweepColumns {
    let effective = parallelMap(count: parameters.count) { number in
      let candidates = try? parameters[number].candidatesApart(named: names, for: layout)
      return (candidates ?? []).flatMap { candidate in
        (try? candidate.fabric.get()).map { parameters[number].effective(on: $0) } ?? []
      }
    }
    return SweepColumns(grid: grid, parameters: effective)
  }

  /// Refuses a value that no fabric of the sweep could take.
  private func refuseUnused(_ parameters: [FabricParameters], for layout: Layout) throws {
    for one in parameters {
      let options = one.options
      guard options.circuits.duplex != nil || options.routing != nil || options.queuePairs != nil
      else { continue }
      // Queue pairs may be combined with paths that another option chooses.
      var one = one
      if options.queuePairs != nil, parameters.contains(where: { $0.options.routing == .ecmp }) {
        one.options.routing = .ecmp
      }
      let fabrics = try one.candidatesApart(named: fabric, for: layout).compactMap {
        try? $0.fabric.get()
      }
      if !fabrics.isEmpty { try one.refuseUnused(on: fabrics) }
    }
  }

  /// Refuses names that neither the catalogue nor a file of the sweep has.
  private func refuseUnknownFabrics(_ parameters: [FabricParameters]) throws {
    try refuseRepeated("--fabric", fabric)
    var known = parameters.flatMap { $0.declared.map(\.name) }
    // The names are the same for every layout.
    known += FabricCatalogue.offers(layout: Layout(serverCount: 8, gpusPerServer: 8)).map(\.name)
    if let name = fabric.first(where: { !known.contains($0) }) {
      var seen: Set<String> = []
      throw unknownName("fabric", name, among: known.filter { seen.insert($0).inserted })
    }
  }
}
