internal import TraceModel

/// The bursts of one communicator in order of time, and who talks in them at all.
struct CommunicatorBursts {
  var bursts: [Burst] = []
  /// By busy time: which burst it is, or −1 for a silent one.
  private(set) var burstOfPlace: [Int32] = []
  /// Servers that ever send to each other, ascending.
  let serverPairs: [EndPair]
  let nics: Set<Int>

  /// - Parameters:
  ///   - number: of the communicator.
  ///   - placeCount: how many busy times it has.
  init(_ number: Int, of communicators: Communicators, placeCount: Int, layout: Layout) {
    var pairs = Set<EndPair>()
    var nics = Set<Int>()
    for (source, destination) in communicators.addressPairs(of: number) {
      let ends = [source, destination].map { layout.addresses[Int($0)] }
      for end in ends { nics.insert(end.server * layout.nicsPerServer + end.nic) }
      pairs.insert(EndPair(source: ends[0].server, destination: ends[1].server))
    }
    self.nics = nics
    serverPairs = pairs.sorted { ($0.source, $0.destination) < ($1.source, $1.destination) }
    burstOfPlace = [Int32](repeating: -1, count: placeCount)
  }

  /// Keeps what a burst was; in any order.
  fileprivate mutating func append(_ burst: Burst, place: Int) {
    burstOfPlace[place] = Int32(bursts.count)
    bursts.append(burst)
  }

  /// Puts the bursts in order of time.
  fileprivate mutating func settle() {
    let order = burstOfPlace.indices.filter { burstOfPlace[$0] >= 0 }
    bursts = order.map { bursts[Int(burstOfPlace[$0])] }
    for (index, place) in order.enumerated() { burstOfPlace[place] = Int32(index) }
  }
}

/// Reads all bursts once and keeps what each was.
struct BurstSurvey {
  private(set) var communicators: [CommunicatorBursts]
  /// When the communicators are busy.
  let places: BurstPlaces
  private let layout: Layout
  private var caches: [GroupCache]

  init(_ places: BurstPlaces, of communicators: Communicators, layout: Layout) {
    self.places = places
    self.layout = layout
    self.communicators = places.busy.indices.map {
      CommunicatorBursts($0, of: communicators, placeCount: places.busy[$0].count, layout: layout)
    }
    caches = communicators.kinds.map { GroupCache(kind: $0) }
    // All groups of equal amounts have the shape of the whole, whatever part of it a burst shows.
    for number in caches.indices where communicators.kinds[number] == .regular {
      caches[number].shapeOfAll = BurstShape.ofRegular(self.communicators[number].serverPairs)
    }
  }

  mutating func add(_ traffic: BurstTraffic) {
    let interval = places.busy[traffic.communicator].intervals[traffic.place]
    let pairs = traffic.transfers.map { $0.pair.servers(in: layout) }
    communicators[traffic.communicator].append(
      Burst(
        start: interval.start, end: interval.end,
        bytes: traffic.transfers.reduce(0) { $0 &+ $1.bytes },
        groups: caches[traffic.communicator].groups(of: pairs)),
      place: traffic.place)
  }

  mutating func settle() {
    for number in communicators.indices { communicators[number].settle() }
  }
}

/// The groups of bursts: those between the same pairs of servers have the same ones, so the last few
/// are kept.
private struct GroupCache {
  let kind: Communicators.Kind
  /// What every group looks like, where that is known from all bursts together.
  var shapeOfAll = BurstShape(kind: .unknown, role: .other, confidence: 0)
  private var known: [(pairs: [EndPair], groups: BurstGroups)] = []
  private var next = 0
  private var numberOfGroup: [[Int]: Int32] = [:]

  private static let size = 8

  init(kind: Communicators.Kind) { self.kind = kind }

  mutating func groups(of pairs: [EndPair]) -> BurstGroups {
    if let entry = known.first(where: { $0.pairs == pairs }) { return entry.groups }
    let (kind, shapeOfAll) = (kind, shapeOfAll)
    let groups = BurstGroups(of: pairs, known: &numberOfGroup) {
      kind == .regular ? shapeOfAll : BurstShape.classify($0)
    }
    if known.count < Self.size {
      known.append((pairs, groups))
    } else {
      known[next] = (pairs, groups)
      next = (next + 1) % Self.size
    }
    return groups
  }
}
