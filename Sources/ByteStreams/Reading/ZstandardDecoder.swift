internal import CZstd

/// Decodes a zstd file of one or more frames; skippable frames are skipped.
@safe final class ZstandardDecoder {
  private let file: InputFile
  private let context: OpaquePointer
  /// Bytes that libzstd wants next; 0 between frames.
  private var wanted = 0
  /// libzstd may hold decoded bytes that did not fit the caller's buffer.
  private var mayHoldOutput = false
  private var hasEnded = false

  init(_ file: InputFile, limits: ByteLimits) throws(ByteStreamError) {
    guard let context = unsafe ZSTD_createDCtx() else {
      throw ByteStreamError(.system, file: file.path, message: "libzstd cannot start")
    }
    self.file = file
    unsafe self.context = unsafe context
    unsafe ZSTD_DCtx_setParameter(
      context, ZSTD_d_windowLogMax, Int32(clamping: limits.maximumZstandardWindowLog))
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  /// Decodes at least one byte; 0 at the end.
  ///
  /// Damage throws when nothing good is left before it.
  func read(into target: UnsafeMutableRawBufferPointer) throws(ByteStreamError) -> Int {
    while !hasEnded {
      if unsafe file.unread.isEmpty, !mayHoldOutput, try !file.refill() { try end() }
      if hasEnded { break }
      let produced = unsafe try decodeSome(into: target)
      if produced > 0 { return produced }
    }
    return 0
  }

  private func end() throws(ByteStreamError) {
    hasEnded = true
    guard wanted > 0 else { return }
    throw ByteStreamError(
      .truncated, file: file.path, offset: file.position,
      message: "the zstd stream ends in the middle of a frame",
      advice: "The file was cut short; copy it again, or use what could be read.")
  }

  /// One step of libzstd.
  ///
  /// It is given no more than the bytes of one block: when a block is damaged
  /// libzstd does not say how much it had decoded before in the same step.
  private func decodeSome(
    into target: UnsafeMutableRawBufferPointer
  ) throws(ByteStreamError) -> Int {
    let unread = unsafe file.unread
    let step = min(unread.count, wanted > 0 ? wanted : Self.startOfFrame)
    var input = unsafe ZSTD_inBuffer(src: unread.baseAddress, size: step, pos: 0)
    var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
    let result = unsafe ZSTD_decompressStream(context, &output, &input)
    if ZSTD_isError(result) != 0 {
      throw unsafe damage(String(cString: ZSTD_getErrorName(result)), ZSTD_getErrorCode(result))
    }
    file.consume(unsafe input.pos)
    wanted = result
    mayHoldOutput = unsafe result > 0 && output.pos == output.size
    return unsafe output.pos
  }

  /// What libzstd asks for before it knows a frame's header.
  private static let startOfFrame = 5

  private func damage(_ words: String, _ code: ZSTD_ErrorCode) -> ByteStreamError {
    if code == ZSTD_error_frameParameter_windowTooLarge {
      return ByteStreamError(
        .limit, file: file.path, offset: file.position,
        message: "the zstd frame needs a larger window than is allowed",
        advice: "Decompress it with `zstd -d --long=31` first.")
    }
    if code == ZSTD_error_prefix_unknown {
      return ByteStreamError(
        .corrupt, file: file.path, offset: file.position,
        message: "something other than zstd follows the stream",
        advice: "Copy the file again, or use what could be read.")
    }
    return ByteStreamError(
      .corrupt, file: file.path, offset: file.position,
      message: "the zstd stream is damaged: \(words)",
      advice: "Copy the file again, or use what could be read.")
  }
}
