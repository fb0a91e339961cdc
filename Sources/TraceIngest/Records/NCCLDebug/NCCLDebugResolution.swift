internal import TraceModel

/// Which ends of a debug log are of one communicator, and their ranks in it.
///
/// An id names a communicator; so do its parent, split and color. Where the log lacks the lines of the
/// beginnings, the k-th communicator of N ranks of each GPU is taken for one when just N GPUs have
/// one; their ranks are then those of the launcher, or follow servers and devices in the order of the
/// log. In one of which fewer GPUs were read, a rank is the one that is nobody's peer.
struct NCCLDebugResolution {
  private(set) var communicators: [NCCLCalls.Communicator] = []
  /// By end: its communicator and rank, or nil when they cannot be known.
  private(set) var places: [(communicator: Int, rank: Int32)?]
  /// Communicators whose ranks were taken from the order of servers and devices.
  private(set) var ordered = 0
  /// Ends whose rank is the one that is nobody's peer.
  private(set) var byPeers = 0

  private enum Identity: Hashable {
    case id(UInt64, size: Int32)
    case split(communicator: Int, number: Int64, color: Int64, size: Int32)
  }

  private let log: NCCLDebugLog
  private var numberOfIdentity: [Identity: Int] = [:]

  init(_ log: NCCLDebugLog) {
    self.log = log
    places = Array(repeating: nil, count: log.ends.count)
    // A parent begins before what is split from it.
    for (number, end) in log.ends.enumerated() where end.rank >= 0 { placeNamed(number, end) }
    for bucket in buckets() { place(bucket) }
  }

  // MARK: Named

  private mutating func placeNamed(_ number: Int, _ end: NCCLDebugLog.End) {
    var identity: Identity?
    if let parent = end.parent {
      if let place = places[parent] {
        identity = .split(
          communicator: place.communicator, number: end.split, color: end.color, size: end.size)
      }
    } else if let id = end.id {
      identity = .id(id, size: end.size)
    }
    guard let identity else { return }
    let communicator = numberOfIdentity[identity] ?? communicators.count
    if communicator == communicators.count {
      numberOfIdentity[identity] = communicator
      addCommunicator(
        named: end.parent == nil ? end.id.map { "0x" + String($0, radix: 16) } : nil, end)
    }
    places[number] = (communicator, end.rank)
  }

  private mutating func addCommunicator(named name: String?, _ end: NCCLDebugLog.End) {
    communicators.append(
      .init(name: name ?? "communicator \(communicators.count)", size: end.size))
  }

  // MARK: Not named

  private struct BucketKey: Hashable {
    var size: Int32
    var ordinal: Int
  }

  private struct GPU: Hashable {
    var process: Int
    var device: Int32
    var size: Int32
  }

  /// Ends without a name: those that stand in the same place among the ones of their GPU and size.
  private func buckets() -> [[Int]] {
    var ordinals: [GPU: Int] = [:]
    var numberOfBucket: [BucketKey: Int] = [:]
    var buckets: [[Int]] = []
    for (number, end) in log.ends.enumerated() where places[number] == nil {
      let gpu = GPU(process: end.process, device: end.device, size: end.size)
      let ordinal = ordinals[gpu, default: 0]
      ordinals[gpu] = ordinal + 1
      let key = BucketKey(size: end.size, ordinal: ordinal)
      let bucket = numberOfBucket[key] ?? buckets.count
      if bucket == buckets.count {
        numberOfBucket[key] = bucket
        buckets.append([])
      }
      buckets[bucket].append(number)
    }
    return buckets
  }

  private mutating func place(_ bucket: [Int]) {
    guard let size = bucket.first.map({ log.ends[$0].size }), bucket.count <= Int(size) else {
      return
    }
    let known = bucket.map { log.ends[$0].rank }
    let isWhole = bucket.count == Int(size)
    if known.allSatisfy({ $0 >= 0 }) {
      take(bucket, known)
    } else if let ranks = launcherRanks(bucket, size: size) {
      take(bucket, ranks)
    } else if isWhole, known.allSatisfy({ $0 < 0 }) {
      ordered += 1
      takeInOrder(bucket)
    } else {
      let ranks = bucket.map { log.ends[$0].rank >= 0 ? log.ends[$0].rank : rankThatIsNoPeer($0) }
      let ends = zip(bucket, ranks).filter { $0.1 >= 0 }
      byPeers += ends.count { log.ends[$0.0].rank < 0 }
      take(ends.map(\.0), ends.map(\.1))
    }
  }

  /// Ends of one communicator, unless two have the same rank in it: then none is placed.
  private mutating func take(_ bucket: [Int], _ ranks: [Int32]) {
    guard let first = bucket.first, Set(ranks).count == ranks.count else { return }
    let communicator = communicators.count
    addCommunicator(named: nil, log.ends[first])
    for (number, rank) in zip(bucket, ranks) { places[number] = (communicator, rank) }
  }

  /// A launcher counts from 0 to the ranks of the job: they are those of a communicator over all.
  private func launcherRanks(_ bucket: [Int], size: Int32) -> [Int32]? {
    guard size == log.ends.lazy.map(\.size).max() else { return nil }
    var ranks: [Int32] = []
    for number in bucket {
      let process = log.processes[log.ends[number].process]
      guard !process.hasSeveralRanks, (0..<size).contains(process.launcherRank) else { return nil }
      ranks.append(process.launcherRank)
    }
    return Set(ranks).count == ranks.count ? ranks : nil
  }

  private mutating func takeInOrder(_ bucket: [Int]) {
    var numberOfHost: [String: Int] = [:]
    for process in log.processes where numberOfHost[process.host] == nil {
      numberOfHost[process.host] = numberOfHost.count
    }
    let sorted = bucket.sorted { left, right in
      let (one, other) = (log.ends[left], log.ends[right])
      let hosts = [one, other].map { numberOfHost[log.processes[$0.process].host] ?? 0 }
      return (hosts[0], one.device, one.process, left) < (
        hosts[1], other.device, other.process, right
      )
    }
    take(sorted, sorted.indices.map { Int32($0) })
  }

  /// The one rank that never is the peer of the end's messages; −1 when there are others.
  private func rankThatIsNoPeer(_ number: Int) -> Int32 {
    let size = log.ends[number].size
    var peers: Set<Int32> = []
    for call in log.calls where call.end == number && call.kind.isPointToPoint {
      peers.insert(call.peer)
    }
    guard peers.count == Int(size) - 1 else { return -1 }
    return (0..<size).first { !peers.contains($0) } ?? -1
  }
}
