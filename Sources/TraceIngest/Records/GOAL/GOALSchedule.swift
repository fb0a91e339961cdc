internal import TraceModel

/// What one node of a GOAL schedule does; the values are those of the binary form.
///
/// 1 … 3 are LogGOPSim's, the others LogGOPSim2's (spcl/LogGOPSim and spcl/LogGOPSim2, Parser.hpp).
enum GOALKind: UInt8, Sendable, Hashable {
  case send = 1
  case receive = 2
  case compute = 3
  case put = 4
  case get = 5
  /// Opens a buffer that puts and gets of other ranks match.
  case append = 6
  /// Waits until a counter has reached a value.
  case test = 7
  case triggeredPut = 8
  case triggeredGet = 9
  case triggeredAppend = 10
  /// Compute whose length another simulator (gem5) decides.
  case simulatedCompute = 11

  /// True when bytes move.
  var isTransfer: Bool {
    switch self {
    case .send, .put, .get, .triggeredPut, .triggeredGet: true
    case .receive, .compute, .append, .test, .triggeredAppend, .simulatedCompute: false
    }
  }

  /// True when it waits for a counter besides the nodes that it requires.
  var waitsForCounter: Bool {
    switch self {
    case .test, .triggeredPut, .triggeredGet, .triggeredAppend: true
    case .send, .receive, .compute, .put, .get, .append, .simulatedCompute: false
    }
  }

  /// True when its peer is the rank that the bytes come from.
  var takesFromPeer: Bool { self == .get || self == .triggeredGet }

  /// True when it has a rank at its other end.
  var hasPeer: Bool {
    switch self {
    case .compute, .test, .simulatedCompute: false
    case .send, .receive, .put, .get, .append, .triggeredPut, .triggeredGet, .triggeredAppend: true
    }
  }
}

/// One node of a schedule.
struct GOALNode: Sendable, Hashable {
  /// What stands for any rank and for any tag.
  static let any: Int32 = -1

  var kind: GOALKind
  /// The rank whose block it stands in.
  var rank: Int32 = 0
  /// Bytes, or nanoseconds of compute.
  var size: Int64 = 0
  var peer = GOALNode.any
  /// 32 bits as the binary form has them.
  var tag: UInt32 = 0
  /// The counter that it counts on, or −1.
  var counter: Int32 = -1
  /// The counter that it waits for.
  var awaitedCounter: Int32 = -1
  var threshold: Int64 = 0
  /// An appended buffer that is gone after one match.
  var isUsedOnce = false

  /// A receive's tag that any message has.
  static let anyTag = UInt32.max
}

/// A whole schedule: the nodes of all ranks, and what each has to wait for.
///
/// 40 bytes a node and 12 a dependency.
struct GOALSchedule: Sendable {
  struct Dependency: Sendable, Hashable {
    var node: Int32
    var predecessor: Int32
    /// True when it waits for the predecessor's start alone (`irequires`).
    var isOnStart: Bool
  }

  /// More nodes or dependencies than are read.
  static let countLimit = Int(Int32.max) / 2
  /// Largest size that is believed, in bytes and in nanoseconds.
  static let sizeLimit: UInt64 = 1 << 56

  var rankCount: Int32 = 0
  /// In the order of the file; those of one rank stand together.
  var nodes: [GOALNode] = []
  var dependencies: [Dependency] = []
  var ledger: Ledger

  /// Where a node is, in words that hold for both forms: rank, and place in its block.
  func location(of node: Int) -> String {
    let rank = nodes[node].rank
    var first = node
    while first > 0, nodes[first - 1].rank == rank { first -= 1 }
    return "rank \(rank), node \(node - first + 1)"
  }

  /// Why a node cannot be part of the schedule, or nil.
  func defect(of node: GOALNode) -> GOALDefect? {
    if node.size < 0 || UInt64(node.size) > Self.sizeLimit { return .numberTooLarge }
    if node.kind.hasPeer, node.peer < GOALNode.any || node.peer >= rankCount { return .peerOutside }
    if node.peer == GOALNode.any, node.kind.isTransfer { return .peerOutside }
    return nodes.count < Self.countLimit ? nil : .tooMany
  }
}

/// Why a piece of a schedule cannot be used.
enum GOALDefect: Error, Sendable, Hashable {
  case unknownStatement
  case numberExpected
  case numberTooLarge
  case bytesExpected
  case trailingWords
  case outsideRank
  case rankInsideRank
  case rankOutside
  case repeatedRank
  case missingRankCount
  case repeatedLabel
  case unknownLabel
  case peerOutside
  case unknownKind
  case tooMany
  case overlongLine
  case cutLine

  var words: String {
    switch self {
    case .unknownStatement: "a statement that GOAL does not have"
    case .numberExpected: "a number is missing"
    case .numberTooLarge: "a number is larger than such schedules hold"
    case .bytesExpected: "a size without its `b`, or without `to`, `from` and the rank"
    case .trailingWords: "words behind the end of a statement"
    case .outsideRank: "a statement outside any rank's block"
    case .rankInsideRank: "a rank's block begins inside another one"
    case .rankOutside: "a rank that is not below num_ranks"
    case .repeatedRank: "a second block of one rank"
    case .missingRankCount: "num_ranks is missing before it, or stands twice"
    case .repeatedLabel: "a label that its rank has given before"
    case .unknownLabel: "a dependency on a label or node that does not exist"
    case .peerOutside: "a rank at the other end that is not below num_ranks"
    case .unknownKind: "a node of a kind that is not known"
    case .tooMany: "more nodes or dependencies than are read"
    case .overlongLine: "the line is longer than the limit of \(LineReader.lineLimit >> 20) MiB"
    case .cutLine: "the line is cut where the input became unreadable"
    }
  }
}
