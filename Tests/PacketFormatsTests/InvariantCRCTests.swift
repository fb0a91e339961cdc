import Foundation
import PacketFormats
import TestSupport
import Testing

@Suite("Invariant CRC and fields of real packets")
struct RealPacketTests {
  @Test(
    "every RDMA packet of the real captures carries the CRC that is computed here",
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
    arguments: [
      ("roce/oferby-huawei-rc-send.pcap", 105),
      ("roce/montybeatnik-softroce-read-write.pcap", 12),
      ("infiniband/infiniband-erf.pcap", 43),
    ])
  func realChecksums(name: String, count: Int) throws {
    let capture = try MicrosecondCapture(path: RealInputs.path(name))
    var packet = PacketSummary()
    var valid = 0
    for record in capture.records {
      let bytes = record.bytes.span.bytes
      let skip = decodePacket(
        bytes, wireByteCount: record.wireByteCount, linkType: capture.linkType, into: &packet)
      guard skip == nil, packet.carrier != .tcp else { continue }
      let crc = InvariantCRC(bytes, of: packet)
      valid += crc?.isValid == true ? 1 : 0
    }
    #expect(valid == count)
  }

  @Test(
    "every field equals tshark's",
    .enabled(if: RealInputs.arePresent, Comment(rawValue: RealInputs.absence)),
    arguments: ["oferby-huawei-rc-send", "montybeatnik-softroce-read-write"])
  func fieldsEqualReference(name: String) throws {
    let capture = try MicrosecondCapture(path: RealInputs.path("roce/\(name).pcap"))
    let reference = try String(
      contentsOfFile: RealInputs.path("roce/\(name).tshark-4.0.17.tsv"), encoding: .utf8)
    var expected = reference.split(separator: "\n").dropFirst().map(String.init)[...]
    var packet = PacketSummary()
    for (index, record) in capture.records.enumerated() {
      let bytes = record.bytes.span.bytes
      let skip = decodePacket(
        bytes, wireByteCount: record.wireByteCount, linkType: capture.linkType, into: &packet)
      guard skip == nil, packet.carrier == .roceV2 else { continue }
      let line = Self.line(number: index + 1, record, packet, bytes)
      #expect(line == expected.popFirst())
    }
    #expect(expected.isEmpty)
  }

  /// The columns of the reference file.
  private static func line(
    number: Int, _ record: MicrosecondCapture.Record, _ packet: PacketSummary, _ bytes: RawSpan
  ) -> String {
    let base = packet.base
    let set = base.opcode.extensions
    let headers =
      ExtensionHeaders(bytes, at: packet.transportOffset + 12, set: set) ?? ExtensionHeaders()
    let hasRemote = set.contains(.remoteAccess)
    let udpByteCount =
      8 + 12 + set.byteCount + packet.payloadByteCount + Int(base.padCount) + 4
    func hexadecimal(_ value: some BinaryInteger, _ digits: Int) -> String {
      let text = String(value, radix: 16)
      return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    let fields: [String] = [
      "\(number)",
      "\(record.seconds)."
        + String(repeating: "0", count: 6 - "\(record.microseconds)".count)
        + "\(record.microseconds)000",
      "\(record.wireByteCount)", "\(packet.source)", "\(packet.destination)",
      "\(packet.trafficClass >> 2)", "\(packet.trafficClass & 3)", "\(packet.sourcePort)",
      "\(packet.destinationPort)", "\(udpByteCount)", "\(base.opcode.rawValue)",
      base.solicitsEvent ? "1" : "0", "\(base.padCount)", "\(base.partitionKey)",
      hexadecimal(base.destinationQueuePair, 6), base.requestsAcknowledge ? "1" : "0",
      "\(base.sequence)",
      hasRemote ? hexadecimal(headers.virtualAddress, 16) : "",
      hasRemote ? hexadecimal(headers.remoteKey, 8) : "",
      hasRemote ? "\(headers.remoteByteCount)" : "",
      set.contains(.acknowledge) ? "\(headers.syndrome & 0x1F)" : "",
      set.contains(.acknowledge) ? "\(headers.messageSequence)" : "",
    ]
    return fields.joined(separator: "\t")
  }
}
