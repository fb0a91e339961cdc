import Foundation
import PacketFormats
import TestSupport
import TraceIngest
import TraceModel

/// What a capture gave: the rows and the summary.
struct IngestedCapture {
  var messages: [Message]
  var summary: IngestSummary

  var ledger: Ledger { summary.ledgers[0] }

  init(_ paths: [String], options: IngestOptions = IngestOptions()) throws {
    var sink = TraceBuffer()
    summary = try CaptureReader.read(paths: paths, options: options, into: &sink)
    messages = (0..<sink.messages.count).map { sink.messages[$0] }
  }

  /// Writes the bytes to a file and reads it.
  init(
    bytes: [UInt8], fileName: String = "test.pcap", options: IngestOptions = IngestOptions()
  ) throws {
    self = try withScratchFolder { folder in
      let file = folder.appendingPathComponent(fileName)
      try Data(bytes).write(to: file)
      return try IngestedCapture([file.path], options: options)
    }
  }

  /// Messages that are not TCP.
  var rdma: [Message] { messages.filter { $0.kind != .tcp } }

  func skipped(_ reason: SkipReason) -> Int64 {
    let entries = ledger.skipped + ledger.malformed
    return entries.first { $0.reason == reason.sentence }?.count ?? 0
  }

  func text(_ address: Int32) -> String { summary.layout?.addresses[Int(address)].text ?? "?" }
}

/// One packet of a made-up capture.
struct TimedPacket {
  var time: Int64
  var bytes: [UInt8]
}

/// A little-endian pcap of the packets.
func pcap(
  _ packets: [TimedPacket], linkType: LinkType = .ethernet,
  resolution: PcapResolution = .nanoseconds
) -> [UInt8] {
  var bytes: [UInt8] = []
  appendPcapHeader(linkType: linkType, resolution: resolution, to: &bytes)
  for packet in packets {
    appendPcapRecord(
      packet.bytes, nanoseconds: packet.time, resolution: resolution, to: &bytes)
  }
  return bytes
}

/// A RoCEv2 frame between two addresses of 10.0.0.0/24.
func roceFrame(
  _ opcode: TransportOpcode, from source: UInt32 = 1, to destination: UInt32 = 2,
  queuePair: UInt32 = 7, sequence: UInt32, bytes count: Int = 0, declaring declared: UInt32 = 0
) -> [UInt8] {
  var frame = RoCEFrame(
    source: NetworkAddress(ipv4: 0x0A00_0000 | source),
    destination: NetworkAddress(ipv4: 0x0A00_0000 | destination),
    base: BaseTransportHeader(
      opcode: opcode, destinationQueuePair: queuePair, sequence: sequence & 0xFF_FFFF))
  frame.extensions.remoteByteCount = declared
  var bytes: [UInt8] = []
  appendRoCEFrame(frame, payload: [UInt8](repeating: 0xAB, count: count), to: &bytes)
  return bytes
}

/// A TCP segment over Ethernet and IPv4.
func tcpSegment(
  from source: UInt32 = 1, to destination: UInt32 = 2, ports: (UInt16, UInt16) = (1000, 2000),
  sequence: UInt32, bytes count: Int, flags: UInt8 = 0x10
) -> [UInt8] {
  var bytes: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]
  bytes.append(bigEndian: 0x0800 as UInt16)
  bytes += [0x45, 0]
  bytes.append(bigEndian: UInt16(40 + count))
  bytes += [0, 0, 0x40, 0, 64, 6, 0, 0]
  bytes.append(bigEndian: 0x0A00_0000 | source)
  bytes.append(bigEndian: 0x0A00_0000 | destination)
  bytes.append(bigEndian: ports.0)
  bytes.append(bigEndian: ports.1)
  bytes.append(bigEndian: sequence)
  bytes.append(bigEndian: 0 as UInt32)
  bytes += [0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
  return bytes + [UInt8](repeating: 0xCD, count: count)
}

/// What an outside program prints, or nil when it is not installed or fails.
func output(of arguments: [String]) throws -> String? {
  guard Programs.exists(arguments[0]) else { return nil }
  let outcome = try Programs.run(arguments)
  return outcome.status == 0 ? outcome.output : nil
}
