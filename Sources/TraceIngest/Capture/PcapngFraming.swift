internal import PacketFormats

/// The pcapng file: sections of blocks, each with its length before and after it.
///
/// Specified in draft-ietf-opsawg-pcapng. Blocks of unknown type are passed over.
struct PcapngFraming {
  static let sectionHeader: UInt32 = 0x0A0D_0D0A
  private static let interfaceDescription: UInt32 = 1
  private static let oldPacket: UInt32 = 2
  private static let simplePacket: UInt32 = 3
  static let enhancedPacket: UInt32 = 6

  private(set) var order = ByteOrder.little
  /// Interfaces of the section.
  private(set) var interfaces: [CaptureInterface] = []
  /// True while every interface of the section is Ethernet.
  private(set) var isAllEthernet = true
  /// The time of the last packet that has one.
  var lastTime: Int64 = 0

  /// Nil when the bytes do not begin like a pcapng file.
  init?(_ bytes: RawSpan) {
    guard bytes.byteCount >= 12, bytes.uint32(at: 0) == Self.sectionHeader,
      Self.order(bytes, at: 0) != nil
    else { return nil }
  }

  /// Reads the block at `offset`.
  mutating func next(_ bytes: RawSpan, at offset: Int) -> FramingStep {
    guard offset <= bytes.byteCount - 12 else { return .needsMore(byteCount: 12) }
    if bytes.uint32(at: offset) == Self.sectionHeader {
      guard let sectionOrder = Self.order(bytes, at: offset) else { return .damaged(.byteOrder) }
      order = sectionOrder
    }
    let type = order.uint32(bytes, at: offset)
    let byteCount = Int(order.uint32(bytes, at: offset + 4))
    guard byteCount >= 12, byteCount % 4 == 0 else { return .damaged(.blockLength) }
    let isPacket =
      type == Self.enhancedPacket || type == Self.simplePacket || type == Self.oldPacket
    let isDescription = type == Self.sectionHeader || type == Self.interfaceDescription
    // Large blocks of other kinds are passed over unseen.
    if !isPacket, !isDescription, byteCount > CaptureLimits.maximumDescriptionByteCount {
      return .other(byteCount: byteCount)
    }
    let limit =
      isPacket
      ? CaptureLimits.maximumPacketBlockByteCount : CaptureLimits.maximumDescriptionByteCount
    guard byteCount <= limit else { return .damaged(.blockLength) }
    guard offset <= bytes.byteCount - byteCount else { return .needsMore(byteCount: byteCount) }
    guard Int(order.uint32(bytes, at: offset + byteCount - 4)) == byteCount else {
      return .damaged(.blockTrailer)
    }
    if isPacket { return packet(bytes, at: offset, byteCount, type) }
    if type == Self.sectionHeader {
      interfaces.removeAll()
      isAllEthernet = true
      return .section(byteCount: byteCount)
    }
    guard isDescription else { return .other(byteCount: byteCount) }
    return interface(bytes, at: offset, byteCount)
  }

  private static func order(_ bytes: RawSpan, at offset: Int) -> ByteOrder? {
    switch bytes.uint32(at: offset + 8) {
    case 0x1A2B_3C4D: .big
    case 0x4D3C_2B1A: .little
    default: nil
    }
  }

  private mutating func packet(
    _ bytes: RawSpan, at offset: Int, _ byteCount: Int, _ type: UInt32
  ) -> FramingStep {
    let isSimple = type == Self.simplePacket
    let headerByteCount = isSimple ? 12 : 28
    let room = byteCount - headerByteCount - 4
    guard room >= 0 else { return .malformed(.headerIncomplete, recordByteCount: byteCount) }
    let number =
      isSimple
      ? 0
      : type == Self.oldPacket
        ? Int(order.uint16(bytes, at: offset + 8)) : Int(order.uint32(bytes, at: offset + 8))
    guard number < interfaces.count else {
      return .malformed(.unknownInterface, recordByteCount: byteCount)
    }
    var packet = CapturedPacket(
      time: lastTime, offset: offset + headerByteCount, capturedByteCount: 0, wireByteCount: 0,
      interface: number)
    if isSimple {
      // Only the length on the wire is stored; the interface's snap length cuts it.
      packet.wireByteCount = Int(order.uint32(bytes, at: offset + 8))
      let snapLength = interfaces[number].snapLength
      packet.capturedByteCount = min(packet.wireByteCount, snapLength == 0 ? .max : snapLength)
      packet.hasTime = false
    } else {
      let high = UInt64(order.uint32(bytes, at: offset + 12))
      let ticks = high << 32 | UInt64(order.uint32(bytes, at: offset + 16))
      if let clock = interfaces[number].clock {
        packet.time = clock.nanoseconds(ticks: ticks)
      } else {
        packet.hasTime = false
      }
      packet.capturedByteCount = Int(order.uint32(bytes, at: offset + 20))
      packet.wireByteCount = max(
        packet.capturedByteCount, Int(order.uint32(bytes, at: offset + 24)))
      lastTime = packet.time
    }
    guard packet.capturedByteCount <= room,
      packet.wireByteCount <= CaptureLimits.maximumWireByteCount
    else {
      return .malformed(.impossibleLength, recordByteCount: byteCount)
    }
    return .packet(packet, recordByteCount: byteCount)
  }

  private mutating func interface(
    _ bytes: RawSpan, at offset: Int, _ byteCount: Int
  ) -> FramingStep {
    guard byteCount >= 20 else { return .damaged(.blockLength) }
    guard interfaces.count < CaptureLimits.maximumInterfaceCount else {
      return .damaged(.interfaceCount)
    }
    var interface = CaptureInterface(
      linkTypeNumber: UInt32(order.uint16(bytes, at: offset + 8)),
      snapLength: Int(order.uint32(bytes, at: offset + 12)))
    var resolution: UInt8 = 6
    var offsetSeconds: Int64 = 0
    var option = offset + 16
    let end = offset + byteCount - 4
    while option + 4 <= end {
      let code = order.uint16(bytes, at: option)
      let length = Int(order.uint16(bytes, at: option + 2))
      guard code != 0, option + 4 + length <= end else { break }
      if code == 2 {
        let count = min(length, CaptureLimits.maximumNameByteCount)
        let name = (0..<count).map { bytes.uint8(at: option + 4 + $0) }
        interface.name = String(decoding: name, as: UTF8.self)
      }
      if code == 9, length >= 1 { resolution = bytes.uint8(at: option + 4) }
      if code == 14, length >= 8 {
        offsetSeconds = Int64(bitPattern: order.uint64(bytes, at: option + 4))
      }
      option += 4 + (length + 3) & ~3
    }
    interface.clock = CaptureClock(resolution: resolution, offsetSeconds: offsetSeconds)
    interfaces.append(interface)
    isAllEthernet = isAllEthernet && interface.linkType == .ethernet
    return .other(byteCount: byteCount)
  }

  /// The next place at or after `start` where a block of a known type has two equal lengths, or nil.
  ///
  /// A damaged block is passed over like this.
  func resynchronised(_ bytes: RawSpan, from start: Int) -> Int? {
    var offset = start
    while offset <= bytes.byteCount - 12 {
      if isPlausibleBlock(bytes, at: offset) { return offset }
      offset += 1
    }
    return nil
  }

  private func isPlausibleBlock(_ bytes: RawSpan, at offset: Int) -> Bool {
    var order = order
    let type = order.uint32(bytes, at: offset)
    if type == Self.sectionHeader {
      guard let sectionOrder = Self.order(bytes, at: offset) else { return false }
      order = sectionOrder
    }
    // Up to the enhanced packet, 6, all types are in use.
    guard type == Self.sectionHeader || (1...Self.enhancedPacket).contains(type) else {
      return false
    }
    let byteCount = Int(order.uint32(bytes, at: offset + 4))
    return byteCount >= 16 && byteCount % 4 == 0
      && byteCount <= CaptureLimits.maximumPacketBlockByteCount
      && offset <= bytes.byteCount - byteCount
      && Int(order.uint32(bytes, at: offset + byteCount - 4)) == byteCount
  }
}
