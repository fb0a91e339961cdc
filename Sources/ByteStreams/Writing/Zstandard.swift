internal import CZstd

/// One-shot zstd frames, for containers that compress block by block.
public enum Zstandard {
  /// One frame, with its content size in the header and without a checksum.
  package static func compress(_ bytes: [UInt8], level: Int = 3) -> [UInt8] {
    ZstandardCompressor(level: level).compress(bytes)
  }

  /// The content of one frame whose size is known from elsewhere, and `padding` zeros behind it.
  ///
  /// Throws when the frame is damaged or holds another number of bytes. `expectedByteCount` must
  /// have been checked against a limit: that much memory is allocated.
  package static func decompress(
    _ frame: RawSpan, expectedByteCount: Int, padding: Int = 0
  ) throws(ByteStreamError) -> [UInt8] {
    var result = 0
    let capacity = expectedByteCount + padding
    var bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
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
    for _ in 0..<padding { bytes.append(0) }
    return bytes
  }
}
