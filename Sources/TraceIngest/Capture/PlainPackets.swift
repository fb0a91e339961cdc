internal import PacketFormats
internal import TraceModel

/// A stretch of a capture file that is being read, and what came of it.
struct PlainStretch {
  /// Where the next record begins, in the window.
  var offset: Int
  /// What the window's first byte is, counted from the start of the file's content.
  let start: Int64
  /// Times that are near that of the packet before, and not to be left for later, begin here.
  private let earliest: Int64
  /// Nanoseconds from `earliest` up to the last such time.
  private let span: UInt64
  /// The time of the last packet, nil when none was taken.
  var lastTime: Int64?
  /// RDMA packets that were taken.
  var packetCount: Int64 = 0

  /// - Parameters:
  ///   - last: the time of the packet before, when there is one.
  ///   - limit: the time beyond which packets are left for later.
  init(offset: Int, start: Int64, after last: Int64?, limit: Int64) {
    self.offset = offset
    self.start = start
    var (earliest, latest) = (Int64.min, limit)
    // Within half the distance there are no jumps; what lies beyond is looked at one by one.
    if let last {
      let distance = TimeJumps.distance / 2
      earliest = max(last, .min + distance) - distance
      latest = min(limit, min(last, .max - distance) + distance)
    }
    self.earliest = latest < earliest ? .max : earliest
    span = latest < earliest ? 0 : UInt64(bitPattern: latest &- earliest)
  }

  /// True for a time at which a packet can be taken without looking at it more closely.
  @inline(__always)
  func holds(_ time: Int64) -> Bool { UInt64(bitPattern: time &- earliest) <= span }
}

/// A packet of the common kind, before its lane is looked at.
private struct PlainEntry {
  var packet: LanePacket
  /// IPv4 source and destination.
  var addresses: UInt64 = 0
  /// Destination queue pair.
  var channel: UInt32 = 0
  var sequence: UInt32 = 0
  /// What the index holds where the search for the lane begins; 0 for an acknowledgement.
  var slot: UInt32 = 0
  /// Where its record ends in the window.
  var end = 0
}

/// Packets are looked into in groups before they are taken: the processor then waits for the index,
/// and afterwards for the lanes, of a whole group at once instead of for one after the other.
private var groupCount: Int { 16 }

/// Takes packets from a window for as long as they are of the common kind: RoCEv2 in plain IPv4 over
/// Ethernet, SENDs and WRITEs in order on known queue pairs, and acknowledgements.
///
/// The first packet of any other kind is left where it is. What is taken gives the same messages and
/// counts as the decoding layer by layer and `MessageAssembler.accept` would.
@inline(__always)
func takePlainPackets(
  _ bytes: RawSpan, _ records: inout some PlainRecords, _ stretch: inout PlainStretch,
  _ queuePairs: inout QueuePairAssembler, counts: inout PacketCounts,
  into messages: inout AssembledMessages
) {
  let index = queuePairs.index
  let allEndpoints = queuePairs.endpoints
  var allLanes = queuePairs.takeLanes()
  defer { queuePairs.lanes = allLanes }
  var lanes = allLanes.mutableSpan
  var group = InlineArray<16, PlainEntry>(
    repeating: PlainEntry(packet: LanePacket(acknowledgementAt: 0)))
  // Groups grow from few, so that little is looked into in vain where odd packets are frequent.
  var wanted = 2
  while true {
    var found = 0
    var offset = stretch.offset
    while found < wanted,
      let entry = plainEntry(bytes, at: offset, &records, stretch, index.slots.span)
    {
      group[found] = entry
      offset = entry.end
      found &+= 1
    }
    let taken = takeGroup(
      group.span.extracting(first: found), &stretch, index.slots.span, &lanes, allEndpoints.span,
      &queuePairs.starts, &counts, into: &messages)
    guard taken == wanted else { return }
    wanted = min(wanted * 2, groupCount)
  }
}

/// The packet in the record at `offset`, or nil when it is of another kind or its lane is not known.
@inline(__always)
private func plainEntry(
  _ bytes: RawSpan, at offset: Int, _ records: inout some PlainRecords, _ stretch: PlainStretch,
  _ slots: Span<UInt32>
) -> PlainEntry? {
  guard let record = records.record(bytes, at: offset), stretch.holds(record.time) else {
    return nil
  }
  // `PlainRecords` promises that the record lies inside.
  let packet = unsafe bytes.extracting(
    unchecked: Range(
      uncheckedBounds: (record.offset, record.offset &+ record.capturedByteCount)))
  guard isPlainRoCE(packet), let headers = PlainRoCEHeaders(packet) else { return nil }
  guard let opcode = LaneOpcode(headers.opcode) else {
    return isPlainAcknowledgement(packet, headers)
      ? PlainEntry(packet: LanePacket(acknowledgementAt: record.time), end: record.end) : nil
  }
  guard let content = LanePacket(packet, headers, opcode, time: record.time),
    headers.addresses != QueuePairLane.noAddresses
  else { return nil }
  let slot = slots[
    LaneIndex.slot(
      addresses: headers.addresses, channel: headers.destinationQueuePair, slotCount: slots.count)]
  guard slot != 0 else { return nil }
  return PlainEntry(
    packet: content, addresses: headers.addresses, channel: headers.destinationQueuePair,
    sequence: headers.sequence, slot: slot, end: record.end)
}

/// Takes packets up to the first that needs more care.
///
/// - Returns: how many were taken.
@inline(__always)
private func takeGroup(
  _ group: Span<PlainEntry>, _ stretch: inout PlainStretch, _ slots: Span<UInt32>,
  _ lanes: inout MutableSpan<QueuePairLane>, _ endpoints: Span<LaneEndpoints>,
  _ starts: inout LaneStarts,
  _ counts: inout PacketCounts, into messages: inout AssembledMessages
) -> Int {
  var taken = 0
  var counted = 0
  while taken < group.count {
    let entry = group[taken]
    if entry.slot == 0 {
      let start = taken == 0 ? stretch.offset : group[taken &- 1].end
      counts.countUsed(Int64(taken &- counted))
      counted = taken &+ 1
      counts.count(.acknowledgement, position: stretch.start &+ Int64(start))
    } else {
      guard
        let lane = LaneIndex.lane(
          addresses: entry.addresses, channel: entry.channel, from: entry.slot, slots: slots,
          lanes: lanes),
        QueuePairLane.take(
          entry.packet, sequence: entry.sequence, lane: lane, &lanes, endpoints, &starts,
          into: &messages)
      else { break }
    }
    taken &+= 1
  }
  counts.countUsed(Int64(taken &- counted))
  if taken > 0 {
    stretch.lastTime = group[taken - 1].packet.time
    stretch.offset = group[taken - 1].end
    stretch.packetCount &+= Int64(taken)
  }
  return taken
}

extension LanePacket {
  /// Stands for an acknowledgement, of which nothing but the time is used.
  @inline(__always)
  fileprivate init(acknowledgementAt time: Int64) {
    self.init(time: time, wholeByteCount: 0, payloadByteCount: 0, opcode: .first)
  }

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
