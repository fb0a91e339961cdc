internal import TraceModel

/// A line of NCCL's log that tells where a communicator begins or ends:
/// `ncclCommInitRank comm 0x… rank 3 nranks 8 cudaDev 3 nvmlDev 3 busId 69020 commId 0x43… - Init START`.
///
/// Before 2.18 there is no `commId`; of communicators that were split from another, `parent`, `color`
/// and from 2.26 on `childCount` or `splitCount` tell which it is (init.cc).
struct NCCLDebugCommunicator {
  var pointer: UInt64 = 0
  var rank: Int64 = -1
  var size: Int64 = -1
  var device: Int64 = -1
  var id: UInt64?
  var parent: UInt64?
  /// Which split of its parent it came from, where the line says it.
  var split: Int64?
  var color: Int64?
  /// The communicator ends: its address may be used again.
  var isEnd = false

  private static let fields = JSONWords([
    "comm", "rank", "nranks", "cudaDev", "commId", "parent", "childCount", "splitCount", "color",
  ])

  /// Nil when the line is about something else, or lacks what is needed.
  init?(_ line: RawSpan, from start: Int) {
    guard line.firstIndex(of: "nranks ", from: start) != nil else { return nil }
    isEnd =
      line.firstIndex(of: "Destroy COMPLETE", from: start) != nil
      || line.firstIndex(of: "Abort COMPLETE", from: start) != nil
    guard
      isEnd || line.firstIndex(of: "Init START", from: start) != nil
        || line.firstIndex(of: "Init COMPLETE", from: start) != nil
    else { return nil }
    var place = start
    while let word = nextWord(line, &place) {
      guard word.count <= PackedWord.capacity else { continue }
      let field = Self.fields.number(of: PackedWord(line, at: word.lowerBound, length: word.count))
      guard field >= 0, let value = nextWord(line, &place) else { continue }
      set(field, line, value)
    }
    guard pointer != 0, (1...CommsGroup.sizeLimit).contains(size), (0..<size).contains(rank) else {
      return nil
    }
  }

  private mutating func set(_ field: Int, _ line: RawSpan, _ value: Range<Int>) {
    switch field {
    case 0: pointer = hexadecimal(line, value) ?? 0
    case 1: rank = decimal(line, value) ?? -1
    case 2: size = decimal(line, value) ?? -1
    case 3: device = decimal(line, value) ?? -1
    case 4: id = hexadecimal(line, value)
    case 5: parent = hexadecimal(line, value)
    case 6, 7: split = decimal(line, value)
    default: color = decimal(line, value)
    }
  }
}
