internal import PacketFormats
internal import TraceModel

/// The container of a capture file, recognised by its first bytes.
struct CaptureFraming {
  private enum Format {
    case pcap(PcapFraming)
    case pcapng
    case erf(ERFFraming)
  }

  private let format: Format
  private var pcapng: PcapngFraming?
  private var onlyInterface: [CaptureInterface] = []
  /// Bytes at the start of the file that are no records.
  let headerByteCount: Int

  /// Nil when the bytes begin no capture file.
  ///
  /// Needs the first 24 bytes, or all that there are.
  init?(_ bytes: RawSpan, fileName: String) {
    if let pcap = PcapFraming(bytes) {
      format = .pcap(pcap)
      headerByteCount = PcapFraming.headerByteCount
      var interface = CaptureInterface(
        linkTypeNumber: pcap.linkTypeNumber, snapLength: pcap.snapLength)
      interface.clock = pcap.isNanosecond ? .nanoseconds : .microseconds
      onlyInterface = [interface]
    } else if let pcapng = PcapngFraming(bytes) {
      format = .pcapng
      self.pcapng = pcapng
      headerByteCount = 0
    } else if let erf = ERFFraming(bytes, fileName: fileName) {
      format = .erf(erf)
      headerByteCount = 0
      onlyInterface = [
        CaptureInterface(linkTypeNumber: LinkType.erf.rawValue, snapLength: Int(UInt16.max))
      ]
    } else {
      return nil
    }
  }

  /// True when the bytes begin like a pcap or pcapng file and end inside its header.
  static func isCut(_ bytes: RawSpan) -> Bool {
    guard bytes.byteCount >= 4 else { return false }
    switch bytes.uint32(at: 0) {
    case 0xA1B2_C3D4, 0xA1B2_3C4D, 0xD4C3_B2A1, 0x4D3C_B2A1:
      return bytes.byteCount < PcapFraming.headerByteCount
    case PcapngFraming.sectionHeader: return bytes.byteCount < 12
    default: return false
    }
  }

  /// The format's name, "pcap (nanoseconds)".
  var name: String {
    switch format {
    case .pcap(let pcap): pcap.isNanosecond ? "pcap (nanoseconds)" : "pcap (microseconds)"
    case .pcapng: "pcapng"
    case .erf: "ERF"
    }
  }

  /// The interfaces that are known so far.
  var interfaces: [CaptureInterface] { pcapng?.interfaces ?? onlyInterface }

  /// The interface that a packet's number stands for.
  func interface(_ number: Int) -> CaptureInterface {
    pcapng?.interfaces[number] ?? onlyInterface[0]
  }

  @inline(__always)
  mutating func next(_ bytes: RawSpan, at offset: Int) -> FramingStep {
    switch format {
    case .pcap(let pcap): pcap.next(bytes, at: offset)
    case .pcapng: pcapng?.next(bytes, at: offset) ?? .damaged(.byteOrder)
    case .erf(let erf): erf.next(bytes, at: offset)
    }
  }

  /// Where reading can go on after damage at the start of `bytes`, or nil.
  func resynchronised(_ bytes: RawSpan, near time: Int64?) -> Int? {
    switch format {
    case .pcap(let pcap): pcap.resynchronised(bytes, from: 1, near: time)
    case .pcapng: pcapng?.resynchronised(bytes, from: 1)
    case .erf: nil
    }
  }
}

// MARK: - The common kind of packet

extension CaptureFraming {
  /// Takes packets for as long as they are of the common kind; see `takePlainPackets`.
  mutating func takePlain(
    _ bytes: RawSpan, _ stretch: inout PlainStretch, _ queuePairs: inout QueuePairAssembler,
    counts: inout PacketCounts, into messages: inout AssembledMessages
  ) {
    switch format {
    case .pcap(let pcap):
      guard onlyInterface[0].linkType == .ethernet else { return }
      // The byte order is a constant in each of the two loops.
      switch pcap.order {
      case .little:
        var records = PlainPcapRecords(pcap, order: .little)
        takePlainPackets(
          bytes, &records, &stretch, &queuePairs, counts: &counts, into: &messages)
      case .big:
        var records = PlainPcapRecords(pcap, order: .big)
        takePlainPackets(
          bytes, &records, &stretch, &queuePairs, counts: &counts, into: &messages)
      }
    case .pcapng:
      guard let section = pcapng, section.isAllEthernet else { return }
      switch section.order {
      case .little:
        var records = PlainPcapngRecords(section, order: .little)
        takePlainPackets(
          bytes, &records, &stretch, &queuePairs, counts: &counts, into: &messages)
      case .big:
        var records = PlainPcapngRecords(section, order: .big)
        takePlainPackets(
          bytes, &records, &stretch, &queuePairs, counts: &counts, into: &messages)
      }
      if let time = stretch.lastTime { pcapng?.lastTime = time }
    case .erf: return
    }
  }
}
