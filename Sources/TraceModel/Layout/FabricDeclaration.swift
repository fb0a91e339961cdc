/// A fabric as a user declares it: a preset or a topology, and what differs from its defaults.
///
/// Nil means "as the preset or the layout has it". Durations are nanoseconds, rates bits per second and
/// direction. Words that only the replay knows (policies, schedulers, presets) are kept as written.
public struct FabricDeclaration: Sendable, Hashable {
  /// How servers or NICs are joined, other than by circuits that change.
  public enum Topology: String, Sendable, Hashable, CaseIterable {
    case ideal
    case fatTree = "fat-tree"
    case railOptimised = "rail-optimised"
    case ring
    case torus
    case hypercube
    case fullMesh = "full-mesh"
    case dragonfly
    case randomRegular = "random-regular"
    case totientRings = "totient-rings"
    case edgeList = "edge-list"
  }

  /// Which of several equal paths bytes take.
  public enum Routing: String, Sendable, Hashable, CaseIterable {
    case sprayed, hashed
    case destinationModulo = "d-mod-k"
  }

  /// A plain-text edge list and the name that errors give it.
  public struct EdgeListFile: Sendable, Hashable {
    public var text: String
    public var name: String

    public init(text: String, name: String) {
      self.text = text
      self.name = name
    }
  }

  /// The optical NICs and what joins them.
  public struct Optical: Sendable, Hashable {
    /// Circuits that never change.
    public enum StaticCircuits: String, Sendable, Hashable, CaseIterable {
      case circulant
      case randomRegular = "random-regular"
      case totientRings = "totient-rings"
    }

    public var nicsPerServer: Int?
    public var scheduler: String?
    public var staticCircuits: StaticCircuits?
    public var forwardsThroughHosts: Bool?
    /// Servers of a region; `.max` for all of them.
    public var serversPerRegion: Int?
    public var planes: Int?
    public var duplex: String?
    /// The kind of switch: sets its radix, delay and port price as far as they are published.
    public var technology: String?
    public var switchRadix: Int?
    /// A delay by name.
    public var delayPreset: String?
    public var controlNanoseconds: Double?
    public var perPairNanoseconds: Double?
    public var switchingNanoseconds: Double?
    public var linkUpNanoseconds: Double?
    public var reconfiguration: String?

    public init() {}
  }

  public var name: String
  /// Where it was declared: "fabrics.yaml:3".
  public var location: String
  /// The preset that it differs from.
  public var base: String?
  public var topology: Topology?

  public var dimensions: [Int]?
  public var serversPerGroup: Int?
  public var degree: Int?
  public var rings: Int?
  public var isOneWay: Bool?
  public var edges: EdgeListFile?
  public var serversPerLeaf: Int?
  public var leavesPerPod: Int?
  public var oversubscription: Double?
  public var podOversubscription: Double?
  public var routing: Routing?
  public var seed: UInt64?
  public var queuePairs: Int?
  public var maximumPaths: Int?

  public var nicsPerServer: Int?
  public var nicBitsPerSecond: Double?
  public var nicPolicy: String?
  public var sharing: String?
  public var scaleUpBitsPerSecond: Double?
  public var serversPerScaleUpDomain: Int?
  public var payloadEfficiency: Double?
  public var latencyNanoseconds: Double?
  public var switchRadix: Int?
  public var optical: Optical?
  /// In the words of a failure: "server 3 nic 7".
  public var failures: [String] = []

  public init(name: String, location: String) {
    self.name = name
    self.location = location
  }
}
