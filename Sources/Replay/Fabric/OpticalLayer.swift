internal import TraceModel

/// Which servers share an optical domain.
public enum RegionDivision: Sendable, Hashable {
  /// Blocks of this many consecutive servers; the last may be smaller.
  case contiguous(servers: Int)
  /// `region[server]`, any numbers.
  case declared([Int])

  /// The servers of each region, regions by their lowest server.
  public func regions(serverCount: Int) -> [[Int]] {
    var number: [Int: Int] = [:]
    var regions: [[Int]] = []
    for server in 0..<serverCount {
      let label =
        switch self {
        case .contiguous(let size): server / max(1, size)
        case .declared(let region): region[server]
        }
      if let known = number[label] {
        regions[known].append(server)
      } else {
        number[label] = regions.count
        regions.append([server])
      }
    }
    return regions
  }
}

/// The optical circuit switches of a fabric: some NICs of every server, region by region.
public struct OpticalLayer: Sendable {
  /// Optical NICs per server (alpha).
  public var nicsPerServer: Int
  /// Who chooses the circuits.
  public var scheduler: any CircuitScheduler
  /// Which servers circuits can join.
  public var regions: RegionDivision
  /// Time to change circuits.
  public var delay: ReconfigurationDelay
  /// What stops while circuits change.
  public var scope: ReconfigurationScope
  /// Ports of one optical switch.
  public var switchRadix: Int
  /// Parallel switches of a region; each has an equal part of every server's optical NICs.
  public var planes: Int
  /// What the switches can do; a scheduler may need more.
  public var duplex: Duplex
  /// US dollars for one port of an optical switch; nil for the price list's.
  public var portPriceUSD: Double?

  public init(
    nicsPerServer: Int, scheduler: any CircuitScheduler, regions: RegionDivision,
    delay: ReconfigurationDelay = .mixNetPaper, scope: ReconfigurationScope = .allStop,
    switchRadix: Int = 576, planes: Int = 1, duplex: Duplex = .paired,
    portPriceUSD: Double? = nil
  ) {
    self.nicsPerServer = nicsPerServer
    self.scheduler = scheduler
    self.regions = regions
    self.delay = delay
    self.scope = scope
    self.switchRadix = switchRadix
    self.planes = planes
    self.duplex = duplex
    self.portPriceUSD = portPriceUSD
  }

  /// True when the circuits change while a job runs, for its demand or by the clock.
  package var isSwitched: Bool { scheduler.dependsOnDemand || scheduler.answersWithSequence }

  /// What the scheduler is asked for some bytes between the servers of a region.
  func request(for demand: TrafficMatrix, on network: FabricNetwork) -> CircuitRequest {
    CircuitRequest(
      demand: demand, opticalPorts: nicsPerServer,
      electricalPorts: network.fabric.electricalNICsPerServer, portRate: network.fabric.nicRate,
      reconfigurationDelay: delay.nanoseconds(forPairs: nicsPerServer * demand.size / 2))
  }

  /// A price list with the price of these switches' ports.
  func prices(_ list: PriceList) -> PriceList {
    var prices = list
    if let portPriceUSD { prices.opticalPort = portPriceUSD }
    return prices
  }

  /// Why a region's optical NICs do not fit its switch, in words, or nil.
  ///
  /// Fixed circuits are patched by hand and need no switch.
  func portDefect(serverCount: Int) -> String? {
    if planes < 1 || nicsPerServer % planes != 0 {
      return "\(nicsPerServer) optical NICs cannot be divided over \(planes) planes"
    }
    if let hold = (scheduler as? Rotor)?.holdNanoseconds, !(hold > 0 && hold.isFinite) {
      return "a rotor holds its matchings for \(hold) ns; it must be above 0"
    }
    guard isSwitched, nicsPerServer > 0 else { return nil }
    let perPlane = nicsPerServer / planes
    let largest = regions.regions(serverCount: serverCount).map(\.count).max() ?? 0
    let ports = largest.multipliedReportingOverflow(by: perPlane)
    guard largest > 1, ports.overflow || ports.partialValue > switchRadix else { return nil }
    let onPlane = planes > 1 ? " on each of \(planes) planes" : ""
    return "a region of \(largest) servers with \(perPlane) optical NICs each\(onPlane) needs "
      + "\(ports.partialValue) ports, the optical switch has \(switchRadix): make regions smaller "
      + "(\(switchRadix / perPlane) servers fit), give circuits fewer NICs (alpha), or declare a "
      + "larger optical switch radix"
  }

  static let schedulerName = "circuit scheduler"

  var effectiveParameters: [EffectiveParameter] {
    let plan =
      switch regions {
      case .contiguous(let servers): "\(servers) consecutive servers"
      case .declared(let region): "declared, \(Set(region).count) regions"
      }
    var parameters = [
      EffectiveParameter("optical NICs per server (alpha)", nicsPerServer),
      EffectiveParameter(Self.schedulerName, scheduler.name),
      EffectiveParameter("duplex", duplex.rawValue),
      EffectiveParameter("optical planes", planes),
      EffectiveParameter("region", plan),
      EffectiveParameter("optical switch radix", switchRadix, unit: "ports"),
    ]
    if case .declared(let region) = regions {
      var digest = LinkDigest()
      for number in region { digest.add(UInt64(bitPattern: Int64(number))) }
      parameters.append(EffectiveParameter("digest of the regions", digest))
    }
    if let rotor = scheduler as? Rotor {
      let delay = delay.nanoseconds(forPairs: 0)
      parameters.append(
        EffectiveParameter("hold of a matching", rotor.hold(afterDelay: delay), unit: "ns"))
    } else if isSwitched {
      parameters.append(EffectiveParameter("reconfiguration", scope.rawValue))
    }
    if isSwitched {
      parameters += [
        EffectiveParameter("reconfiguration delay preset", delay.name),
        EffectiveParameter("control delay", delay.controlNanoseconds, unit: "ns"),
        EffectiveParameter("delay per pair", delay.perPairNanoseconds, unit: "ns"),
        EffectiveParameter("switching delay", delay.switchingNanoseconds, unit: "ns"),
        EffectiveParameter("link-up delay", delay.linkUpNanoseconds, unit: "ns"),
      ]
      if let portPriceUSD {
        parameters.append(
          EffectiveParameter("optical switch port price", portPriceUSD, unit: "USD"))
      }
    }
    return parameters
  }
}
