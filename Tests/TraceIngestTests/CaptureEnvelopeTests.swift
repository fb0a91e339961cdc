import Foundation
import PacketFormats
import TestSupport
import Testing
import TraceIngest
import TraceModel

@Suite("The same messages in every envelope")
struct CaptureEnvelopeTests {
  static let envelopes: [Envelope] = [
    .doubleTagged(outer: 5, inner: 7), .vxlan(network: 99), .geneve(network: 7, optionByteCount: 0),
    .geneve(network: 7, optionByteCount: 12), .gre(key: 3), .erspan1, .erspan2(session: 4),
    .erspan3(session: 5, hasPlatformHeader: false), .erspan3(session: 5, hasPlatformHeader: true),
    .linuxCooked, .linuxCooked2, .rawIP,
  ]

  static let frames: [[UInt8]] = [
    roceFrame(.reliableWriteFirst, sequence: 1, bytes: 1024, declaring: 2051),
    roceFrame(.reliableWriteMiddle, sequence: 2, bytes: 1024),
    roceFrame(.reliableWriteLastImmediate, sequence: 3, bytes: 3),
    roceFrame(.reliableSendOnly, sequence: 4, bytes: 5),
    roceFrame(.reliableReadRequest, sequence: 5, declaring: 1030),
    roceFrame(
      .reliableReadResponseFirst, from: 2, to: 1, queuePair: 8, sequence: 5, bytes: 1024),
    roceFrame(.reliableReadResponseLast, from: 2, to: 1, queuePair: 8, sequence: 6, bytes: 6),
    roceFrame(.reliableAcknowledge, from: 2, to: 1, queuePair: 8, sequence: 6),
  ]

  static func timed(_ frames: [[UInt8]]) -> [TimedPacket] {
    frames.enumerated().map {
      TimedPacket(time: 1_700_000_000_000_000_000 + Int64($0) * 10_000, bytes: $1)
    }
  }

  @Test("tunnels, mirrors, tags and cooked captures change nothing")
  func envelopes() throws {
    let plain = try IngestedCapture(bytes: pcap(Self.timed(Self.frames)))
    #expect(plain.messages.map(\.bytes).sorted() == [5, 1030, 2051])
    let wide = try #require(NetworkAddress("fd00::1"))
    for envelope in Self.envelopes {
      for isWide in [false, true] {
        let wrapped = Self.frames.map {
          isWide ? envelope.wrapping($0, from: wide, to: wide) : envelope.wrapping($0)
        }
        let capture = try IngestedCapture(
          bytes: pcap(Self.timed(wrapped), linkType: envelope.linkType))
        #expect(capture.messages == plain.messages, "\(envelope)")
        #expect(capture.summary.layout == plain.summary.layout)
        #expect(capture.ledger.used == 7)
      }
    }
  }

  @Test("IPv6 and RoCEv1 carry the same messages between their own addresses")
  func otherNetworks() throws {
    for isVersion1 in [false, true] {
      var frame = RoCEFrame(
        source: try #require(NetworkAddress("fe80::a")),
        destination: try #require(NetworkAddress("fe80::b")),
        base: BaseTransportHeader(
          opcode: .reliableSendOnly, destinationQueuePair: 3, sequence: 1))
      frame.isVersion1 = isVersion1
      var bytes: [UInt8] = []
      appendRoCEFrame(frame, payload: [1, 2, 3, 4, 5], to: &bytes)
      let capture = try IngestedCapture(bytes: pcap(Self.timed([bytes])))
      #expect(capture.messages.map(\.bytes) == [5])
      #expect(capture.summary.layout?.addresses.map(\.text) == ["fe80::a", "fe80::b"])
    }
  }

  @Test(
    "tshark dissects the written frames without complaint",
    .enabled(if: Programs.exists("tshark"), "tshark is not installed"))
  func dissection() throws {
    var frames = Self.frames
    for envelope in Self.envelopes where envelope.linkType == .ethernet {
      frames.append(envelope.wrapping(Self.frames[0]))
    }
    var tagged = RoCEFrame(
      source: NetworkAddress(ipv4: 0x0A00_0001), destination: NetworkAddress(ipv4: 0x0A00_0002),
      base: BaseTransportHeader(opcode: .reliableSendOnly, destinationQueuePair: 5, sequence: 9))
    tagged.tag = 100
    var bytes: [UInt8] = []
    appendRoCEFrame(tagged, payload: [UInt8](repeating: 3, count: 33), to: &bytes)
    frames.append(bytes)
    try withScratchFolder { folder in
      let file = folder.appendingPathComponent("a.pcap")
      try Data(pcap(Self.timed(frames))).write(to: file)
      let fields = [
        "-T", "fields", "-e", "infiniband.bth.opcode", "-e", "infiniband.bth.psn", "-e",
        "infiniband.reth.dmalen", "-e", "_ws.expert.message", "-e", "_ws.malformed", "-e",
        "ip.checksum.status",
      ]
      let text = try #require(
        try output(
          // It takes the payload of a SEND for remote procedure calls by guessing.
          of: [
            "tshark", "-n", "--disable-protocol", "rpcordma", "-o", "ip.check_checksum:TRUE", "-r",
            file.path,
          ] + fields))
      let rows = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
        $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
      #expect(rows.count == frames.count)
      let complaints = rows.filter { $0[0].isEmpty || !$0[3].isEmpty || !$0[4].isEmpty }
      #expect(complaints == [])
      #expect(rows.allSatisfy { $0[5].split(separator: ",").allSatisfy { $0 == "1" } })
      #expect(rows[0][0...2] == ["6", "1", "2051"])
    }
  }
}
