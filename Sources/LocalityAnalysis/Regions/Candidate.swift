/// One network that could be bought for the expert traffic: where circuits are, what switches them and
/// who chooses them.
public struct Candidate: Sendable, Hashable {
  /// Which servers share an optical switch.
  public var plan: RegionPlan
  /// Optical NICs of a server (alpha); 0 without circuits between servers.
  public var opticalNICsPerServer: Int
  /// The optical switch; nil without circuits between servers.
  public var technology: String?
  /// Who chooses the circuits; nil without circuits between servers.
  public var scheduler: String?

  /// Without further words a network that has no circuits between servers.
  public init(
    plan: RegionPlan, opticalNICsPerServer: Int = 0, technology: String? = nil,
    scheduler: String? = nil
  ) {
    self.plan = plan
    self.opticalNICsPerServer = opticalNICsPerServer
    self.technology = technology
    self.scheduler = scheduler
  }

  /// All NICs on packets.
  public static func withoutCircuits(serverCount: Int) -> Candidate {
    Candidate(plan: RegionPlan(size: 1, grouping: .contiguous(serverCount: serverCount, size: 1)))
  }

  /// What sentences call it.
  public var name: String {
    guard plan.hasCircuits else { return plan.name }
    let words = [
      "\(opticalNICsPerServer) optical NIC\(opticalNICsPerServer == 1 ? "" : "s")", technology,
      scheduler,
    ].compactMap { $0 }
    return "\(plan.name), \(words.joined(separator: ", "))"
  }
}

/// What a candidate takes of its optical switches.
public struct SwitchUse: Sendable, Hashable {
  /// Switches of all regions together.
  public var switches: Int
  /// Ports that the largest region uses of one switch.
  public var portsUsed: Int
  /// Ports of one switch.
  public var radix: Int
  /// US dollars for a port of those that the cost counts; nil where it counts no ports.
  public var portPriceUSD: Double?
  /// False where nobody publishes the price of a port, so that another's is taken.
  public var isPricePublished: Bool

  public init(
    switches: Int, portsUsed: Int, radix: Int, portPriceUSD: Double? = nil,
    isPricePublished: Bool = true
  ) {
    self.switches = switches
    self.portsUsed = portsUsed
    self.radix = radix
    self.portPriceUSD = portPriceUSD
    self.isPricePublished = isPricePublished
  }

  /// Ports of all switches, dark ones included.
  public var portCount: Int { switches * radix }

  /// "4 × 48 of 576 ports".
  public var words: String { "\(switches) × \(portsUsed) of \(radix) ports" }
}

/// What is known of a candidate before anything is replayed on it.
public struct CandidateQuote: Sendable, Hashable {
  /// US dollars with every port of the switches bought; nil when no prices are declared.
  public var costUSD: Double?
  /// US dollars with only the used ports of the switches; nil when no prices are declared.
  public var usedPortsUSD: Double?
  /// A time in nanoseconds that no replay of all iterations can beat.
  public var boundNanoseconds: Double
  /// Nil without optical switches.
  public var switchUse: SwitchUse?

  /// - Parameter usedPortsUSD: the price of all ports when nil.
  public init(
    costUSD: Double?, usedPortsUSD: Double? = nil, boundNanoseconds: Double,
    switchUse: SwitchUse? = nil
  ) {
    self.costUSD = costUSD
    self.usedPortsUSD = usedPortsUSD ?? costUSD
    self.boundNanoseconds = boundNanoseconds
    self.switchUse = switchUse
  }
}

/// How long one iteration takes on a candidate.
public struct IterationTime: Sendable, Hashable {
  /// Compute, the network and delays of circuits.
  public var nanoseconds: Double
  /// The part of it that is delay of circuits which compute does not hide.
  public var exposedNanoseconds: Double

  /// - Parameter exposedNanoseconds: at most `nanoseconds`.
  public init(nanoseconds: Double, exposedNanoseconds: Double = 0) {
    self.nanoseconds = nanoseconds
    self.exposedNanoseconds = exposedNanoseconds
  }
}

/// What a replay on a candidate came to.
public struct CandidateTimes: Sendable, Hashable {
  /// Of each iteration that was played, in order; of jobs beside each other the whole as one.
  public var iterations: [IterationTime]
  /// When circuits change: the better of the policies that were tried.
  public var policy: String?
  /// How often circuits were set up.
  public var reconfigurations: Int
  /// Exposed delay before the first of all iterations, which `iterations` leave out.
  public var onceNanoseconds: Double

  /// - Parameter iterations: in order, all that were asked for.
  public init(
    iterations: [IterationTime], policy: String? = nil, reconfigurations: Int = 0,
    onceNanoseconds: Double = 0
  ) {
    self.iterations = iterations
    self.policy = policy
    self.reconfigurations = reconfigurations
    self.onceNanoseconds = onceNanoseconds
  }

  /// Nanoseconds of what was played.
  public var nanoseconds: Double { iterations.reduce(0) { $0 + $1.nanoseconds } }
}

/// How a replay on a candidate ended.
public enum CandidateReplay: Sendable, Hashable {
  case played(CandidateTimes)
  /// It was given up: it takes longer than the limit that it was given.
  case exceedsLimit
  /// It cannot be replayed, in words.
  case failed(String)
}

/// Whoever can replay the workload on a candidate; the chooser knows no fabric of its own.
///
/// Workload and options are the evaluator's affair; they must be the same for every candidate. It is
/// asked from several threads at once.
public protocol CandidateEvaluator: Sendable {
  /// Price and bound, without replaying; or why the candidate cannot be built.
  func quote(_ candidate: Candidate) -> Result<CandidateQuote, CandidateFailure>

  /// Replays all iterations, or some.
  ///
  /// It may give up once the time is proven to exceed the limit.
  /// - Parameters:
  ///   - iterations: places of the iterations to replay, ascending; nil for all, exactly.
  ///   - policy: that of an earlier answer, when only this one is asked for.
  ///   - limitNanoseconds: of all iterations that are replayed together.
  func replay(
    _ candidate: Candidate, iterations: [Int]?, policy: String?, limitNanoseconds: Double
  ) -> CandidateReplay
}

/// Why a candidate cannot be built or replayed, in words.
public struct CandidateFailure: Error, Sendable, Hashable {
  /// What is wrong with it.
  public var reason: String

  /// - Parameter reason: in words, without a full stop.
  public init(_ reason: String) { self.reason = reason }
}
