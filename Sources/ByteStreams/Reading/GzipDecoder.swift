internal import CZlib

/// Inflates a gzip file of one or more members; zero padding behind the last one is ignored.
@safe final class GzipDecoder {
  private enum Place { case member, between, padding, ended }

  private let file: InputFile
  private let stream: UnsafeMutablePointer<z_stream>
  private var place = Place.member

  init(_ file: InputFile) throws(ByteStreamError) {
    self.file = file
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 bits of window, + 16: a gzip header is expected, not zlib's.
    guard unsafe mixtrace_inflateInit2(stream, 15 + 16) == Z_OK else {
      throw ByteStreamError(.system, file: file.path, message: "zlib cannot start")
    }
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Inflates at least one byte; 0 at the end.
  ///
  /// What was inflated before damage is returned first:
  /// the same damage is met again by the next call.
  func read(into target: UnsafeMutableRawBufferPointer) throws(ByteStreamError) -> Int {
    while place != .ended {
      if unsafe file.unread.isEmpty, try !file.refill() { try end() }
      switch place {
      case .ended: return 0
      case .between: try beginMember()
      case .padding: try skipPadding()
      case .member:
        let produced = unsafe try inflateSome(into: target)
        if produced > 0 { return produced }
      }
    }
    return 0
  }

  private func end() throws(ByteStreamError) {
    guard place == .member else {
      place = .ended
      return
    }
    throw ByteStreamError(
      .truncated, file: file.path, offset: file.position,
      message: "the gzip stream ends before its last block",
      advice: "The file was cut short; copy it again, or use what could be read.")
  }

  private func beginMember() throws(ByteStreamError) {
    switch unsafe file.unread.first {
    case 0: place = .padding
    case 0x1F:
      unsafe inflateReset(stream)
      place = .member
    default: throw damage("something other than gzip follows the stream")
    }
  }

  private func skipPadding() throws(ByteStreamError) {
    let zeros = unsafe file.unread.firstIndex { $0 != 0 } ?? file.unread.count
    file.consume(zeros)
    if unsafe !file.unread.isEmpty { throw damage("something other than gzip follows the stream") }
  }

  private func inflateSome(
    into target: UnsafeMutableRawBufferPointer
  ) throws(ByteStreamError) -> Int {
    let input = unsafe file.unread
    let room = UInt32(clamping: target.count)
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
    unsafe stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = room
    let status = unsafe inflate(stream, Z_NO_FLUSH)
    file.consume(unsafe input.count - Int(stream.pointee.avail_in))
    let produced = unsafe Int(room - stream.pointee.avail_out)
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: place = .between
    default:
      if produced > 0 { return produced }
      throw damage(unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "zlib \(status)")
    }
    return produced
  }

  private func damage(_ words: String) -> ByteStreamError {
    ByteStreamError(
      .corrupt, file: file.path, offset: file.position,
      message: "the gzip stream is damaged: \(words)",
      advice: "Copy the file again, or use what could be read.")
  }
}
