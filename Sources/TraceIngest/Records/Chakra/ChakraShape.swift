/// Whether bytes have the shape of a Chakra trace; only the encoding is looked at.
///
/// Length-delimited protobuf has no magic. So the first two messages are walked, field by field: the
/// metadata has fields 1 and 2, both of bytes; a node has those of its schema with their encodings.
enum ChakraShape {
  /// Wire types of protobuf.
  private static let (number, eightBytes, text, fourBytes) = (0, 1, 2, 5)

  /// Largest metadata that is read: it may hold a whole schedule as XML.
  static let metadataLimit = 64 << 20
  /// Largest node that is read: attributes and lists of what it waits for are short.
  static let nodeLimit = 1 << 20

  static func isTrace(_ start: [UInt8]) -> Bool {
    let bytes = unsafe start.span.bytes
    guard let first = length(bytes, at: 0), first.length <= metadataLimit else { return false }
    let isMetadata = { (field: Int, wire: Int) in (field == 1 || field == 2) && wire == text }
    guard fits(bytes, first, isMetadata) else { return false }
    let place = first.start + first.length
    // Metadata may fill all bytes that are looked at; a file of it alone is no trace.
    guard place < bytes.byteCount else { return first.length > 1 << 14 }
    guard let second = length(bytes, at: place), second.length > 0, second.length <= nodeLimit
    else { return false }
    return fits(bytes, second, isNode)
  }

  private static func isNode(_ field: Int, _ wire: Int) -> Bool {
    switch field {
    case 1, 3, 6, 7: wire == number
    case 4, 5: wire == number || wire == text
    case 2, 8, 9, 10, 11: wire == text
    default: false
    }
  }

  /// A message's length and where it starts; nil when no number stands there.
  static func length(_ bytes: RawSpan, at place: Int) -> (length: Int, start: Int)? {
    var value: UInt64 = 0
    for offset in 0..<10 where place + offset < bytes.byteCount {
      let byte = bytes.byte(at: place + offset)
      value |= UInt64(byte & 0x7F) << UInt64(7 * offset)
      if byte < 0x80 { return (Int(clamping: value), place + offset + 1) }
    }
    return nil
  }

  private static func fits(
    _ bytes: RawSpan, _ message: (length: Int, start: Int), _ isField: (Int, Int) -> Bool
  ) -> Bool {
    var place = message.start
    let end = message.start + message.length
    while place < end {
      // What is cut may fit.
      guard place < bytes.byteCount, let key = length(bytes, at: place) else {
        return end > bytes.byteCount
      }
      let wire = key.length & 7
      guard isField(key.length >> 3, wire) else { return false }
      place = key.start
      switch wire {
      case number:
        guard let value = length(bytes, at: place) else { return end > bytes.byteCount }
        place = value.start
      case eightBytes: place += 8
      case fourBytes: place += 4
      default:
        guard let value = length(bytes, at: place) else { return end > bytes.byteCount }
        guard value.length <= end - value.start else { return false }
        place = value.start + value.length
      }
    }
    return place == end
  }
}
