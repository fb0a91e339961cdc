internal import ArgumentParser
internal import Configuration
internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Parameters of the fabrics that a trace is replayed on; what is left out keeps the preset's value.
struct FabricOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fabrics of your own (YAML); without --fabric they are compared instead of the presets.",
      valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var fabrics: String?

  @Option(
    help: ArgumentHelp("Rate of one NIC per direction.", valueName: "rate"))
  var nicRate = "400 Gb/s"

  @Option(
    help: ArgumentHelp(
      "NICs per server.", discussion: "Default: as in the layout.", valueName: "count"))
  var nicsPerServer: Int?

  @Option(
    help: ArgumentHelp(
      "Optical NICs per server.", discussion: "Default: three quarters (MixNet has 6 of 8).",
      valueName: "count"))
  var alpha: Int?

  @Option(
    help: ArgumentHelp(
      "Servers that share an optical switch: a number, or group for those of one expert group.",
      valueName: "servers"))
  var region = RegionSize.expertGroup

  @Option(
    help: ArgumentHelp(
      "Time to change circuits: a duration or a preset.",
      discussion: "Presets: mixnet-paper (25 ms), mixnet-prototype (41.1 ms + 0.35 ms per pair), "
        + "commodity-nic (42 ms + 5.67 s until the link is up), "
        + ReconfigurationDelay.presets.dropFirst(3).map(\.name).joined(separator: ", ") + ".",
      valueName: "duration|preset"))
  var delay = ReconfigurationDelay.mixNetPaper.name

  @Option(
    help: ArgumentHelp(
      "What stops while circuits change.", valueName: "scope"))
  var reconfiguration = ReconfigurationScope.allStop

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
      valueName: "name"))
  var predictor = LastValuePredictor().name

  @Option(
    help: ArgumentHelp(
      "Who chooses the circuits of fabrics that follow the demand; see mixtrace circuits --help.",
      discussion: "Default: as the preset's name says.", valueName: "name"))
  var scheduler: String?

  @Option(
    help: ArgumentHelp(
      "Something that does not work, on all fabrics: \"server 3 nic 7\"; may be repeated.",
      discussion: "Forms: \(Failure.forms).", valueName: "failure"))
  var fail: [String] = []

  @Option(
    help: ArgumentHelp(
      "What starts an operation: the end of those before it, or its recorded time (open loop).",
      valueName: "pacing"))
  var pacing = ReplayPacing.dependencies

  @Option(
    help: ArgumentHelp(
      "How a pair with a circuit uses it: alone, or split with the packet network.",
      discussion: "Default: exclusive, as MixNet does.", valueName: "mode"))
  var sharing: SharingMode?

  @Option(
    help: ArgumentHelp(
      "Which NIC a GPU uses, on all fabrics alike.",
      discussion: "Default: pooled, and rail-forward on the rail-optimised fabric.",
      valueName: "policy"))
  var nicPolicy: NICPolicy?

  @Option(
    help: ArgumentHelp(
      "Scale-up (NVLink) rate of one GPU per direction; headlines count both directions.",
      discussion: "Default: 450 GB/s, and 7.2 Tb/s on nvl72.", valueName: "rate"))
  var scaleUpRate: String?

  @Option(
    help: ArgumentHelp("Payload as a share of what the wire carries, 0 to 1.", valueName: "share"))
  var payloadEfficiency = 1.0

  @Option(help: ArgumentHelp("Latency added once to each phase.", valueName: "duration"))
  var latency = "0 ns"

  @Option(help: ArgumentHelp("Ports of one electrical switch, for the bill.", valueName: "ports"))
  var switchRadix = 64

  @Option(help: ArgumentHelp("Ports of one optical switch, for the bill.", valueName: "ports"))
  var opticalRadix = 576

  @Option(
    help: ArgumentHelp(
      "What is priced: the topology as built at these radices, or the paper's formula.",
      valueName: "model"))
  var cost = CostModel.built

  /// The options as values, checked.
  func parameters() throws -> FabricParameters {
    guard payloadEfficiency > 0, payloadEfficiency <= 1 else {
      throw ValidationError("--payload-efficiency must be above 0 and at most 1")
    }
    if let scheduler, CircuitSchedulers.named(scheduler) == nil {
      throw ValidationError(
        Self.unknown("scheduler", scheduler, among: CircuitSchedulers.all.map(\.name)))
    }
    if DemandPredictors.named(predictor) == nil {
      throw ValidationError(
        Self.unknown("predictor", predictor, among: DemandPredictors.all.map(\.name)))
    }
    if let words = fail.first(where: { Failure($0) == nil }) {
      throw ValidationError("--fail \"\(words)\": write one of \(Failure.forms)")
    }
    try checkOption("--nics-per-server", nicsPerServer, in: 1...1_024)
    try checkOption("--switch-radix", switchRadix, in: 2...65_536)
    try checkOption("--optical-radix", opticalRadix, in: 2...65_536)
    let declared = try fabrics.map(FabricFile.read) ?? []
    return try optionQuantity { () throws(ConfigurationError) in
      FabricParameters(
        nicBitsPerSecond: try Quantity.bitsPerSecond(nicRate, at: "--nic-rate"),
        scaleUpBitsPerSecond: try scaleUpRate.map { (text) throws(ConfigurationError) in
          try Quantity.bitsPerSecond(text, at: "--scale-up-rate")
        },
        latencyNanoseconds: try Quantity.nanoseconds(latency, at: "--latency"),
        delay: try namedDelay(), declared: declared, options: self)
    }
  }

  private static func unknown(_ kind: String, _ name: String, among names: [String]) -> String {
    let nearest = nearestSpelling(of: name, among: names).map { "Did you mean \($0)? " } ?? ""
    return "no \(kind) is named \"\(name)\". \(nearest)There are: \(names.joined(separator: ", "))"
  }

  private func namedDelay() throws(ConfigurationError) -> ReconfigurationDelay {
    if let preset = ReconfigurationDelay.presets.first(where: { $0.name == delay }) {
      return preset
    }
    let nanoseconds = try Quantity.nanoseconds(delay, at: "--delay")
    return ReconfigurationDelay(name: "declared", switchingNanoseconds: nanoseconds)
  }
}

/// Checked parameters, and the fabrics that they make out of the presets.
struct FabricParameters {
  var nicBitsPerSecond: Double
  /// Nil for each preset's own.
  var scaleUpBitsPerSecond: Double?
  var latencyNanoseconds: Double
  var delay: ReconfigurationDelay
  /// The fabrics of the user's file.
  var declared: [FabricDeclaration]
  var options: FabricOptions

  /// NICs of a candidate's servers where neither the user nor the trace says: MixNet's.
  static let assumedNICsPerServer = 8

  /// What the optical switch can connect, for the region candidates.
  func switchLimit(for layout: Layout) throws -> SwitchLimit? {
    try fabrics(for: layout).first(where: OpticsStudy.isRegional).map {
      SwitchLimit(radix: options.opticalRadix, opticalNICsPerServer: $0.opticalNICsPerServer)
    }
  }

  /// The presets that are compared unless others are named, with these parameters.
  func fabrics(for layout: Layout) throws -> [FabricSpecification] {
    let presets = FabricCatalogue.presets(
      layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond, switchRadix: options.switchRadix,
      opticalNICsPerServer: options.alpha, serversPerRegion: options.region.servers)
    return try presets.map { try checked(apply(to: $0), for: layout) }
  }

  /// Fabrics by name, in the order of the names: those of the user's file, then those of the
  /// catalogue.
  ///
  /// Without names all of the file, or the presets that are compared by default.
  func fabrics(named names: [String], for layout: Layout) throws -> [FabricSpecification] {
    let own = try declared.map {
      try FabricSpecification($0, layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond)
    }
    guard !names.isEmpty else { return own.isEmpty ? try fabrics(for: layout) : own }
    let presets = try fabrics(for: layout)
    var offers: [FabricOffer]?
    return try names.map { name in
      if let fabric = (own + presets).first(where: { $0.name == name }) { return fabric }
      // Laying out all the others takes a while: only when one of them is asked for.
      if offers == nil {
        offers = FabricCatalogue.offers(
          layout: sized(layout), nicBitsPerSecond: nicBitsPerSecond,
          switchRadix: options.switchRadix, opticalNICsPerServer: options.alpha,
          serversPerRegion: options.region.servers)
      }
      guard let offer = offers?.first(where: { $0.name == name }) else {
        let known = own.map(\.name) + (offers ?? []).map(\.name)
        let nearest = nearestSpelling(of: name, among: known).map { "Did you mean \($0)? " } ?? ""
        throw ValidationError(
          "no fabric is named \"\(name)\". \(nearest)Fabrics: " + known.joined(separator: ", "))
      }
      guard let fabric = offer.fabric else {
        throw ValidationError("fabric \(name) does not fit this layout: \(offer.reason ?? "")")
      }
      return try checked(apply(to: fabric), for: layout)
    }
  }

  /// The layout with the NICs of the candidates' servers.
  private func sized(_ layout: Layout) -> Layout {
    // A trace whose servers show one NIC says nothing about the candidates' servers.
    var sized = layout
    if let nics = options.nicsPerServer {
      sized.nicsPerServer = nics
    } else if layout.nicsPerServer == 1 {
      sized.nicsPerServer = Self.assumedNICsPerServer
    }
    return sized
  }

  private func checked(
    _ fabric: FabricSpecification, for layout: Layout
  ) throws -> FabricSpecification {
    if let defect = fabric.defect(for: layout) {
      throw ValidationError("fabric \(fabric.name): \(defect)")
    }
    return fabric
  }

  private func apply(to preset: FabricSpecification) -> FabricSpecification {
    var fabric = preset
    if let rate = scaleUpBitsPerSecond { fabric.scaleUpBitsPerSecond = rate }
    fabric.failures = options.fail.compactMap { Failure($0) }
    fabric.latencyNanoseconds = latencyNanoseconds
    fabric.payloadEfficiency = options.payloadEfficiency
    fabric.switchRadix = options.switchRadix
    if let nicPolicy = options.nicPolicy { fabric.nicPolicy = nicPolicy }
    if let sharing = options.sharing { fabric.sharing = sharing }
    if fabric.optical != nil {
      if let alpha = options.alpha { fabric.optical?.nicsPerServer = alpha }
      if let name = options.scheduler, fabric.optical?.scheduler.dependsOnDemand == true,
        let scheduler = CircuitSchedulers.named(name)
      {
        fabric.optical?.scheduler = scheduler
      }
      fabric.optical?.delay = delay
      fabric.optical?.scope = options.reconfiguration
      fabric.optical?.switchRadix = options.opticalRadix
      if case .servers(let size) = options.region {
        fabric.optical?.regions = .contiguous(servers: size)
      }
    }
    return fabric
  }

  /// What a fabric costs under the declared cost model.
  func bill(for fabric: FabricSpecification, layout: Layout) -> BillOfMaterials {
    switch options.cost {
    case .built:
      return fabric.billOfMaterials(for: layout)
    case .mixnetPaper:
      return fabric.paperBillOfMaterials(for: layout)
    }
  }

  /// When circuits change.
  var policy: ReconfigurationPolicy {
    switch options.policy {
    case .always: .always
    case .never: .never
    case .threshold: .threshold(factor: 1)
    case .hysteresis: .hysteresis(factor: 1, epochs: 4)
    case .predicted: .predicted(recalibrates: false)
    case .predictedRecalibrated: .predicted(recalibrates: true)
    }
  }

  /// How a fabric is replayed, with another policy if one is given.
  func replayOptions(policy other: ReconfigurationPolicy? = nil) -> ReplayOptions {
    ReplayOptions(
      policy: other ?? policy,
      predictor: DemandPredictors.named(options.predictor).map { PredictorChoice($0) },
      pacing: options.pacing)
  }
}

/// The words of `--policy`.
enum PolicyName: String, CaseIterable, ExpressibleByArgument {
  case always, never, threshold, hysteresis, predicted
  case predictedRecalibrated = "predicted-recalibrated"
}

/// The words of `--cost`.
enum CostModel: String, CaseIterable, ExpressibleByArgument {
  case built
  case mixnetPaper = "mixnet-paper"
}

/// The value of `--region`.
enum RegionSize: ExpressibleByArgument {
  case expertGroup
  case servers(Int)

  init?(argument: String) {
    if argument == "group" {
      self = .expertGroup
    } else if let size = Int(argument), size >= 1 {
      self = .servers(size)
    } else {
      return nil
    }
  }

  /// Servers of a region; nil for an expert group's.
  var servers: Int? { if case .servers(let size) = self { size } else { nil } }

  var defaultValueDescription: String {
    switch self {
    case .expertGroup: "group"
    case .servers(let size): String(size)
    }
  }
}
