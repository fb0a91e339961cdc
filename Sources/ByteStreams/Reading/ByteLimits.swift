/// What an input may ask of memory before it is refused with a clear error.
///
/// The defaults are far above what real traces need and far below what harms a machine.
public struct ByteLimits: Sendable, Hashable {
  /// Largest contiguous piece that a `ByteWindow` holds: 64 MiB.
  public var maximumWindowBytes = 64 << 20
  /// Longest line of a text that is read, without its line end: 16 MiB.
  public var maximumLineBytes = 16 << 20
  /// Largest zstd window, as a power of two: 27 (128 MiB), what `zstd` itself accepts unasked.
  public var maximumZstandardWindowLog = 27
  /// Largest number of bytes that one compressed byte may become: 10,000.
  ///
  /// Deflate cannot pass 1,032; zstd can pass this only on constant input.
  public var maximumExpansion: Int64 = 10_000
  /// Decompressed bytes below which the expansion is not looked at: 1 GiB.
  public var expansionAllowance: Int64 = 1 << 30

  /// The defaults.
  public init() {}
}
