internal import CZlib
internal import CZstd

/// Compresses a stream piece by piece.
protocol StreamEncoder: AnyObject {
  /// The compressed bytes that `bytes` release; all of them when it is the last piece.
  func encode(_ bytes: [UInt8], isLast: Bool) -> [UInt8]
}

@safe package final class GzipEncoder: StreamEncoder {
  private let stream: UnsafeMutablePointer<z_stream>
  /// zlib counts the bytes of one call in 32 bits.
  private let largestSlice: Int

  package init(level: Int32, largestSlice: Int = 1 << 30) {
    self.largestSlice = largestSlice
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // 15 bits of window, + 16: a gzip header, with time 0.
    let status = unsafe mixtrace_deflateInit2(stream, level, 15 + 16)
    precondition(status == Z_OK, "zlib cannot start")
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  package func encode(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
    var encoded: [UInt8] = []
    var first = 0
    repeat {
      let end = min(first + largestSlice, bytes.count)
      encode(bytes[first..<end], isLast: isLast && end == bytes.count, into: &encoded)
      first = end
    } while first < bytes.count
    return encoded
  }

  private func encode(_ bytes: ArraySlice<UInt8>, isLast: Bool, into encoded: inout [UInt8]) {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    unsafe bytes.withUnsafeBufferPointer { source in
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(source.count)
      while true {
        let produced = unsafe piece.withUnsafeMutableBufferPointer { target in
          unsafe stream.pointee.next_out = target.baseAddress
          unsafe stream.pointee.avail_out = UInt32(target.count)
          unsafe deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
          return unsafe target.count - Int(stream.pointee.avail_out)
        }
        encoded += piece[..<produced]
        // Room that was left says that zlib has nothing more to give.
        if produced < piece.count { break }
      }
    }
  }
}

@safe final class ZstandardEncoder: StreamEncoder {
  private let context: OpaquePointer

  init(level: Int32) {
    guard let context = unsafe ZSTD_createCCtx() else {
      preconditionFailure("libzstd cannot start")
    }
    unsafe self.context = unsafe context
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  func encode(_ bytes: [UInt8], isLast: Bool) -> [UInt8] {
    var encoded: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    unsafe bytes.withUnsafeBytes { source in
      var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
      while true {
        var remaining = 0
        let produced = unsafe piece.withUnsafeMutableBytes { target in
          var output = unsafe ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
          remaining = unsafe ZSTD_compressStream2(
            context, &output, &input, isLast ? ZSTD_e_end : ZSTD_e_continue)
          return unsafe output.pos
        }
        precondition(ZSTD_isError(remaining) == 0, "libzstd cannot compress")
        encoded += piece[..<produced]
        if unsafe isLast ? remaining == 0 : input.pos == input.size { break }
      }
    }
    return encoded
  }
}
