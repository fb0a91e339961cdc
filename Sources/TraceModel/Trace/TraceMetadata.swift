/// Everything about a trace that is not a row: where it came from and what was declared for it.
public struct TraceMetadata: Sendable, Hashable, Codable {
  /// The program and version that wrote the file.
  public var writtenBy: String
  public var layout: Layout
  public var model: ExpertModel?
  public var routingUnit: RoutingUnit?
  public var sources: [Source]
  /// Column name ("operations.layer", "transfers.bytes", …) → where its values come from.
  public var provenance: [String: Provenance]
  public var ledgers: [Ledger]
  /// Things that a reader of results must know ("two runs appended: 2,579 duplicate keys").
  public var notes: [String]

  /// One input file.
  public struct Source: Sendable, Hashable, Codable {
    /// File name without its folder: paths of a machine stay on it.
    public var name: String
    /// Format and compression, "pcap (nanoseconds), zstd".
    public var format: String
    /// Bytes on disk.
    public var bytes: Int64

    public init(name: String, format: String, bytes: Int64) {
      self.name = name
      self.format = format
      self.bytes = bytes
    }
  }

  public init(
    writtenBy: String = "mixtrace", layout: Layout, model: ExpertModel? = nil,
    routingUnit: RoutingUnit? = nil, sources: [Source] = [],
    provenance: [String: Provenance] = [:], ledgers: [Ledger] = [], notes: [String] = []
  ) {
    self.writtenBy = writtenBy
    self.layout = layout
    self.model = model
    self.routingUnit = routingUnit
    self.sources = sources
    self.provenance = provenance
    self.ledgers = ledgers
    self.notes = notes
  }
}
