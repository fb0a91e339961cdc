internal import Glibc

/// A contiguous window that slides over a source: the consumer parses what is there, says how much
/// it used, and the rest is carried over to the next fill.
///
/// To go on after a record that is longer than the window, ask for `available + 1` bytes or, when
/// its length is known, for that.
@safe public struct ByteWindow: ~Copyable {
  /// Offset in the decompressed stream of the window's first unread byte.
  public private(set) var position: Int64 = 0

  private let source: ByteSource
  private var buffer: UnsafeMutableRawBufferPointer
  private var lower = 0
  private var upper = 0

  /// A window that reads `chunkBytes` at a time and grows up to the source's limit when needed.
  public init(_ source: ByteSource, chunkBytes: Int = 4 << 20) {
    self.source = source
    let size = min(max(chunkBytes, 16), max(source.limits.maximumWindowBytes, 16))
    unsafe buffer = .allocate(byteCount: size, alignment: 64)
  }

  deinit { unsafe buffer.deallocate() }

  /// Unread bytes in the window.
  public var available: Int { upper - lower }

  /// Reads until the window holds `needed` unread bytes; false when fewer remain in the stream.
  ///
  /// Returns at once when they are there already. Throws `.limit` when `needed` is above the
  /// source's `maximumWindowBytes`. When the stream is damaged it throws and the window keeps the
  /// good bytes.
  public mutating func fill(atLeast needed: Int = 1) throws(ByteStreamError) -> Bool {
    guard needed > available else { return true }
    try makeRoom(for: needed)
    while available < needed {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[upper...])
      let count = unsafe try source.read(into: rest)
      if count == 0 { return false }
      upper += count
    }
    return true
  }

  /// Lends the unread bytes.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: buffer[lower..<upper])))
  }

  /// Marks the first `count` unread bytes as used; `count` is at most `available`.
  public mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= available, "more consumed than available")
    lower += count
    position += Int64(count)
  }

  /// Where the next `byte` is, counted from the first unread byte and searched from `start` on.
  ///
  /// nil when it is not among the unread bytes.
  package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start < available, let base = unsafe buffer.baseAddress else { return nil }
    guard let found = unsafe memchr(base + lower + start, Int32(byte), available - start) else {
      return nil
    }
    return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base + lower)
  }

  private mutating func makeRoom(for needed: Int) throws(ByteStreamError) {
    let limit = source.limits.maximumWindowBytes
    guard needed <= max(limit, 16) else {
      throw ByteStreamError(
        .limit, file: source.path, offset: source.compressedBytesRead,
        message: "a record at byte \(position) of the content claims \(needed) bytes, "
          + "above the limit of \(limit)",
        advice: "The file is probably damaged there.")
    }
    if unsafe needed > buffer.count {
      let size = unsafe min(max(needed, buffer.count * 2), max(limit, 16))
      let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
      unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[lower..<upper]))
      unsafe buffer.deallocate()
      unsafe buffer = unsafe larger
    } else if lower > 0 {
      let unread = unsafe UnsafeRawBufferPointer(rebasing: buffer[lower..<upper])
      unsafe buffer.copyMemory(from: unread)
    }
    upper -= lower
    lower = 0
  }
}
