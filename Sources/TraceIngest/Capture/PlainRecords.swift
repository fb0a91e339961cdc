internal import PacketFormats

/// Where one record of the common kind lies: wholly inside the bytes that it was found in.
struct PlainRecord {
  /// Nanoseconds since 1970.
  var time: Int64
  /// First byte of the packet.
  var offset: Int
  var capturedByteCount: Int
  /// First byte behind the record.
  var end: Int
}

/// Finds packet records of one kind, and leaves everything else to the framing.
protocol PlainRecords {
  /// The record at `offset`; nil when it is not whole or is anything else than a sound packet.
  ///
  /// `offset` is from 0 up to `bytes.byteCount`. What is returned is read without another check:
  /// `offset <= record.offset`, `0 <= capturedByteCount` and
  /// `record.offset + capturedByteCount <= record.end <= bytes.byteCount`.
  mutating func record(_ bytes: RawSpan, at offset: Int) -> PlainRecord?
}

/// Records of a classic pcap file.
struct PlainPcapRecords: PlainRecords {
  let order: ByteOrder
  let nanosecondsPerTick: Int64

  /// - Parameter order: that of `pcap`, as a constant: then it costs nothing for each field.
  init(_ pcap: PcapFraming, order: ByteOrder) {
    self.order = order
    nanosecondsPerTick = pcap.isNanosecond ? 1 : 1_000
  }

  @inline(__always)
  mutating func record(_ bytes: RawSpan, at offset: Int) -> PlainRecord? {
    guard offset <= bytes.byteCount &- PcapFraming.recordHeaderByteCount else { return nil }
    // These sixteen bytes are there.
    let captured = Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ 8))
    let wire = Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ 12))
    let start = offset &+ PcapFraming.recordHeaderByteCount
    guard captured <= CaptureLimits.maximumPacketByteCount, captured <= bytes.byteCount &- start,
      wire <= CaptureLimits.maximumWireByteCount
    else { return nil }
    let seconds = Int64(unsafe order.uncheckedUInt32(bytes, at: offset))
    let fraction = Int64(unsafe order.uncheckedUInt32(bytes, at: offset &+ 4))
    return PlainRecord(
      time: seconds &* 1_000_000_000 &+ fraction &* nanosecondsPerTick, offset: start,
      capturedByteCount: captured, end: start &+ captured)
  }
}

/// Enhanced packet blocks of a pcapng section in which all interfaces are alike.
struct PlainPcapngRecords: PlainRecords {
  let order: ByteOrder
  private let interfaces: [CaptureInterface]
  /// The interface of the last record, and how it counts time.
  private var number = Int.max
  private var clock = CaptureClock.microseconds

  /// - Parameter order: that of `section`, as a constant.
  init(_ section: PcapngFraming, order: ByteOrder) {
    self.order = order
    interfaces = section.interfaces
  }

  @inline(__always)
  mutating func record(_ bytes: RawSpan, at offset: Int) -> PlainRecord? {
    guard offset <= bytes.byteCount &- 32,
      unsafe order.uncheckedUInt32(bytes, at: offset) == PcapngFraming.enhancedPacket
    else { return nil }
    // At least the 32 bytes from here on are there, and then the whole block.
    let byteCount = Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ 4))
    guard byteCount >= 32, byteCount & 3 == 0,
      byteCount <= CaptureLimits.maximumPacketBlockByteCount,
      byteCount <= bytes.byteCount &- offset,
      Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ byteCount &- 4)) == byteCount
    else { return nil }
    let captured = Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ 20))
    let wire = Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ 24))
    guard captured <= byteCount &- 32, wire <= CaptureLimits.maximumWireByteCount,
      uses(Int(unsafe order.uncheckedUInt32(bytes, at: offset &+ 8)))
    else { return nil }
    let high = UInt64(unsafe order.uncheckedUInt32(bytes, at: offset &+ 12))
    let ticks = high << 32 | UInt64(unsafe order.uncheckedUInt32(bytes, at: offset &+ 16))
    return PlainRecord(
      time: clock.nanoseconds(ticks: ticks), offset: offset &+ 28, capturedByteCount: captured,
      end: offset &+ byteCount)
  }

  /// True when the interface is known and its clock can be read.
  @inline(__always)
  private mutating func uses(_ interface: Int) -> Bool {
    interface == number || looksUp(interface)
  }

  @inline(never)
  private mutating func looksUp(_ interface: Int) -> Bool {
    guard interface < interfaces.count, let found = interfaces[interface].clock else {
      return false
    }
    (number, clock) = (interface, found)
    return true
  }
}
