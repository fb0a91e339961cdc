internal import ArgumentParser
internal import Configuration
internal import Reporting
internal import TraceModel
internal import TraceSynthesis

/// `mixtrace synth`: production-style traces from a model, a layout and a seed.
struct SynthVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "synth",
    abstract:
      "Make a production-style trace, router logs or a RoCEv2 capture from a model and a seed.",
    discussion: """
      The same options give the same bytes. Write one form or several of the same run: --trace a \
      .mixt file, --router-logs one JSONL file per rank as Megatron-Core writes them, --capture the \
      RDMA packets that a mirror port would have kept, --layout-file the layout that belongs to them.

      EXAMPLES
        mixtrace synth mixtral-8x7b --trace run.mixt
        mixtrace synth mixtral-8x7b --servers 8 --gpus-per-server 4 --tensor 4 \\
            --layers 0-3 --tokens-per-rank 2048 --iterations 4 --seed 7 \\
            --capture run.pcap.zst --layout-file layout.yaml
        mixtrace synth deepseek-v3 --tokens-per-rank 128 --layers 0-3 --skew 1.2 \\
            --pair-affinity 0.5 --drift 0.3 --trace skewed.mixt
        mixtrace synth mixtral-8x7b --servers 16 --pipeline 4 --layers 0-7 --micro-batches 8 \\
            --tokens-per-rank 128 --trace pipelined.mixt
        mixtrace replay pipelined.mixt --all-roles
      """)

  @Argument(
    help: ArgumentHelp(
      "Model: \(ModelPreset.all.map(\.name).joined(separator: ", ")).", valueName: "model"))
  var preset: String

  @Option(help: ArgumentHelp("Write a .mixt trace.", valueName: "file"))
  var trace: String?

  @Option(help: ArgumentHelp("Write router logs into a folder.", valueName: "folder"))
  var routerLogs: String?

  @Option(
    help: ArgumentHelp("Compression of the router logs.", valueName: "form"))
  var logForm = LogForm.zst

  @Option(help: ArgumentHelp("Write a capture (.pcap, .pcap.gz, .pcap.zst).", valueName: "file"))
  var capture: String?

  @Option(help: ArgumentHelp("Write the layout as YAML.", valueName: "file"))
  var layoutFile: String?

  @Option(help: ArgumentHelp("Training iterations to make.", valueName: "count"))
  var iterations = 8

  @Option(help: ArgumentHelp("Micro-batches per iteration.", valueName: "count"))
  var microBatches = 1

  @Option(
    help: ArgumentHelp(
      "Only these layers, counted from 0: 3 or 0-7. Default: all.", valueName: "range"))
  var layers: IndexRange?

  @Option(
    help: ArgumentHelp(
      "Tokens that each rank routes in a micro-batch.",
      discussion: "Default: the preset's. With fewer, each one stands for several, so that bytes "
        + "keep the scale of production while files stay small.", valueName: "count"))
  var tokensPerRank: Int?

  @Option(help: ArgumentHelp("Servers, instead of the preset's layout.", valueName: "count"))
  var servers: Int?

  @Option(help: ArgumentHelp("GPUs per server, with --servers.", valueName: "count"))
  var gpusPerServer = 8

  @Option(help: ArgumentHelp("Tensor-parallel size, with --servers.", valueName: "size"))
  var tensor = 1

  @Option(
    help: ArgumentHelp(
      "Expert-parallel size, with --servers; default: the largest that divides experts and ranks.",
      valueName: "size"))
  var expert: Int?

  @Option(
    help: ArgumentHelp(
      "Pipeline stages, with --servers; the layers are divided over them.",
      discussion:
        "A replay takes the micro-batches of each stage one forward, one backward (1F1B); "
        + "with --all-roles a stage waits for what the stages beside it send.",
      valueName: "stages"))
  var pipeline: Int?

  @Option(help: ArgumentHelp("Layout file instead of the preset's layout.", valueName: "file"))
  var layout: String?

  @Option(
    help: ArgumentHelp(
      "Zipf exponent of the experts' popularity, 0 (even) to 8.", valueName: "exponent"))
  var skew = 1.0

  @Option(
    help: ArgumentHelp(
      "Share of a rank's choices that follow its planted affinity: hot pairs, 0 to 1.",
      valueName: "share"))
  var pairAffinity = 0.2

  @Option(
    help: ArgumentHelp(
      "Expert-parallel ranks of a planted region that the affinity keeps tokens inside.",
      valueName: "ranks"))
  var plantedRegion: Int?

  @Flag(
    help: ArgumentHelp(
      "Draw the members of planted regions by the seed, so that none lies in order."))
  var hiddenRegions = false

  @Option(
    help: ArgumentHelp("Experts of each layer that are planted to be hot.", valueName: "count"))
  var hotExperts = 0

  @Option(
    help: ArgumentHelp(
      "How many times more popular a hot expert is than without, 1 to 1000.", valueName: "factor"))
  var hotFactor = 4.0

  @Option(
    help: ArgumentHelp(
      "Share of experts that trade places between iterations, 0 to 1.", valueName: "share"))
  var drift = 0.1

  @Option(
    help: ArgumentHelp(
      "Iterations after which popularity and affinities come back as they were.",
      valueName: "iterations"))
  var period: Int?

  @Option(
    help: ArgumentHelp(
      "Iteration from which popularity and affinities are drawn anew; may be repeated.",
      valueName: "iteration"))
  var changePoint: [Int] = []

  @Option(help: ArgumentHelp("Seed of every random choice.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Model bytes per byte in the capture, so that files stay small.",
      valueName: "factor"))
  var byteReduction: Int64 = 64

  @Flag(help: "Keep whole packets in the capture instead of 128 bytes of each.")
  var wholePackets = false

  @OptionGroup(title: "Output") var results: OutputOptions

  /// The words of `--log-form`.
  enum LogForm: String, CaseIterable, ExpressibleByArgument {
    case plain, gz, zst
    var suffix: String { self == .plain ? "" : "." + rawValue }
  }

  func run(on terminal: Terminal) throws -> ExitStatus {
    try refuse(
      outputs: [trace, routerLogs, capture, layoutFile].compactMap { $0 },
      thatAreInputs: layout.map { [$0] } ?? [])
    let plan = try plan()
    var table = Table(
      "Synthesised",
      columns: [
        .text("what", "What"), .text("where", "Where"), .number("size_bytes", "Size", .bytes),
        .text("contents", "Contents"),
      ])
    func add(_ what: String, _ path: String, files: [String], _ contents: String) {
      let size = files.compactMap(fileSize).reduce(0, +)
      table.append([.text(what), .text(path), .integer(size), .text(contents)])
    }
    func number(_ count: some BinaryInteger) -> String { HumanNumber.text(count, .count) }
    if let trace {
      try synthesiseTraceFile(plan, path: trace)
      add(
        "trace", trace, files: [trace],
        "\(number(plan.iterations)) iterations, \(number(plan.layers.count)) layers")
    }
    if let routerLogs {
      let paths = try synthesiseRouterLogs(plan, folder: routerLogs, suffix: logForm.suffix)
      add("router logs", routerLogs, files: paths, "\(number(paths.count)) files")
    }
    if let capture {
      var parameters = CaptureParameters()
      parameters.byteReduction = byteReduction
      if wholePackets { parameters.snapLength = 65_535 }
      let summary = try synthesiseCapture(plan, parameters: parameters, path: capture)
      add(
        "capture", capture, files: [capture],
        "\(number(summary.packets)) packets, \(number(summary.messages)) messages of "
          + HumanNumber.text(summary.bytes, .bytes))
    }
    if let layoutFile {
      let layout = plan.addressedLayout
      try write(LayoutFile.yaml(layout), to: layoutFile)
      add(
        "layout", layoutFile, files: [layoutFile],
        "\(number(layout.serverCount)) servers × \(number(layout.gpusPerServer)) GPUs")
    }
    guard !table.rows.isEmpty else {
      throw ValidationError(
        "name what to write: --trace, --router-logs, --capture or --layout-file")
    }
    table.notes = [plan.summary]
    var document = ResultDocument()
    document.add("written", table)
    document.print(results, on: terminal)
    return .done
  }

  private func plan() throws -> SynthesisPlan {
    // Beyond these an address of 10.0.0.0/8 or the memory for the schedule would not suffice.
    try checkOption("--servers", servers, in: 1...65_536)
    try checkOption("--gpus-per-server", gpusPerServer, in: 1...256)
    try checkOption("--tensor", tensor, in: 1...65_536)
    try checkOption("--pipeline", pipeline, in: 1...65_536)
    guard pipeline == nil || servers != nil && layout == nil else {
      throw ValidationError(
        "--pipeline needs --servers: \(layout == nil ? "the preset" : "the layout file") has its own "
          + "stages")
    }
    try checkOption("--expert", expert, in: 1...65_536)
    try checkOption("--iterations", iterations, in: 1...1_000_000)
    try checkOption("--micro-batches", microBatches, in: 1...1_000_000)
    try checkOption("--tokens-per-rank", tokensPerRank, in: 1...100_000_000)
    try checkOption("--byte-reduction", Int(byteReduction), in: 1...1_000_000_000_000)
    var plan = SynthesisPlan(preset: try presetNamed(preset), tokensPerRank: tokensPerRank)
    if let layout {
      plan.layout = try LayoutFile.read(path: layout)
    } else if let servers {
      plan.layout = try layout(servers: servers, experts: plan.model.expertCount)
    }
    plan.iterations = iterations
    plan.microBatches = microBatches
    if let layers {
      try checkOption("--layers", Int(layers.bounds.upperBound), in: 0...plan.model.layerCount - 1)
      plan.layers = layers.bounds.map(Int.init)
    }
    plan.sharesOutLayers = pipeline != nil
    plan.skew = skew
    plan.pairAffinity = pairAffinity
    plan.plantedRegion = plantedRegion
    plan.hidesRegions = hiddenRegions
    plan.hotExperts = hotExperts
    plan.hotFactor = hotFactor
    plan.drift = drift
    plan.period = period
    plan.changePoints = changePoint.sorted()
    plan.seed = seed
    do { try plan.validate() } catch { throw ValidationError(error.description) }
    return plan
  }

  /// Equal servers whose ranks are divided by pipeline, tensor and expert parallelism, the rest by data.
  private func layout(servers: Int, experts: Int) throws -> Layout {
    let stages = pipeline ?? 1
    let lanes = servers * gpusPerServer / (tensor * stages)
    let size = expert ?? (1...max(1, experts)).last { experts % $0 == 0 && lanes % $0 == 0 } ?? 1
    let layout = Layout(
      serverCount: servers, gpusPerServer: gpusPerServer,
      parallelism: Parallelism(tensor: tensor, expert: size, pipeline: stages, data: lanes))
    if let defect = layout.defect { throw ValidationError(defect) }
    return layout
  }
}
