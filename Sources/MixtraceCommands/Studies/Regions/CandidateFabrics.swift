internal import LocalityAnalysis
internal import Replay
internal import TraceModel

/// The fabrics that candidates stand for.
struct CandidateFabrics: Sendable {
  let layout: Layout
  let parameters: FabricParameters
  /// All NICs on packets.
  let electrical: FabricSpecification
  /// By optical NICs of a server: the regional fabric with so many, its regions to be filled in.
  private let regional: [Int: FabricSpecification]
  private let switches: [String: OpticalSwitch]

  /// A kind of switch as a fabric has it.
  struct OpticalSwitch: Sendable {
    var kind: SwitchKind
    var delay: ReconfigurationDelay
    /// US dollars for one port; nil for the price list's.
    var portPriceUSD: Double?

    /// The switch of a fabric.
    init(of optical: OpticalLayer) {
      kind = SwitchKind(
        name: optical.delay.name, radix: optical.switchRadix, planes: optical.planes)
      delay = optical.delay
      portPriceUSD = optical.portPriceUSD
    }

    /// A published technology.
    /// - Throws: why nobody can tell how it would do.
    init(_ technology: OpticalTechnology, planes: Int) throws(CandidateFailure) {
      guard let delay = ReconfigurationDelay(technology) else {
        throw CandidateFailure("\(technology.name): no switching time is published")
      }
      guard let radix = technology.radix else {
        throw CandidateFailure("\(technology.name): no number of ports is published")
      }
      kind = SwitchKind(
        name: technology.name, radix: radix, planes: planes,
        insertionLossDecibels: technology.insertionLossDecibels)
      self.delay = delay
      portPriceUSD = technology.portPriceUSD
    }
  }

  /// - Parameters:
  ///   - fabric: the regional fabric as it was asked for; its own optical NICs need no other.
  ///   - opticalNICs: counts of optical NICs that candidates have.
  init(
    _ fabric: FabricSpecification, opticalNICs: [Int], switches: [OpticalSwitch],
    parameters: FabricParameters, layout: Layout
  ) throws {
    self.layout = layout
    self.parameters = parameters
    let electrical = try parameters.electricalFabric(for: layout)
    self.electrical = electrical
    var regional: [Int: FabricSpecification] = [:]
    for count in opticalNICs {
      if count == fabric.optical?.nicsPerServer {
        regional[count] = fabric
        continue
      }
      var other = parameters
      other.options.circuits.alpha = count
      // The expert groups' regions may be too large for the switch; they are replaced in any case.
      other.options.circuits.region = .servers(1)
      regional[count] = try? other.regionalFabric(for: layout)
    }
    // Circuits win nothing by a better packet network beside them.
    let isDeclared = parameters.declared.contains { $0.name == electrical.name }
    if isDeclared, !parameters.declared.contains(where: { $0.name == fabric.name }) {
      for count in regional.keys {
        regional[count]?.electrical = electrical.electrical
        regional[count]?.nicBitsPerSecond = electrical.nicBitsPerSecond
      }
    }
    self.regional = regional
    self.switches = Dictionary(
      switches.map { ($0.kind.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The fabric of a candidate, or why it cannot be built.
  func fabric(of candidate: Candidate) -> Result<FabricSpecification, CandidateFailure> {
    // A region of one server holds no circuit: the comparison is with all NICs on packets.
    guard candidate.plan.hasCircuits else { return .success(electrical) }
    guard var fabric = regional[candidate.opticalNICsPerServer], var optical = fabric.optical else {
      return .failure(
        CandidateFailure(
          "no regional fabric has \(candidate.opticalNICsPerServer) optical NICs per server"))
    }
    optical.regions = .declared(candidate.plan.grouping.regionOf)
    if let found = candidate.technology.flatMap({ switches[$0] }) {
      optical.delay = found.delay
      optical.switchRadix = found.kind.radix
      optical.planes = found.kind.planes
      optical.portPriceUSD = found.portPriceUSD
    }
    if let name = candidate.scheduler, name != optical.scheduler.name {
      guard let scheduler = CircuitSchedulers.named(name) else {
        return .failure(CandidateFailure("there is no scheduler \(name)"))
      }
      optical.scheduler = scheduler
    }
    fabric.optical = optical
    if let defect = fabric.defect(for: layout) { return .failure(CandidateFailure(defect)) }
    return .success(fabric)
  }

  /// Prices with every port of the switches bought, and with used ports alone.
  func prices(of fabric: FabricSpecification) -> (whole: Double, used: Double) {
    guard parameters.options.cost == .built else {
      let price = parameters.bill(for: fabric, layout: layout).totalUSD
      return (price, price)
    }
    return (
      fabric.billOfMaterials(for: layout, wholeBoxes: true).totalUSD,
      fabric.billOfMaterials(for: layout).totalUSD
    )
  }

  /// What a fabric takes of its optical switches; nil where circuits are patched by hand.
  func switchUse(of fabric: FabricSpecification) -> SwitchUse? {
    guard let optical = fabric.optical, optical.isSwitched else { return nil }
    let sizes = optical.regions.regions(serverCount: layout.serverCount).map(\.count).filter {
      $0 > 1
    }
    return SwitchUse(
      switches: sizes.count * optical.planes,
      portsUsed: (sizes.max() ?? 0) * optical.nicsPerServer / optical.planes,
      radix: optical.switchRadix,
      portPriceUSD: parameters.options.cost == .built
        ? fabric.billOfMaterials(for: layout, wholeBoxes: true).opticalPortPriceUSD : nil,
      isPricePublished: optical.portPriceUSD != nil)
  }
}
