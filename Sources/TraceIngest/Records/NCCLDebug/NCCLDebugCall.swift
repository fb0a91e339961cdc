internal import TraceModel

/// A line of NCCL's log that tells a call:
/// `Send: opCount 5e sendbuff (nil) recvbuff 0x7f… count 96 datatype 9 op 0 root 3 comm 0x55… [nranks=8] stream 0x…`.
///
/// So it is written from NCCL 2.8 to 2.30 (enqueue.cc); RCCL adds `acc` and `task … globalrank …`,
/// where the latter is the caller's rank in the communicator. Numbers of calls are hexadecimal. The
/// root of a Send or Recv is its peer.
struct NCCLDebugCall {
  var kind = CommsKind.send
  var sequence: Int64 = -1
  var elements: Int64 = -1
  var type: Int64 = -1
  var root: Int64 = -1
  var communicator: UInt64 = 0
  var size: Int64 = -1
  /// The caller's rank in the communicator where the line says it, else −1.
  var rank: Int64 = -1

  private static let names = JSONWords([
    "Send", "Recv", "AllReduce", "AllGather", "ReduceScatter", "Broadcast", "Reduce", "AlltoAll",
    "AllToAll", "Gather", "Scatter",
  ])
  private static let kinds: [CommsKind] = [
    .send, .receive, .allReduce, .allGather, .reduceScatter, .broadcast, .reduce, .allToAll,
    .allToAll, .gather, .scatter,
  ]
  private static let fields = JSONWords([
    "opCount", "count", "datatype", "root", "comm", "globalrank",
  ])

  /// Bytes of an element by number of its type (`ncclDataType_t`: int8, uint8, int32, uint32, int64,
  /// uint64, float16, float32, float64, bfloat16, float8e4m3, float8e5m2).
  static let typeBytes: [Int8] = [1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1]

  /// What begins where a line's own words do.
  enum Reading {
    case call(NCCLDebugCall)
    case noCall
    case reason(NCCLDebugReason)
  }

  /// - Parameter start: where the line's own words begin, behind the mark.
  static func read(_ line: RawSpan, from start: Int) -> Reading {
    var place = start
    guard let name = nextWord(line, &place), name.count > 1,
      line.byte(at: name.upperBound - 1) == UInt8(ascii: ":"),
      line.has(" opCount ", at: name.upperBound)
    else { return .noCall }
    let length = name.count - 1
    guard length <= PackedWord.capacity else { return .reason(.unknownOperation) }
    let number = names.number(of: PackedWord(line, at: name.lowerBound, length: length))
    guard number >= 0 else { return .reason(.unknownOperation) }
    var call = NCCLDebugCall()
    call.kind = kinds[number]
    guard call.readFields(line, from: place), call.isWhole else { return .reason(.withoutFields) }
    return call.defect.map { .reason($0) } ?? .call(call)
  }

  private mutating func readFields(_ line: RawSpan, from start: Int) -> Bool {
    var place = start
    while let word = nextWord(line, &place) {
      if line.byte(at: word.lowerBound) == UInt8(ascii: "[") {
        // NCCL writes nothing else in brackets; a cut number lacks its bracket.
        guard line.has("[nranks=", at: word.lowerBound),
          line.byte(at: word.upperBound - 1) == UInt8(ascii: "]"),
          let ranks = decimal(line, word.lowerBound + 8..<word.upperBound - 1)
        else { return false }
        size = ranks
        continue
      }
      guard word.count <= PackedWord.capacity else { continue }
      let field = Self.fields.number(of: PackedWord(line, at: word.lowerBound, length: word.count))
      guard field >= 0 else { continue }
      // What is cut here is behind all that is needed.
      guard let value = nextWord(line, &place) else { return field == 5 }
      guard set(field, line, value) else { return false }
    }
    return true
  }

  private mutating func set(_ field: Int, _ line: RawSpan, _ value: Range<Int>) -> Bool {
    switch field {
    case 0:
      guard let number = hexadecimal(line, value).flatMap({ Int64(exactly: $0) }),
        number < 1 << 40
      else { return false }
      sequence = number
    case 4:
      guard let pointer = hexadecimal(line, value) else { return false }
      communicator = pointer
    default:
      guard let number = decimal(line, value) else { return false }
      switch field {
      case 1: elements = number
      case 2: type = number
      case 3: root = number
      default: rank = number
      }
    }
    return true
  }

  private var isWhole: Bool {
    sequence >= 0 && elements >= 0 && type >= 0 && communicator != 0 && size >= 0
      && (root >= 0 || !kind.namesAnotherRank)
  }

  private var defect: NCCLDebugReason? {
    guard Self.typeBytes.indices.contains(Int(type)) else { return .unknownType }
    guard elements <= CommsCall.elementLimit else { return .tooManyElements }
    guard (1...CommsGroup.sizeLimit).contains(size), !kind.namesAnotherRank || root < size else {
      return .peerOutside
    }
    return nil
  }
}
