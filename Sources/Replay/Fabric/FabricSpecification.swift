public import TraceModel

/// Which NIC carries the bytes of a GPU.
public enum NICPolicy: String, Sendable, Hashable, CaseIterable {
  /// The NIC of the sending GPU's rail to the NIC of the receiving GPU's rail.
  case pinned
  /// Forwarded inside the sending server to the GPU on the receiver's rail (NCCL's PXN).
  case railForward = "rail-forward"
  /// Spread over all NICs of the server through delegate GPUs (MixNet).
  case pooled
}

/// A fabric to replay on, with every parameter that matters.
public struct FabricSpecification: Sendable {
  public var name: String
  /// What it is, in one line.
  public var summary: String
  /// What joins the NICs that `optical` does not take.
  public var electrical: any ElectricalNetwork
  /// Circuits on some NICs of every server, beside the electrical network; nil without.
  public var optical: OpticalLayer?
  /// NICs of one server, optical ones included.
  public var nicsPerServer: Int
  /// Of one NIC and direction.
  public var nicBitsPerSecond: Double
  /// Which electrical NIC carries the bytes of a GPU, where ranks are known.
  public var nicPolicy: NICPolicy
  /// How a pair with a circuit divides its bytes between circuits and electrical NICs.
  public var sharing: SharingMode
  /// Of one GPU and direction (an NVLink headline counts both directions: halve it).
  public var scaleUpBitsPerSecond: Double
  /// Payload as a part of what the wire carries, for NICs and circuits.
  public var payloadEfficiency: Double
  /// Added once to each phase.
  public var latencyNanoseconds: Double
  /// Ports of one electrical switch, for the bill of materials.
  public var switchRadix: Int
  /// Servers of one scale-up domain when the fabric brings its own; nil for the layout's.
  ///
  /// The last domain may be smaller.
  public var serversPerScaleUpDomain: Int?
  /// What does not work.
  public var failures: [Failure]

  public init(
    name: String, summary: String, electrical: any ElectricalNetwork = Crossbar(),
    optical: OpticalLayer? = nil, nicsPerServer: Int, nicBitsPerSecond: Double = 400e9,
    nicPolicy: NICPolicy = .pooled, sharing: SharingMode = .exclusive,
    scaleUpBitsPerSecond: Double = 3.6e12, payloadEfficiency: Double = 1,
    latencyNanoseconds: Double = 0, switchRadix: Int = 64, serversPerScaleUpDomain: Int? = nil,
    failures: [Failure] = []
  ) {
    self.name = name
    self.summary = summary
    self.electrical = electrical
    self.optical = optical
    self.nicsPerServer = nicsPerServer
    self.nicBitsPerSecond = nicBitsPerSecond
    self.nicPolicy = nicPolicy
    self.sharing = sharing
    self.scaleUpBitsPerSecond = scaleUpBitsPerSecond
    self.payloadEfficiency = payloadEfficiency
    self.latencyNanoseconds = latencyNanoseconds
    self.switchRadix = switchRadix
    self.serversPerScaleUpDomain = serversPerScaleUpDomain
    self.failures = failures
  }

  /// NICs of one server on circuits that may change.
  public var opticalNICsPerServer: Int { optical?.nicsPerServer ?? 0 }
  /// NICs of one server on the electrical network.
  public var electricalNICsPerServer: Int { nicsPerServer - opticalNICsPerServer }

  /// Servers beside those of the layout that stand in for failed ones.
  package var spareServerCount: Int {
    Set(failures.filter { if case .server = $0 { true } else { false } }).count
  }

  /// Electrical NICs of all servers, spare ones included: they are bought too.
  package func electricalNICCount(for layout: Layout) -> Int {
    (layout.serverCount + spareServerCount) * electricalNICsPerServer
  }

  /// Payload bytes per nanosecond of one NIC.
  package var nicRate: Double { nicBitsPerSecond / 8e9 * payloadEfficiency }
  /// Bytes per nanosecond of one GPU's scale-up link.
  package var scaleUpRate: Double { scaleUpBitsPerSecond / 8e9 }

  /// False when the controllers have failed: circuits stay as they were set first.
  public var changesCircuits: Bool { !failures.contains(.controller) }

  /// Every parameter as declared; a `ReplayResult` has them as they were used.
  public var effectiveParameters: [EffectiveParameter] {
    var parameters = [
      EffectiveParameter("fabric", name),
      EffectiveParameter("electrical network", electrical.name),
    ]
    parameters += electrical.effectiveParameters
    parameters += [
      EffectiveParameter("NICs per server", nicsPerServer),
      EffectiveParameter("electrical NICs per server", nicsPerServer - circuitNICsPerServer),
      EffectiveParameter("NIC rate per direction", nicBitsPerSecond, unit: "bit/s"),
      EffectiveParameter(Self.nicPolicyName, nicPolicy.rawValue),
      EffectiveParameter(
        "scale-up rate per GPU and direction", scaleUpBitsPerSecond, unit: "bit/s"),
      EffectiveParameter("payload efficiency", payloadEfficiency),
      EffectiveParameter("latency per phase", latencyNanoseconds, unit: "ns"),
      EffectiveParameter("electrical switch radix", switchRadix, unit: "ports"),
      EffectiveParameter(
        "prices are for",
        PriceList.nearest(toBitsPerSecond: nicBitsPerSecond).bitsPerSecond, unit: "bit/s"),
    ]
    if let serversPerScaleUpDomain {
      parameters.append(
        EffectiveParameter("servers per scale-up domain", serversPerScaleUpDomain))
    }
    if let optical { parameters += optical.effectiveParameters }
    if optical != nil || electrical is StaticOptical {
      parameters.append(EffectiveParameter("sharing of circuits and EPS", sharing.rawValue))
    }
    for failure in failures { parameters.append(EffectiveParameter("failed", failure)) }
    return parameters
  }

  package static let nicPolicyName = "NIC policy"

  /// Why the fabric cannot be built for a cluster, in words, or nil.
  public func defect(for layout: Layout) -> String? {
    if nicsPerServer < 1 { return "NICs per server must be 1 or more" }
    for (name, value) in [
      ("NIC rate", nicBitsPerSecond), ("scale-up rate", scaleUpBitsPerSecond),
      ("payload efficiency", payloadEfficiency),
    ] where !(value > 0 && value.isFinite) {
      return "\(name) is \(value); it must be above 0"
    }
    if payloadEfficiency > 1 { return "payload efficiency is above 1" }
    if !(latencyNanoseconds >= 0 && latencyNanoseconds.isFinite) {
      return "latency is \(latencyNanoseconds) ns"
    }
    if switchRadix < 2 { return "switches of \(switchRadix) ports" }
    if let serversPerScaleUpDomain, serversPerScaleUpDomain < 1 {
      return "a scale-up domain of \(serversPerScaleUpDomain) servers"
    }
    if opticalNICsPerServer < 0 || electricalNICsPerServer < 0 {
      return "\(opticalNICsPerServer) optical NICs of \(nicsPerServer) NICs per server"
    }
    if let defect = electrical.defect(for: layout, on: self) { return defect }
    if optical != nil, electrical.joinsWholeServers {
      return "circuits that change stand beside a packet-switched network, not \(electrical.name)"
    }
    if let optical {
      if case .declared(let region) = optical.regions, region.count != layout.serverCount {
        return "the region plan has \(region.count) servers, the layout \(layout.serverCount)"
      }
      if case .contiguous(let servers) = optical.regions, servers < 1 {
        return "a region of \(servers) servers"
      }
      if let defect = optical.portDefect(serverCount: layout.serverCount) { return defect }
      if let price = optical.portPriceUSD, !(price >= 0 && price.isFinite) {
        return "an optical port costs \(price) US dollars"
      }
      if let defect = optical.scheduler.hardwareDefect(on: optical.duplex) { return defect }
      if optical.scheduler.answersWithSequence, sharing != .exclusive {
        return
          "bytes are divided over the configurations of a sequence as \(SharingMode.exclusive.rawValue), "
          + "not \(sharing.rawValue)"
      }
    }
    return nil
  }

  /// Why bytes cannot be divided in the best way between circuits and EPS, in words, or nil.
  package func splitOptimalDefect(for layout: Layout, grain: Grain) -> String? {
    guard opticalNICsPerServer > 0, electricalNICsPerServer > 0 else { return nil }
    if grain == .rank && nicPolicy != .pooled && layout.gpusPerServer > 1 {
      return "the optimum over circuits and EPS is known for pooled NICs only, these are "
        + nicPolicy.rawValue
    }
    if !failures.isEmpty {
      return "the optimum over circuits and EPS is not known for a fabric with failures"
    }
    if !electrical.isNonBlocking(serverCount: layout.serverCount) {
      return "the optimum over circuits and EPS is known for a non-blocking EPS only, not for this "
        + electrical.name
    }
    return nil
  }

  /// What the fabric is built of for a cluster, at its declared switch radices, spare servers in the
  /// place of failed ones included.
  ///
  /// - Parameters:
  ///   - prices: by default the published prices nearest to the NIC rate.
  ///   - wholeBoxes: bill every port of the switches bought, not only those used.
  public func billOfMaterials(
    for layout: Layout, prices: PriceList? = nil, wholeBoxes: Bool = false
  ) -> BillOfMaterials {
    let prices = prices ?? PriceList.nearest(toBitsPerSecond: nicBitsPerSecond)
    let packets = electrical.billOfMaterials(
      for: layout, on: self, prices: prices, wholeBoxes: wholeBoxes)
    guard let optical else { return packets }
    return packets.adding(
      .optical(
        regionSizes: optical.regions.regions(serverCount: layout.serverCount).map(\.count),
        nicsPerServer: optical.nicsPerServer, switchRadix: optical.switchRadix,
        prices: optical.prices(prices), isSwitched: optical.isSwitched,
        planes: optical.planes, wholeBoxes: wholeBoxes))
  }

  /// What the fabric costs by the formulas that reproduce MixNet's published ratios: see `PaperCost`.
  ///
  /// Packet-switched networks count as three-tier fat-trees; optical NICs have a port of a switch, or
  /// of a patch panel when their circuits never change. Direct cables, which the paper does not price,
  /// are billed as built.
  /// - Parameter prices: by default the published prices nearest to the NIC rate.
  public func paperBillOfMaterials(
    for layout: Layout, prices: PriceList? = nil
  ) -> BillOfMaterials {
    let prices = prices ?? PriceList.nearest(toBitsPerSecond: nicBitsPerSecond)
    let packets = electrical.paperBillOfMaterials(for: layout, on: self, prices: prices)
    guard let optical else { return packets }
    let nics = layout.serverCount * optical.nicsPerServer
    return packets.adding(
      optical.isSwitched
        ? PaperCost.mixNet(
          opticalNICCount: nics, electricalNICCount: 0, prices: optical.prices(prices))
        : PaperCost.topoOpt(nicCount: nics, prices: prices))
  }
}
