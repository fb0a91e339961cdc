import PacketFormats
import Testing
import TraceModel

/// Plain RoCEv2 frames are decoded in one step; a VLAN tag sends the same frame layer by layer.
@Suite("Plain RoCEv2 frames decode as they do layer by layer")
struct PlainRoCETests {
  /// The same frame with a VLAN tag behind the addresses.
  private static func tagged(_ frame: [UInt8]) -> [UInt8] {
    Array(frame.prefix(12)) + [0x81, 0, 0, 5] + Array(frame.dropFirst(12))
  }

  private static func expectSame(_ frame: [UInt8], wireByteCount: Int) {
    var plain = PacketSummary()
    var layered = PacketSummary()
    let tagged = tagged(frame)
    let reason = decodePacket(
      frame.span.bytes, wireByteCount: wireByteCount, linkType: .ethernet, into: &plain)
    let expected = decodePacket(
      tagged.span.bytes, wireByteCount: wireByteCount + 4, linkType: .ethernet, into: &layered)
    #expect(reason == expected)
    guard reason == nil, expected == nil else { return }
    #expect(plain.carrier == layered.carrier)
    #expect(plain.source == layered.source && plain.destination == layered.destination)
    #expect(plain.trafficClass == layered.trafficClass)
    #expect(plain.sourcePort == layered.sourcePort)
    #expect(plain.destinationPort == layered.destinationPort)
    #expect(plain.payloadByteCount == layered.payloadByteCount)
    #expect(plain.networkOffset + 4 == layered.networkOffset)
    #expect(plain.transportOffset + 4 == layered.transportOffset)
    #expect(plain.base == layered.base)
    #expect(plain.operation == layered.operation && plain.place == layered.place)
    #expect(plain.service == layered.service)
    #expect(plain.extensionByteCount == layered.extensionByteCount)
    #expect(plain.remoteByteCount == layered.remoteByteCount)
    #expect(plain.syndrome == layered.syndrome)
    #expect(plain.tcpFlags == layered.tcpFlags && plain.tcpSequence == layered.tcpSequence)
  }

  private static func frame(_ code: UInt8) -> [UInt8] {
    var frame = RoundTripTests.frame(TransportOpcode(rawValue: code))
    frame.extensions.remoteByteCount = 77_777
    frame.extensions.syndrome = 0x63
    var bytes: [UInt8] = []
    appendRoCEFrame(frame, payload: [UInt8](repeating: 1, count: 33), to: &bytes)
    return bytes
  }

  @Test("every operation code, cut at every length")
  func everyCode() {
    for code in UInt8.min...UInt8.max {
      let whole = Self.frame(code)
      for length in stride(from: 14, through: whole.count, by: code % 16 == 6 ? 1 : 13) {
        Self.expectSame(Array(whole.prefix(length)), wireByteCount: whole.count)
      }
    }
  }

  @Test("damaged headers", arguments: [1, 2, 3] as [UInt64])
  func damaged(seed: UInt64) {
    var random = RandomStream(seed: seed)
    for _ in 0..<2_000 {
      var bytes = Self.frame(UInt8(truncatingIfNeeded: random.next()))
      // Behind the EtherType, which the tag would move.
      for _ in 0..<1 + random.below(3) {
        bytes[14 + random.below(44)] = UInt8(truncatingIfNeeded: random.next())
      }
      let cut = random.below(3) == 0 ? 14 + random.below(bytes.count - 13) : bytes.count
      Self.expectSame(Array(bytes.prefix(cut)), wireByteCount: bytes.count)
    }
  }
}
