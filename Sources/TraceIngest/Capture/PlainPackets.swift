internal import PacketFormats
internal import TraceModel

/// A stretch of a capture file that is being read, and what came of it.
struct PlainStretch {
  /// Where the next record begins, in the window.
  var offset: Int
  /// What the window's first byte is, counted from the start of the file's content.
  let start: Int64
  /// The time beyond which packets are left for later.
  let limit: Int64
  /// The time of the last packet, nil when none was taken.
  var lastTime: Int64?
  /// RDMA packets that were taken.
  var packetCount: Int64 = 0
}

/// Takes packets from a window for as long as they are of the common kind: RoCEv2 in plain IPv4 over
/// Ethernet, SENDs and WRITEs in order on known queue pairs, and acknowledgements.
///
/// The first packet of any other kind is left where it is. What is taken gives the same messages and
/// counts as the decoding layer by layer and `MessageAssembler.accept` would.
@inline(__always)
func takePlainPackets(
  _ bytes: RawSpan, _ records: inout some PlainRecords, _ stretch: inout PlainStretch,
  _ queuePairs: inout QueuePairAssembler, counts: inout PacketCounts,
  into messages: inout MessageTable
) {
  let index = queuePairs.index
  let slots = index.slots.span
  let allEnds = queuePairs.ends
  let ends = allEnds.span
  var allLanes = queuePairs.takeLanes()
  defer { queuePairs.lanes = allLanes }
  var lanes = allLanes.mutableSpan
  var offset = stretch.offset
  var usedCount: Int64 = 0
  var acknowledgedCount: Int64 = 0
  var lastTime: Int64 = 0
  while let record = records.record(bytes, at: offset), record.time <= stretch.limit {
    let packet = unsafe bytes.extracting(
      unchecked: record.offset..<record.offset + record.capturedByteCount)
    guard isPlainRoCE(packet), let headers = PlainRoCEHeaders(packet) else { break }
    if let opcode = LaneOpcode(headers.opcode) {
      guard let content = LanePacket(packet, headers, opcode, time: record.time),
        headers.ends != QueuePairLane.noEnds,
        let lane = LaneIndex.lane(
          ends: headers.ends, channel: headers.destinationQueuePair, slots: slots, lanes: lanes),
        QueuePairLane.take(
          content, sequence: headers.sequence, lane: lane, &lanes, ends, &queuePairs.starts,
          into: &messages)
      else { break }
      usedCount &+= 1
    } else {
      guard isPlainAcknowledgement(packet, headers) else { break }
      counts.countUsed(usedCount)
      usedCount = 0
      acknowledgedCount &+= 1
      counts.count(.acknowledgement, position: stretch.start &+ Int64(offset))
    }
    offset = record.end
    lastTime = record.time
    stretch.packetCount &+= 1
  }
  counts.countUsed(usedCount)
  if offset != stretch.offset { stretch.lastTime = lastTime }
  stretch.offset = offset
}

extension LanePacket {
  /// Nil when lengths contradict each other or the capture cut the headers.
  @inline(__always)
  fileprivate init?(
    _ packet: RawSpan, _ headers: PlainRoCEHeaders, _ opcode: LaneOpcode, time: Int64
  ) {
    let byteCount = headers.restByteCount - opcode.extensionByteCount
    guard byteCount >= 0, byteCount <= maximumRDMAPayloadByteCount else { return nil }
    var wholeByteCount: UInt32 = 0
    if opcode.hasRemoteAccess {
      let offset = PlainRoCEHeaders.byteCount
      guard offset + 16 <= packet.byteCount else { return nil }
      wholeByteCount = packet.uint32(at: offset + 12)
    }
    self.init(
      time: time, wholeByteCount: wholeByteCount,
      payloadByteCount: UInt16(truncatingIfNeeded: byteCount), opcode: opcode)
  }
}

/// True for an acknowledgement on a reliable connection that refuses nothing.
@inline(__always)
private func isPlainAcknowledgement(_ packet: RawSpan, _ headers: PlainRoCEHeaders) -> Bool {
  let isWhole =
    headers.restByteCount >= 4 && headers.restByteCount <= maximumRDMAPayloadByteCount
    && packet.byteCount > PlainRoCEHeaders.byteCount
  return isWhole && headers.opcode == TransportOpcode.reliableAcknowledge.rawValue
    && packet.uint8(at: PlainRoCEHeaders.byteCount) & 0x60 == 0
}
