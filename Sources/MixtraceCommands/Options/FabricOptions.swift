internal import ArgumentParser
internal import Configuration
internal import Replay

/// Parameters of the fabrics that a trace is replayed on; what is left out keeps the value of the
/// preset or of the user's file.
struct FabricOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fabrics of your own (YAML); without --fabric they are compared instead of the presets.",
      discussion: "The options below are the defaults of what the file leaves open.",
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var fabrics: String?

  @OptionGroup var nics: NICOptions
  @OptionGroup var circuits: CircuitOptions

  @Option(
    help: ArgumentHelp(
      "When circuits change.",
      discussion: "threshold: only where it gains more than the wait; hysteresis: where it would "
        + "have gained that over the last 4 passes; predicted: before the gate has run, from a "
        + "predictor's guess.",
      valueName: "policy"))
  var policy = PolicyName.always

  @Option(
    help: ArgumentHelp(
      "Who guesses the demand for predicted policies: \(DemandPredictors.all.map(\.name).joined(separator: ", ")).",
      discussion: "ewma-WEIGHT averages demands; the newest has any weight above 0 and up to 1.",
      valueName: "name"))
  var predictor = LastValuePredictor().name

  @Option(
    help: ArgumentHelp(
      "Who chooses the circuits of mixnet, ocs-planes, global-ocs: a name of mixtrace circuits --help.",
      discussion:
        "Default: MixNet's greedy. Those that answer with a sequence change circuits while a "
        + "phase is on; directed ones need --duplex independent, or symmetrised- before the name.",
      valueName: "name"))
  var scheduler: String?

  @Option(
    help: ArgumentHelp(
      "Something that does not work, on all fabrics: \"server 3 nic 7\"; may be repeated.",
      discussion: "Forms: \(Failure.forms). A fabric without that part has no result.",
      valueName: "failure"))
  var fail: [String] = []

  @Option(
    help: ArgumentHelp(
      "What starts an operation: the end of those before it, or its recorded time (open loop).",
      valueName: "pacing"))
  var pacing = ReplayPacing.dependencies

  @Option(
    help: ArgumentHelp(
      "Let flows that share links and end within this share of the time of all leave together: much faster, not exact.",
      discussion:
        "Default: 0 (exact). At 0.02 completion is off by less than 0.7 % on all-to-alls; "
        + "each result says how much twice the share changes.",
      valueName: "share"))
  var batching = 0.0

  @Option(
    help: ArgumentHelp(
      "Which NIC a GPU uses, on all fabrics alike.",
      discussion: "Default: pooled, and rail-forward on the rail-optimised fabric.",
      valueName: "policy"))
  var nicPolicy: NICPolicy?

  @Option(
    help: ArgumentHelp(
      "Paths in the trees of presets: all at once, one for each queue pair by a hash, or one by "
        + "destination.",
      discussion: "Default: spray. A file says it with routing: sprayed, hashed or d-mod-k.",
      valueName: "paths"))
  var routing: RoutingName?

  @Option(
    help: ArgumentHelp(
      "Queue pairs of each pair of NICs under ecmp.", discussion: "Default: 1.",
      valueName: "count"))
  var queuePairs: Int?

  @Option(
    help: ArgumentHelp(
      "Scale-up (NVLink) rate of one GPU per direction; headlines count both directions.",
      discussion: "Default: 450 GB/s, and 7.2 Tb/s on nvl72.", valueName: "rate"))
  var scaleUpRate: String?

  @Option(
    help: ArgumentHelp(
      "Latency added once to each phase.", discussion: "Default: 0 ns.", valueName: "duration"))
  var latency: String?

  @Option(
    help: ArgumentHelp(
      "Ports of one electrical switch, for the bill.", discussion: "Default: 64.",
      valueName: "ports"))
  var switchRadix: Int?

  @Option(
    help: ArgumentHelp(
      "What is priced: the topology as built at these radices, or the paper's formula.",
      valueName: "model"))
  var cost = CostModel.built

  @Flag(
    help:
      "Price every port of the switches bought, not only those in use; each region then buys switches of its own."
  )
  var wholeBoxes = false
}

extension FabricOptions {
  /// Some NICs and circuits, and the defaults of all other options.
  init(nics: NICOptions, circuits: CircuitOptions) throws {
    self = try Self.parse([])
    self.nics = nics
    self.circuits = circuits
  }

  /// The options as values, checked.
  func parameters() throws -> FabricParameters {
    try checkWords()
    try checkOption("--nics-per-server", nics.nicsPerServer, in: 1...1_024)
    try checkOption("--switch-radix", switchRadix, in: 2...65_536)
    try checkOption("--optical-radix", circuits.opticalRadix, in: 2...65_536)
    if let share = nics.payloadEfficiency, !(share > 0 && share <= 1) {
      throw ValidationError("--payload-efficiency must be above 0 and at most 1")
    }
    try checkOption("--queue-pairs", queuePairs, in: 1...1_024)
    if wholeBoxes, cost == .mixnetPaper {
      throw ValidationError("--whole-boxes: the paper's formula counts ports, not boxes")
    }
    guard (0...0.5).contains(batching) else {
      throw ValidationError("--batching is \(batching); it must be from 0 (exact) to 0.5")
    }
    let declared = try fabrics.map(FabricFile.read) ?? []
    return try optionQuantity { () throws(ConfigurationError) in
      FabricParameters(
        nicBitsPerSecond: try Quantity.bitsPerSecond(nics.nicRate ?? "400 Gb/s", at: "--nic-rate"),
        scaleUpBitsPerSecond: try scaleUpRate.map { (text) throws(ConfigurationError) in
          try Quantity.bitsPerSecond(text, at: "--scale-up-rate")
        },
        latencyNanoseconds: try latency.map { (text) throws(ConfigurationError) in
          try Quantity.nanoseconds(text, at: "--latency")
        },
        delay: try circuits.namedDelay(), declared: declared, options: self)
    }
  }

  private func checkWords() throws {
    if let scheduler, CircuitSchedulers.named(scheduler) == nil {
      throw unknownScheduler(scheduler)
    }
    if DemandPredictors.named(predictor) == nil {
      if predictor.hasPrefix("ewma") {
        throw ValidationError(
          "--predictor \(predictor): write \(DemandPredictors.families), as ewma-0.5")
      }
      throw unknownName(
        "predictor", predictor, among: DemandPredictors.all.map(\.name),
        families: DemandPredictors.families)
    }
    if let words = fail.first(where: { Failure($0) == nil }) {
      throw ValidationError("--fail \"\(words)\": write one of \(Failure.forms)")
    }
  }
}

extension CircuitOptions {
  /// The delay that was asked for; nil for each fabric's own.
  fileprivate func namedDelay() throws(ConfigurationError) -> ReconfigurationDelay? {
    guard let delay else { return nil }
    if let preset = ReconfigurationDelay.presets.first(where: { $0.name == delay }) {
      return preset
    }
    let nanoseconds = try Quantity.nanoseconds(delay, at: "--delay")
    return ReconfigurationDelay(name: "declared", switchingNanoseconds: nanoseconds)
  }
}
