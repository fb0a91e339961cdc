internal import PacketFormats
internal import TraceModel

/// What is the same for all files of one vantage: the filter and the messages under way.
struct CapturePipeline {
  private let filter: CaptureFilter?
  private let takesShortWay: Bool
  private(set) var assembler: MessageAssembler
  /// Finished messages that no sink has yet.
  var messages: AssembledMessages
  private var summary = PacketSummary()

  /// - Parameter keepsPlaces: whether messages will be compared with those of other vantages.
  init(options: IngestOptions, keepsPlaces: Bool = false) throws(IngestError) {
    messages = AssembledMessages(keepsPlaces: keepsPlaces)
    let declared = options.layout?.addresses ?? []
    let addresses =
      declared.isEmpty ? AddressTable() : try AddressTable(declared: declared)
    assembler = MessageAssembler(
      addresses: addresses, options: options)
    if let expression = options.captureFilter {
      filter = try CaptureFilter(expression)
    } else {
      filter = nil
    }
    takesShortWay = options.takesShortWay && filter == nil
  }

  /// How packets of an interface are treated.
  struct Route {
    var linkType: LinkType?
    var linkTypeNumber: UInt32
    var filterProgram: Int?
    /// True when there is a filter that libpcap cannot apply to this link type.
    var isUnfilterable = false
  }

  func route(for interface: CaptureInterface) -> Route {
    let number = interface.linkType?.rawValue ?? interface.linkTypeNumber
    var route = Route(linkType: interface.linkType, linkTypeNumber: number)
    if let filter, interface.linkType != nil {
      route.filterProgram = try? filter.program(for: number)
      route.isUnfilterable = route.filterProgram == nil
    }
    return route
  }

  /// Takes packets of the common kind; nil when the first one is of another.
  mutating func takePlain(
    _ bytes: RawSpan, _ stretch: PlainStretch, _ framing: inout CaptureFraming,
    _ counts: inout PacketCounts
  ) -> PlainStretch? {
    guard takesShortWay else { return nil }
    var stretch = stretch
    assembler.takePlain(bytes, &stretch, &framing, &counts, into: &messages)
    return stretch.lastTime == nil ? nil : stretch
  }

  /// Takes one captured packet and counts what became of it.
  @inline(__always)
  mutating func accept(
    _ packet: CapturedPacket, in bytes: RawSpan, route: Route, position: Int64,
    counts: inout PacketCounts
  ) {
    guard let linkType = route.linkType else {
      return counts.countStrangeLinkType(
        route.linkTypeNumber, .unsupportedLinkType, position: position)
    }
    if route.isUnfilterable {
      return counts.countStrangeLinkType(
        route.linkTypeNumber, .unfilteredLinkType, position: position)
    }
    let content = bytes.extracting(packet.offset..<packet.offset + packet.capturedByteCount)
    if !packet.hasTime { counts.countWithoutTime() }
    if let filter, let program = route.filterProgram,
      !filter.matches(content, wireByteCount: packet.wireByteCount, program: program)
    {
      return counts.count(.doesNotMatchFilter, position: position)
    }
    let skip = decodePacket(
      content, wireByteCount: packet.wireByteCount, linkType: linkType, into: &summary)
    if let reason = skip ?? assembler.accept(summary, time: packet.time, into: &messages) {
      if reason == .cutByCapture || reason == .rdmaCutByCapture {
        return counts.countCut(reason, position: position, needed: summary.neededByteCount)
      }
      counts.count(reason, position: position)
    } else {
      counts.countUsed()
    }
  }

  /// Closes what is open at the end of all files.
  mutating func finish() { assembler.finish(into: &messages) }
}
