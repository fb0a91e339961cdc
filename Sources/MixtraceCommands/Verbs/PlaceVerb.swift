internal import ArgumentParser
internal import Replay
internal import Reporting
internal import TraceModel

/// `mixtrace place`: where experts should be, and whether moving or copying them pays.
struct PlaceVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "place",
    abstract: "Place the experts: move or replicate them, what it wins and when it has paid.",
    discussion: """
      Chooses slots for the experts of every layer from half of the iterations, and scores them on the \
      other half beside contiguous blocks: imbalance, bytes between servers, replayed completion, \
      what has to move and after how many iterations that has paid. Replicas also cost memory and, \
      in training, a sum of their gradients in every iteration.

      Needs routing: router logs, or a capture joined to them. Where a gate's whole sets of experts \
      were kept, copies of a token for one server are counted exactly; counts give an upper bound.

      EXAMPLES
        mixtrace place run.mixt
        mixtrace place run.mixt --objective busiest-rank --slots 3
        mixtrace place run.mixt --fabric fat-tree-3to1 --fabric mixnet --delay "10 ms"
        mixtrace place run.mixt --objective between-regions --region 4 --then-regions
        mixtrace place run.mixt --show-slots --format json > slots.json
      """)

  @Argument(help: "A .mixt file.")
  var trace: String

  @Option(
    help: ArgumentHelp(
      "A fabric to replay on, by a name of mixtrace replay --help; may be repeated. Default: fat-tree.",
      valueName: "name"))
  var fabric: [String] = []

  @Flag(help: "Then choose the region again, for contiguous and for placed experts.")
  var thenRegions = false

  @Flag(help: "Also list which experts each rank holds.")
  var showSlots = false

  @OptionGroup(title: "How experts are placed") var placement: PlacementOptions
  @OptionGroup(title: "Which part of the trace") var selection: SelectionOptions
  @OptionGroup(title: "Fabric parameters") var fabricOptions: FabricOptions
  @OptionGroup(title: "Output") var results: OutputOptions

  func run(on terminal: Terminal) throws -> ExitStatus {
    let parameters = try fabricOptions.parameters()
    let read = try readTrace(trace, warningsTo: terminal) { file in
      try PlacementInput(
        selection.trace(of: file), selection: selection, layout: placement.layout)
    }
    let layout = read.value.trace.metadata.layout
    let names = fabric.isEmpty && parameters.declared.isEmpty ? ["fat-tree"] : fabric
    let fabrics = try parameters.fabrics(named: names, for: layout)
    if let fitted = fabrics.first(where: { parameters.isFitted($0) }) {
      throw ValidationError(
        "--fabric \(fitted.name): its circuits are fitted to a demand, which each placement changes"
      )
    }
    try parameters.refuseUnused(on: fabrics)
    let meter = ProgressMeter(terminal: terminal, isQuiet: results.quiet)
    defer { meter.finish() }
    let study = try PlacementStudy(
      read.value, options: placement, fabrics: fabrics, parameters: parameters,
      progress: { meter.showReplay(of: $0, done: $1, of: fabrics.count) })
    meter.finish()
    var document = ResultDocument()
    document.sentences = try selection.sizeCaveats(in: read.file) + study.sentences
    document.remarks = study.remarks
    document.add("placements", PlacementTables.placements(study))
    if thenRegions {
      let regions = try PlacedRegions(study, parameters: parameters)
      document.sentences += regions.sentences
      document.add("regions", regions.table)
      for (key, table) in regions.tables { document.add(key, table) }
    }
    document.add("slots", PlacementTables.slots(study), isForMachinesOnly: !showSlots)
    document.print(results, on: terminal)
    return read.status
  }
}
