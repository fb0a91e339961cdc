public import TraceModel

/// An open trace file, format `.mixt`.
///
/// Copies share the open file; any thread may read.
///
/// A file without a whole index (its writer was stopped, or it was cut) is scanned once for its
/// whole blocks: `isSalvaged` is then true and `losses` say what is missing.
public struct TraceFile: Sendable {
  /// The last metadata that was written.
  public let metadata: TraceMetadata
  /// True when the blocks were found by scanning the file.
  public let isSalvaged: Bool
  /// What could not be read and is left out, in file order; empty for a whole file.
  public let losses: [TraceFileLoss]
  /// The blocks, in file order.
  public let blocks: [BlockEntry]

  let store: BlockStore

  /// Opens a file and reads its index and metadata, or salvages what is whole.
  ///
  /// - Parameter verifying: scans the file even when its index is whole, so that blocks with wrong
  ///   checksums are left out and reported in `losses` instead of failing when they are read. Reads
  ///   the whole file once.
  public init(path: String, verifying: Bool = false) throws(TraceFormatError) {
    let store = try BlockStore(path: path)
    let headerIsWhole = try Self.checkHeader(store)
    if !verifying, headerIsWhole, let blocks = try BlockIndex.read(store),
      let metadata = try? Self.metadata(of: blocks, in: store)
    {
      self.init(
        metadata: metadata, isSalvaged: false, losses: [], blocks: blocks, store: store)
      return
    }
    let index = try BlockIndex.read(store)
    let scan = try BlockScan(store)
    var losses = scan.losses
    if !headerIsWhole {
      losses.insert(
        TraceFileLoss(
          offset: 0, byteCount: Int64(FileFrame.headerByteCount),
          message: "the file's header is damaged"), at: 0)
    }
    self.init(
      metadata: try Self.metadata(of: scan.entries, in: store),
      isSalvaged: index == nil || !losses.isEmpty, losses: losses, blocks: scan.entries,
      store: store)
  }

  private init(
    metadata: TraceMetadata, isSalvaged: Bool, losses: [TraceFileLoss], blocks: [BlockEntry],
    store: BlockStore
  ) {
    self.metadata = metadata
    self.isSalvaged = isSalvaged
    self.losses = losses
    self.blocks = blocks
    self.store = store
  }

  /// True when a file that starts with these bytes is a `.mixt` file, perhaps of another version.
  public static func recognises(start: [UInt8]) -> Bool { start.starts(with: FileFrame.magic) }

  /// False when the magic is there and the rest of the header is damaged.
  private static func checkHeader(_ store: BlockStore) throws(TraceFormatError) -> Bool {
    let header = try store.read(at: 0, count: FileFrame.headerByteCount)
    guard header.starts(with: FileFrame.magic) else {
      throw TraceFormatError(
        .notATrace, file: store.path, offset: 0, message: "is not a .mixt file",
        advice: "Make one from it with `mixtrace ingest`.")
    }
    if header == FileFrame.header { return true }
    guard header.count == FileFrame.headerByteCount, FileFrame.isChecked(header) else {
      return false
    }
    let version = header.littleEndian(at: 8, as: UInt16.self)
    throw TraceFormatError(
      .version, file: store.path, offset: 8,
      message: "is of version \(version) of the format; this program reads \(FileFrame.version)",
      advice: "Read it with the mixtrace that wrote it, or a newer one.")
  }

  /// The last metadata block that can be read.
  private static func metadata(
    of blocks: [BlockEntry], in store: BlockStore
  ) throws(TraceFormatError) -> TraceMetadata {
    guard let entry = blocks.last(where: { $0.kind == .metadata }) else {
      throw TraceFormatError(
        .damaged, file: store.path, message: "holds no whole metadata block",
        advice: "It was cut before its first block; nothing can be salvaged.")
    }
    let content = try store.content(of: entry)
    return try store.checking(entry) { () throws(ContentDecoder.Defect) in
      try MetadataContent.decode(content)
    }
  }
}
