internal import CZstd

/// One-shot zstd frames, for containers that compress block by block.
public enum Zstandard {
  /// One frame, with its content size in the header and without a checksum.
  package static func compress(_ bytes: [UInt8], level: Int = 3) -> [UInt8] {
    let bound = ZSTD_compressBound(bytes.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      let size = unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_compress(
          target.baseAddress, bound, source.baseAddress, source.count, Int32(clamping: level))
      }
      // libzstd fails here only when it is out of memory, as Swift's arrays do.
      precondition(ZSTD_isError(size) == 0, "libzstd cannot compress")
      count = size
    }
  }

  /// The content of one frame whose size is known from elsewhere.
  ///
  /// Throws when the frame is damaged or holds another number of bytes. `expectedByteCount` must
  /// have been checked against a limit: that much memory is allocated.
  package static func decompress(
    _ frame: RawSpan, expectedByteCount: Int
  ) throws(ByteStreamError) -> [UInt8] {
    var result = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: expectedByteCount) { target, count in
      result = unsafe frame.withUnsafeBytes { source in
        unsafe ZSTD_decompress(
          target.baseAddress, expectedByteCount, source.baseAddress, source.count)
      }
      count = ZSTD_isError(result) == 0 ? result : 0
    }
    guard ZSTD_isError(result) == 0 else {
      throw ByteStreamError(
        .corrupt, file: "zstd frame", message: unsafe String(cString: ZSTD_getErrorName(result)))
    }
    guard bytes.count == expectedByteCount else {
      throw ByteStreamError(
        .corrupt, file: "zstd frame",
        message: "holds \(bytes.count) bytes where \(expectedByteCount) were announced")
    }
    return bytes
  }
}
