internal import CZstd

/// Compresses many small pieces, each into a frame of its own, without starting libzstd anew.
@safe package final class ZstandardCompressor {
  private let context: OpaquePointer
  private let level: Int32

  package init(level: Int = 3) {
    guard let context = unsafe ZSTD_createCCtx() else {
      preconditionFailure("libzstd cannot start")
    }
    unsafe self.context = unsafe context
    self.level = Int32(clamping: level)
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  /// One frame, with its content size in the header and without a checksum.
  package func compress(_ bytes: [UInt8]) -> [UInt8] {
    let bound = ZSTD_compressBound(bytes.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      let size = unsafe bytes.withUnsafeBytes { source in
        unsafe ZSTD_compressCCtx(
          context, target.baseAddress, bound, source.baseAddress, source.count, level)
      }
      // libzstd fails here only when it is out of memory, as Swift's arrays do.
      precondition(ZSTD_isError(size) == 0, "libzstd cannot compress")
      count = size
    }
  }
}
