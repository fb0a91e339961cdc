/// What one kind of optical switch can connect.
public struct SwitchKind: Sendable, Hashable {
  /// The technology's name, as in the catalogue of switches.
  public var name: String
  /// Duplex ports of one switch.
  public var radix: Int
  /// Switches that serve a region side by side, each with an equal part of every server's NICs.
  public var planes: Int
  /// Decibels that light loses at most on one pass; nil when nobody says.
  public var insertionLossDecibels: Double?

  /// - Parameters:
  ///   - radix: at least 1, as `planes`.
  public init(
    name: String, radix: Int, planes: Int = 1, insertionLossDecibels: Double? = nil
  ) {
    self.name = name
    self.radix = radix
    self.planes = planes
    self.insertionLossDecibels = insertionLossDecibels
  }
}

/// Every combination of plan, optical NICs, switch and scheduler that can be built, and what was left
/// out because a limit of the hardware forbids it.
public struct CandidateGrid: Sendable, Hashable {
  /// Combinations left out for one reason.
  public struct Omission: Sendable, Hashable {
    /// Why they cannot be built, in words.
    public var reason: String
    /// How many combinations there are.
    public var count: Int
  }

  /// The one without circuits first, then by plan, optical NICs, switch and scheduler.
  public private(set) var candidates: [Candidate] = []
  /// In the order in which they were met.
  public private(set) var omissions: [Omission] = []

  /// - Parameters:
  ///   - plans: divisions of the servers; those without circuits count once.
  ///   - serverCount: all servers.
  ///   - nicsPerServer: NICs of a server, optical ones included.
  ///   - lossBudgetDecibels: what light may lose between two transceivers; nil when it is not checked. A
  ///     circuit passes one switch, whatever the region and the planes.
  ///   - schedulersOf: the schedulers that a kind of switch can serve.
  public init(
    plans: [RegionPlan], serverCount: Int, nicsPerServer: Int, opticalNICs: [Int],
    switches: [SwitchKind], lossBudgetDecibels: Double? = nil,
    schedulersOf: (SwitchKind) -> [String]
  ) {
    candidates = [.withoutCircuits(serverCount: serverCount)]
    for plan in plans where plan.hasCircuits {
      for count in opticalNICs {
        for kind in switches {
          let schedulers = schedulersOf(kind)
          if let reason = Self.loss(of: kind, beyond: lossBudgetDecibels)
            ?? Self.defect(
              of: plan, opticalNICs: count, kind, serverCount: serverCount,
              nicsPerServer: nicsPerServer)
          {
            omit(schedulers.count, because: reason)
            continue
          }
          candidates += schedulers.map {
            Candidate(
              plan: plan, opticalNICsPerServer: count, technology: kind.name, scheduler: $0)
          }
        }
      }
    }
  }

  /// Why light does not get through a switch, in words, or nil.
  private static func loss(of kind: SwitchKind, beyond budget: Double?) -> String? {
    guard let budget, let loss = kind.insertionLossDecibels, loss > budget else { return nil }
    return "light loses \(decimal(loss, places: 1)) dB in \(kind.name), and transceivers allow "
      + "\(decimal(budget, places: 1)) dB"
  }

  /// Why a combination cannot be built, in words, or nil.
  private static func defect(
    of plan: RegionPlan, opticalNICs: Int, _ kind: SwitchKind, serverCount: Int,
    nicsPerServer: Int
  ) -> String? {
    if opticalNICs < 1 || opticalNICs > nicsPerServer {
      return "\(opticalNICs) optical NICs of \(nicsPerServer) per server"
    }
    if opticalNICs == nicsPerServer, plan.size < serverCount {
      return "no NIC is left for bytes between regions where all \(opticalNICs) are optical"
    }
    if kind.planes < 1 || opticalNICs % kind.planes != 0 {
      return "\(opticalNICs) optical NICs cannot be divided over \(kind.planes) planes"
    }
    let limit = SwitchLimit(
      radix: kind.radix, planes: kind.planes, opticalNICsPerServer: opticalNICs)
    guard plan.size > limit.serversPerRegion else { return nil }
    return "\(kind.name) has \(kind.radix) ports: a region of more than \(limit.serversPerRegion) "
      + "servers with \(opticalNICs) optical NIC\(opticalNICs == 1 ? "" : "s") does not fit"
  }

  /// Counts combinations that are left out.
  public mutating func omit(_ count: Int, because reason: String) {
    guard count > 0 else { return }
    if let known = omissions.firstIndex(where: { $0.reason == reason }) {
      omissions[known].count += count
    } else {
      omissions.append(Omission(reason: reason, count: count))
    }
  }
}
