extension ByteSource {
  /// The first bytes of a file, decompressed, by which its format is recognised.
  ///
  /// A file that is damaged after its first bytes gives those; an error is thrown only when there
  /// are none. Standard input is refused: what is sniffed from a pipe is gone.
  public static func sniff(
    path: String, maximumBytes: Int = 64 << 10, limits: ByteLimits = .init()
  ) throws(ByteStreamError) -> [UInt8] {
    guard path != "-" else {
      throw ByteStreamError(
        .unavailable, file: "standard input",
        message: "cannot be looked at before it is read", advice: "Save it to a file first.")
    }
    let source = try ByteSource(path: path, limits: limits)
    var bytes = [UInt8](repeating: 0, count: maximumBytes)
    var filled = 0
    var failure: ByteStreamError?
    unsafe bytes.withUnsafeMutableBytes { buffer in
      do throws(ByteStreamError) {
        while filled < maximumBytes {
          let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
          let count = unsafe try source.read(into: rest)
          if count == 0 { break }
          filled += count
        }
      } catch {
        failure = error
      }
    }
    if filled == 0, let failure { throw failure }
    bytes.removeSubrange(filled...)
    return bytes
  }
}
