internal import ArgumentParser
internal import Configuration
internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// Parameters of the fabrics that a trace is replayed on; what is left out keeps the preset's value.
struct FabricOptions: ParsableArguments {
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
        + "commodity-nic (42 ms + 5.67 s until the link is up), instant.",
      valueName: "duration|preset"))
  var delay = ReconfigurationDelay.mixNetPaper.name

  @Option(
    help: ArgumentHelp(
      "What stops while circuits change.", valueName: "scope"))
  var reconfiguration = ReconfigurationScope.allStop

  @Option(
    help: ArgumentHelp(
      "When circuits change; threshold: only where it gains more than the wait.",
      valueName: "policy"))
  var policy = PolicyName.always

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
      valueName: "rate"))
  var scaleUpRate = "450 GB/s"

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
    try checkOption("--nics-per-server", nicsPerServer, in: 1...1_024)
    try checkOption("--switch-radix", switchRadix, in: 2...65_536)
    try checkOption("--optical-radix", opticalRadix, in: 2...65_536)
    return try optionQuantity { () throws(ConfigurationError) in
      FabricParameters(
        nicBitsPerSecond: try Quantity.bitsPerSecond(nicRate, at: "--nic-rate"),
        scaleUpBitsPerSecond: try Quantity.bitsPerSecond(scaleUpRate, at: "--scale-up-rate"),
        latencyNanoseconds: try Quantity.nanoseconds(latency, at: "--latency"),
        delay: try namedDelay(), options: self)
    }
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
  var scaleUpBitsPerSecond: Double
  var latencyNanoseconds: Double
  var delay: ReconfigurationDelay
  var options: FabricOptions

  /// NICs of a candidate's servers where neither the user nor the trace says: MixNet's.
  static let assumedNICsPerServer = 8

  /// What the optical switch can connect, for the region candidates.
  func switchLimit(for layout: Layout) throws -> SwitchLimit? {
    try fabrics(for: layout).first(where: OpticsStudy.isRegional).map {
      SwitchLimit(radix: options.opticalRadix, opticalNICsPerServer: $0.opticalNICsPerServer)
    }
  }

  /// Every preset with these parameters, in the catalogue's order.
  func fabrics(for layout: Layout) throws -> [FabricSpecification] {
    // A trace whose servers show one NIC says nothing about the candidates' servers.
    var sized = layout
    if let nics = options.nicsPerServer {
      sized.nicsPerServer = nics
    } else if layout.nicsPerServer == 1 {
      sized.nicsPerServer = Self.assumedNICsPerServer
    }
    let presets = FabricCatalogue.presets(
      layout: sized, nicBitsPerSecond: nicBitsPerSecond, switchRadix: options.switchRadix)
    let fabrics = presets.map { apply(to: $0, layout: layout) }
    for fabric in fabrics {
      if let defect = fabric.defect(for: layout) {
        throw ValidationError("fabric \(fabric.name): \(defect)")
      }
    }
    return fabrics
  }

  /// Presets by name, in the order of the names; all of them when there are no names.
  func fabrics(named names: [String], for layout: Layout) throws -> [FabricSpecification] {
    let all = try fabrics(for: layout)
    guard !names.isEmpty else { return all }
    return try names.map { name in
      if let fabric = all.first(where: { $0.name == name }) { return fabric }
      let nearest = nearestSpelling(of: name, among: all.map(\.name)).map { "Did you mean \($0)? " }
      throw ValidationError(
        "no fabric is named \"\(name)\". \(nearest ?? "")Fabrics: "
          + all.map(\.name).joined(separator: ", "))
    }
  }

  private func apply(to preset: FabricSpecification, layout: Layout) -> FabricSpecification {
    var fabric = preset
    fabric.scaleUpBitsPerSecond = scaleUpBitsPerSecond
    fabric.latencyNanoseconds = latencyNanoseconds
    fabric.payloadEfficiency = options.payloadEfficiency
    fabric.switchRadix = options.switchRadix
    if let nicPolicy = options.nicPolicy { fabric.nicPolicy = nicPolicy }
    if let sharing = options.sharing { fabric.sharing = sharing }
    if fabric.optical != nil {
      if let alpha = options.alpha { fabric.optical?.nicsPerServer = alpha }
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
      return PaperCost.mixNet(
        opticalNICCount: layout.serverCount * fabric.opticalNICsPerServer,
        electricalNICCount: layout.serverCount * fabric.electricalNICsPerServer,
        prices: PriceList.nearest(toBitsPerSecond: fabric.nicBitsPerSecond))
    }
  }

  /// When circuits change.
  var policy: ReconfigurationPolicy {
    switch options.policy {
    case .always: .always
    case .never: .never
    case .threshold: .threshold(factor: 1)
    }
  }
}

/// The words of `--policy`.
enum PolicyName: String, CaseIterable, ExpressibleByArgument {
  case always, never, threshold
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

  var defaultValueDescription: String {
    switch self {
    case .expertGroup: "group"
    case .servers(let size): String(size)
    }
  }
}
