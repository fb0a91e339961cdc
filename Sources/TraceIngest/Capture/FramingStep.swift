internal import PacketFormats

/// Where one captured packet lies in the window of bytes that is being parsed.
struct CapturedPacket {
  /// Nanoseconds since 1970.
  var time: Int64
  /// First byte of the packet, counted from the start of the window.
  var offset: Int
  var capturedByteCount: Int
  var wireByteCount: Int
  /// Index into the framing's `interfaces`.
  var interface: Int
  /// False for the record kinds that store no time, and for clocks that cannot be read.
  var hasTime = true
}

/// What stands at one position of a capture file.
enum FramingStep {
  case packet(CapturedPacket, recordByteCount: Int)
  /// Something that is no packet; its bytes need not be in the window.
  case other(byteCount: Int)
  /// The start of a section: interfaces are numbered anew.
  case section(byteCount: Int)
  /// A packet whose record contradicts itself, in a file that can be read on after it.
  case malformed(SkipReason, recordByteCount: Int)
  /// The record is not whole in the window; this many bytes from its start are needed next.
  case needsMore(byteCount: Int)
  case damaged(CaptureDamage)
}

/// Why a capture file cannot be read on from some position.
enum CaptureDamage: UInt8, Sendable {
  case packetLength
  case blockLength
  case blockTrailer
  case byteOrder
  case recordLength
  case interfaceCount

  /// The end of "at byte N …".
  var sentence: String {
    switch self {
    case .packetLength:
      "a packet record claims more than \(CaptureLimits.maximumPacketByteCount) bytes"
    case .blockLength: "a block has an impossible length"
    case .blockTrailer: "the two lengths of a block disagree"
    case .byteOrder: "a section header has no byte-order mark"
    case .recordLength: "an ERF record has an impossible length"
    case .interfaceCount: "more interfaces are described than any machine has"
    }
  }
}

/// What no real capture exceeds; beyond these a length is damage.
enum CaptureLimits {
  /// As in libpcap and Wireshark.
  static let maximumPacketByteCount = 262_144
  /// What a packet may claim to have been on the wire: the largest that NICs hand over uncut.
  static let maximumWireByteCount = 1 << 24
  /// A packet block: the packet, its header and generous options.
  static let maximumPacketBlockByteCount = 1 << 20
  /// A block that describes an interface or a section.
  static let maximumDescriptionByteCount = 1 << 20
  static let maximumInterfaceCount = 65_536
  /// Bytes that are kept of an interface's name: there may be many of them, and Linux has 15.
  static let maximumNameByteCount = 256
}

/// One interface of a capture: what its packets begin with and how its times are counted.
struct CaptureInterface {
  /// LINKTYPE number as the file has it.
  var linkTypeNumber: UInt32
  /// Nil when packets of this link type are not decoded.
  var linkType: LinkType?
  var snapLength: Int
  /// What the system calls it, where the file says; its first bytes when it is long.
  var name: String?
  /// Nil when it counts in a unit that 64 bits cannot hold.
  var clock: CaptureClock? = .microseconds

  init(linkTypeNumber: UInt32, snapLength: Int) {
    self.linkTypeNumber = linkTypeNumber
    // Old files have the number that Linux and BSD systems use for raw IP inside.
    let number = linkTypeNumber == 12 || linkTypeNumber == 14 ? 101 : linkTypeNumber
    linkType = LinkType(rawValue: number)
    self.snapLength = snapLength
  }
}
