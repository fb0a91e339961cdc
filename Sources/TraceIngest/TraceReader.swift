public import TraceModel

/// One input format: how to recognise it and how to read it.
///
/// Adding a format is one file that conforms to this, one line in `TraceReaderCatalogue`, one
/// sample among the tests.
public protocol TraceReader: Sendable {
  /// The format's name in messages, "packet capture (pcap, pcapng, ERF)".
  static var formatName: String { get }

  /// True when a tar archive of such files is read too.
  static var readsArchives: Bool { get }

  /// True when a file that starts with these bytes (decompressed, up to 64 KiB) is of this format.
  static func recognises(start: [UInt8], fileName: String) -> Bool

  /// Reads files of this format as one trace and says what it found.
  ///
  /// Peak memory depends on open flows and ranks, never on the length of the input.
  static func read(
    paths: [String], options: IngestOptions, into sink: inout some TraceSink
  ) throws -> IngestSummary
}

extension TraceReader {
  public static var readsArchives: Bool { false }
}

/// What the user asked of a reader.
public struct IngestOptions: Sendable {
  /// Declared layout, or nil to derive servers from the input.
  public var layout: Layout?
  /// Declared model: what turns routing into bytes.
  public var model: ExpertModel?
  /// libpcap filter expression; packets that do not match are skipped and counted.
  public var captureFilter: String?
  /// Idle time after which a TCP connection's bytes begin a new message.
  public var idleGapNanoseconds: Int64 = 1_000_000
  /// False to take every packet of a capture with all care, as tests do to compare.
  package var takesShortWay = true
  /// Queue pairs beyond which those that are idle longest are closed, so that memory stays bounded.
  package var maximumQueuePairs = 1 << 19
  /// The same for directions of TCP connections, and for pairs of datagram queue pairs.
  package var maximumConnections = 1 << 18
  package var maximumDatagramPairs = 1 << 17
  /// False to read captures of several places on one thread, as tests do to compare.
  package var usesThreads = true
  /// Messages that wait to be compared with those of other captures; beyond, the oldest go on.
  package var maximumHeldMessages = 1 << 18
  /// Called now and then with decompressed bytes read, bytes on disk read and bytes on disk.
  public var progress: (@Sendable (IngestProgress) -> Void)?

  public init(layout: Layout? = nil, model: ExpertModel? = nil, captureFilter: String? = nil) {
    self.layout = layout
    self.model = model
    self.captureFilter = captureFilter
  }
}

/// How far a reader has come.
public struct IngestProgress: Sendable {
  public var file: String
  public var bytesRead: Int64
  /// Total size on disk, or nil for a pipe.
  public var byteCount: Int64?
  /// Units (packets, lines) read so far.
  public var units: Int64
  public var unitName: String

  public init(file: String, bytesRead: Int64, byteCount: Int64?, units: Int64, unitName: String) {
    self.file = file
    self.bytesRead = bytesRead
    self.byteCount = byteCount
    self.units = units
    self.unitName = unitName
  }
}

/// What a reader learned besides rows.
public struct IngestSummary: Sendable {
  /// The layout to store: the declared one, completed, or one inferred from the input.
  public var layout: Layout?
  public var routingUnit: RoutingUnit?
  public var sources: [TraceMetadata.Source] = []
  public var ledgers: [Ledger] = []
  public var provenance: [String: Provenance] = [:]
  public var notes: [String] = []
  /// Packets of captures that were taken the short way, for tests: both ways give the same.
  package var shortWayPackets: Int64 = 0

  public init() {}
}
