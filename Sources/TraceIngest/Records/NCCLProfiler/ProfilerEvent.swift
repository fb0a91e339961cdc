internal import TraceModel

/// One event of the dump that NCCL's example profiler writes.
struct ProfilerEvent {
  /// What the events say, by their category.
  enum Category { case group, message, collective, kernel, other }

  var category = Category.other
  /// True for the beginning of a span.
  var isBegin = false
  var operation = 0..<0
  /// Microseconds since the plugin started, in nanoseconds; 0 when it was not taken.
  var time: Int64 = 0
  var process: Int64 = -1
  var communicator: UInt64?
  var rank: Int64 = -1
  var peer: Int64 = -1
  var elements: Int64 = -1
  /// Bytes of an element; nil for an unknown type.
  var elementBytes: Int8?
  var sequence: Int64 = -1
  /// Nanoseconds of the GPU's own clock, or 0.
  var gpuStart: Int64 = 0
  var gpuStop: Int64 = 0
  /// The object has no member.
  var isEmpty = true

  private static let keys = JSONWords([
    "name", "cat", "ph", "ts", "pid", "CommHash", "Rank", "Peer", "Count", "Datatype", "SeqNum",
    "StartGpuClk", "StopGpuClk",
  ])
  private static let categories = JSONWords(["GROUP_API", "GROUP", "P2P", "COLL", "GPU"])
  private static let types = JSONWords([
    "ncclInt8", "ncclUint8", "ncclInt32", "ncclUint32", "ncclInt64", "ncclUint64", "ncclFloat16",
    "ncclFloat32", "ncclFloat64", "ncclBfloat16", "ncclFloat8e4m3", "ncclFloat8e5m2",
  ])

  /// Takes one member; false when a value that is needed cannot be read.
  mutating func take(_ text: RawSpan, key: Range<Int>, value: Range<Int>) -> Bool {
    isEmpty = false
    guard key.count <= PackedWord.capacity else { return true }
    let field = Self.keys.number(of: PackedWord(text, at: key.lowerBound, length: key.count))
    switch field {
    case 0: operation = value
    case 1: setCategory(Self.word(text, value, among: Self.categories))
    case 2: isBegin = value.count == 1 && text.byte(at: value.lowerBound) == UInt8(ascii: "b")
    case 3: return setTime(text, value)
    case 5: communicator = Self.unsigned(text, value)
    case 9:
      let number = Self.word(text, value, among: Self.types)
      elementBytes = number < 0 ? nil : NCCLDebugCall.typeBytes[number]
    case 4, 6, 7, 8, 10, 11, 12:
      guard let number = decimal(text, value) else { return false }
      set(field, number)
    default: break
    }
    return true
  }

  private mutating func set(_ field: Int, _ number: Int64) {
    switch field {
    case 4: process = number
    case 6: rank = number
    case 7: peer = number
    case 8: elements = number
    case 10: sequence = number
    case 11: gpuStart = number
    default: gpuStop = number
    }
  }

  private mutating func setCategory(_ number: Int) {
    switch number {
    case 0, 1: category = .group
    case 2: category = .message
    case 3: category = .collective
    case 4: category = .kernel
    default: category = .other
    }
  }

  private mutating func setTime(_ text: RawSpan, _ value: Range<Int>) -> Bool {
    var cursor = JSONCursor()
    let own = text.extracting(value)
    do throws(JSONDefect) {
      time = try cursor.nanosecondsOfMicroseconds(own)
      return cursor.position == own.byteCount
    } catch {
      return false
    }
  }

  private static func word(_ text: RawSpan, _ value: Range<Int>, among words: JSONWords) -> Int {
    value.count > PackedWord.capacity
      ? -1 : words.number(of: PackedWord(text, at: value.lowerBound, length: value.count))
  }

  /// A number of 64 bits without sign: hashes of communicators are above `Int64.max`.
  private static func unsigned(_ text: RawSpan, _ value: Range<Int>) -> UInt64? {
    if text.has("0x", at: value.lowerBound) { return hexadecimal(text, value) }
    guard !value.isEmpty, value.count <= 20 else { return nil }
    var number: UInt64 = 0
    for place in value {
      let digit = text.byte(at: place) &- UInt8(ascii: "0")
      let (tens, isBeyond) = number.multipliedReportingOverflow(by: 10)
      let (sum, isAbove) = tens.addingReportingOverflow(UInt64(digit))
      guard digit < 10, !isBeyond, !isAbove else { return nil }
      number = sum
    }
    return number
  }
}
