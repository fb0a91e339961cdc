import Foundation
import PacketFormats
import TestSupport
import Testing
import TraceModel

@Suite("Frames that are written decode to what was asked for")
struct RoundTripTests {
  static let envelopes: [Envelope] = [
    .doubleTagged(outer: 5, inner: 7), .vxlan(network: 99), .geneve(network: 7, optionByteCount: 0),
    .geneve(network: 7, optionByteCount: 12), .gre(key: 3), .erspan1, .erspan2(session: 4),
    .erspan3(session: 5, hasPlatformHeader: false), .erspan3(session: 5, hasPlatformHeader: true),
    .linuxCooked, .linuxCooked2, .rawIP,
  ]

  static func frame(
    _ opcode: TransportOpcode, queuePair: UInt32 = 0x12345, sequence: UInt32 = 0xABCDEF
  ) -> RoCEFrame {
    RoCEFrame(
      source: NetworkAddress(ipv4: 0x0A00_0001), destination: NetworkAddress(ipv4: 0x0A00_0002),
      base: BaseTransportHeader(
        opcode: opcode, destinationQueuePair: queuePair, sequence: sequence))
  }

  static func isSameData(_ packet: PacketSummary, _ frame: RoCEFrame, payload: Int) -> Bool {
    packet.source == frame.source && packet.destination == frame.destination
      && packet.base.opcode == frame.base.opcode
      && packet.base.destinationQueuePair == frame.base.destinationQueuePair
      && packet.base.sequence == frame.base.sequence && packet.payloadByteCount == payload
  }

  @Test("every defined operation, with every pad, over IPv4, IPv6 and RoCEv1")
  func allOperations() throws {
    var random = RandomStream(seed: 1)
    var packet = PacketSummary()
    let wide = NetworkAddress(high: 0xFD00_0000_0000_0001, low: 5)
    for code in UInt8.min...UInt8.max {
      let opcode = TransportOpcode(rawValue: code)
      guard opcode.operation != .undefined, opcode.service != .congestion else { continue }
      for size in 0..<5 {
        for form in 0..<3 {
          var frame = Self.frame(opcode)
          if form > 0 { frame.source = wide }
          frame.isVersion1 = form == 2
          frame.tag = size == 2 ? 0x6005 : nil
          frame.base.solicitsEvent = size == 1
          frame.base.backwardCongestion = size == 3
          frame.base.requestsAcknowledge = size == 4
          frame.extensions = Self.randomHeaders(&random, opcode.extensions)
          var bytes: [UInt8] = []
          appendRoCEFrame(frame, payload: [UInt8](repeating: 0x5A, count: size), to: &bytes)
          let span = bytes.span.bytes
          let skip = decodePacket(
            span, wireByteCount: bytes.count, linkType: .ethernet, into: &packet)
          #expect(skip == nil)
          #expect(Self.isSameData(packet, frame, payload: size))
          #expect(packet.base.padCount == UInt8((4 - size % 4) % 4))
          #expect(packet.base.solicitsEvent == frame.base.solicitsEvent)
          #expect(packet.base.backwardCongestion == frame.base.backwardCongestion)
          #expect(packet.base.requestsAcknowledge == frame.base.requestsAcknowledge)
          let set = opcode.extensions
          let read = ExtensionHeaders(span, at: packet.transportOffset + 12, set: set)
          #expect(read == frame.extensions)
          if set.contains(.remoteAccess) {
            #expect(packet.remoteByteCount == frame.extensions.remoteByteCount)
          }
          if set.contains(.acknowledge) { #expect(packet.syndrome == frame.extensions.syndrome) }
          let crc = InvariantCRC(span, of: packet)
          #expect(crc?.isValid == true)
        }
      }
    }
  }

  /// Random values in the fields that the set has, so that equality means equality.
  private static func randomHeaders(
    _ random: inout RandomStream, _ set: ExtensionSet
  ) -> ExtensionHeaders {
    var headers = ExtensionHeaders()
    if set.contains(.reliableDatagram) {
      headers.endToEndContext = UInt32(random.below(1 << 24))
    }
    if set.contains(.datagram) {
      headers.queueKey = UInt32(truncatingIfNeeded: random.next())
      headers.sourceQueuePair = UInt32(random.below(1 << 24))
    }
    if set.contains(.extendedReliable) {
      headers.sharedReceiveQueue = UInt32(random.below(1 << 24))
    }
    if set.contains(.remoteAccess) || set.contains(.atomic) {
      headers.virtualAddress = random.next()
      headers.remoteKey = UInt32(truncatingIfNeeded: random.next())
    }
    if set.contains(.remoteAccess) {
      headers.remoteByteCount = UInt32(truncatingIfNeeded: random.next())
    }
    if set.contains(.atomic) {
      headers.swapOrAdd = random.next()
      headers.compare = random.next()
    }
    if set.contains(.acknowledge) {
      headers.syndrome = UInt8(random.below(128))
      headers.messageSequence = UInt32(random.below(1 << 24))
    }
    if set.contains(.atomicAcknowledge) { headers.originalValue = random.next() }
    if set.contains(.immediate) { headers.immediate = UInt32(truncatingIfNeeded: random.next()) }
    if set.contains(.invalidate) { headers.remoteKey = UInt32(truncatingIfNeeded: random.next()) }
    return headers
  }

  @Test("a congestion notification has no data")
  func congestionNotification() {
    var bytes: [UInt8] = []
    appendRoCEFrame(
      Self.frame(.congestionNotification), payload: [UInt8](repeating: 0, count: 16), to: &bytes)
    var packet = PacketSummary()
    let skip = decodePacket(
      bytes.span.bytes, wireByteCount: bytes.count, linkType: .ethernet, into: &packet)
    #expect(skip == nil)
    #expect(packet.base.opcode.operation == .congestionNotification)
    #expect(packet.payloadByteCount == 0)
  }

  @Test("every envelope shows the same packet, also inside another and over IPv6")
  func envelopes() {
    let frame = Self.frame(.reliableSendFirst)
    var inner: [UInt8] = []
    appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: 1024), to: &inner)
    let wide = NetworkAddress(high: 0xFD00_0000_0000_0002, low: 1)
    var packet = PacketSummary()
    for outer in Self.envelopes {
      for middle in [nil] + Self.envelopes.map(Optional.some) where middle?.linkType != .rawIP {
        if let middle, middle.linkType != .ethernet { continue }
        for isWide in [false, true] {
          var bytes = inner
          if let middle { bytes = middle.wrapping(bytes) }
          // A tag goes on the innermost frame only: `wrapping` takes untagged frames.
          if case .doubleTagged = middle, outer.linkType != .ethernet { continue }
          bytes =
            isWide ? outer.wrapping(bytes, from: wide, to: wide) : outer.wrapping(bytes)
          let skip = decodePacket(
            bytes.span.bytes, wireByteCount: bytes.count, linkType: outer.linkType, into: &packet)
          #expect(skip == nil, "\(outer) around \(String(describing: middle))")
          #expect(Self.isSameData(packet, frame, payload: 1024), "\(outer)")
          let crc = InvariantCRC(bytes.span.bytes, of: packet)
          #expect(crc?.isValid == true, "\(outer)")
        }
      }
    }
  }

  @Test("IPv4 options, IPv6 extension headers and fragments")
  func internetOptions() throws {
    var frame = Self.frame(.reliableSendOnly)
    var plain: [UInt8] = []
    appendRoCEFrame(frame, payload: [1, 2, 3, 4, 5], to: &plain)
    func decode(_ bytes: [UInt8]) -> (SkipReason?, PacketSummary) {
      var packet = PacketSummary()
      let skip = decodePacket(
        bytes.span.bytes, wireByteCount: bytes.count, linkType: .ethernet, into: &packet)
      return (skip, packet)
    }
    var options = plain
    options[14] = 0x47
    options[17] += 8
    options.insert(contentsOf: [0x94, 4, 0, 0, 1, 1, 1, 0], at: 34)
    let (skip, packet) = decode(options)
    #expect(skip == nil)
    #expect(Self.isSameData(packet, frame, payload: 5))
    var later = plain
    later[20] = 0
    later[21] = 100
    #expect(decode(later).0 == .laterFragment)
    for header: UInt8 in [0x42, 0x44, 0x55] {
      var wrong = plain
      wrong[14] = header
      #expect(decode(wrong).0 == .impossibleIPHeader)
    }

    frame.source = NetworkAddress(high: 0xFD00_0000_0000_0001, low: 5)
    frame.destination = NetworkAddress(high: 0xFD00_0000_0000_0001, low: 6)
    var wide: [UInt8] = []
    appendRoCEFrame(frame, payload: [1, 2, 3, 4, 5], to: &wide)
    // Hop-by-hop options, destination options of 16 bytes, and a first fragment.
    let extensions: [UInt8] =
      [60, 0, 1, 4, 0, 0, 0, 0] + [44, 1, 1, 12] + [UInt8](repeating: 0, count: 12)
      + [17, 0, 0, 1, 0, 0, 0, 9]
    var extended = wide
    extended[20] = 0
    extended[19] += UInt8(extensions.count)
    extended.insert(contentsOf: extensions, at: 54)
    let (wideSkip, widePacket) = decode(extended)
    #expect(wideSkip == nil)
    #expect(Self.isSameData(widePacket, frame, payload: 5))
    extended[54 + 24 + 3] = 8
    #expect(decode(extended).0 == .laterFragment)
  }

  @Test("lengths that contradict each other are refused, except in fragments")
  func contradictingLengths() {
    func decode(_ bytes: [UInt8]) -> SkipReason? {
      var packet = PacketSummary()
      return decodePacket(
        bytes.span.bytes, wireByteCount: bytes.count, linkType: .ethernet, into: &packet)
    }
    let frame = Self.frame(.reliableSendMiddle)
    var plain: [UInt8] = []
    appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: 100), to: &plain)
    #expect(decode(plain) == nil)
    var longDatagram = plain
    longDatagram[38] = 0x08
    #expect(decode(longDatagram) == .impossibleLength)
    // The first fragment of a datagram that is 2,048 bytes longer.
    longDatagram[20] = 0x20
    #expect(decode(longDatagram) == nil)
    // An envelope that a mirror cut after its headers were written.
    #expect(decode(Array(Envelope.vxlan(network: 1).wrapping(plain).dropLast(60))) == nil)
    for (size, expected) in [(4096, nil), (4097, SkipReason.impossibleLength)] {
      var large: [UInt8] = []
      appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: size), to: &large)
      #expect(decode(large) == expected)
    }
  }

  @Test("a cut packet keeps its exact size, or says that the capture cut it")
  func cuts() {
    var bytes: [UInt8] = []
    let frame = Self.frame(.reliableSendOnlyImmediate)
    appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: 999), to: &bytes)
    var packet = PacketSummary()
    for captured in 1..<bytes.count {
      let cut = Array(bytes[..<captured])
      let skip = decodePacket(
        cut.span.bytes, wireByteCount: bytes.count, linkType: .ethernet, into: &packet)
      if captured < 54 {
        // From the destination port on it is known to be RDMA.
        #expect(skip == (captured < 38 ? .cutByCapture : .rdmaCutByCapture))
        #expect(packet.neededByteCount >= 70)
      } else {
        #expect(skip == nil)
        #expect(packet.payloadByteCount == 999)
        let crc = InvariantCRC(cut.span.bytes, of: packet)
        #expect(crc == nil)
      }
      // A mirror that cuts packets leaves no trace of it in the record's length.
      let mirrored = decodePacket(
        cut.span.bytes, wireByteCount: captured, linkType: .ethernet, into: &packet)
      #expect((mirrored == nil) == (captured >= 54))
    }
  }

  @Test("no bytes trap the decoder, and each verdict is one of the listed")
  func randomBytes() {
    var random = RandomStream(seed: 7)
    var packet = PacketSummary()
    var seeds: [([UInt8], LinkType)] = []
    for envelope in Self.envelopes {
      var inner: [UInt8] = []
      appendRoCEFrame(Self.frame(.reliableWriteOnly), payload: [1, 2, 3], to: &inner)
      seeds.append((envelope.wrapping(inner), envelope.linkType))
    }
    for round in 0..<20_000 {
      var (bytes, linkType) = seeds[round % seeds.count]
      if round % 3 == 0 {
        linkType = LinkType.allCases[random.below(LinkType.allCases.count)]
        bytes = (0..<random.below(120)).map { _ in UInt8(random.below(256)) }
      } else {
        for _ in 0..<1 + random.below(4) {
          bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
        bytes.removeLast(random.below(bytes.count))
      }
      let skip = decodePacket(
        bytes.span.bytes, wireByteCount: random.below(200), linkType: linkType, into: &packet)
      if skip == nil {
        #expect(packet.payloadByteCount >= 0)
        _ = InvariantCRC(bytes.span.bytes, of: packet)
      }
    }
  }
}
