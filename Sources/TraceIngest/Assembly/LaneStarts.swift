internal import TraceModel

/// The packets that lanes hold until their start is settled, in one flat array.
///
/// The first packet of a lane stands in the lane itself, so that a queue pair with a single packet
/// needs no room here. Room that a settled lane gives back is used again.
struct LaneStarts {
  /// In-order packets after which the first of them counts as the earliest.
  static let settledCount: Int32 = 8
  private static let roomCount = Int(settledCount) - 2
  /// With more lanes than this waiting, later ones settle at their second packet.
  private static let maximumRooms = 1 << 17

  private var packets: [LanePacket] = []
  private var freeRooms: [Int32] = []

  /// Room for the packets behind the first, or nil.
  mutating func makeRoom() -> Int32? {
    if let room = freeRooms.popLast() { return room }
    let room = packets.count / Self.roomCount
    guard room < Self.maximumRooms else { return nil }
    let empty = LanePacket(time: 0, wholeByteCount: 0, payloadByteCount: 0, opcode: .first)
    for _ in 0..<Self.roomCount { packets.append(empty) }
    return Int32(truncatingIfNeeded: room)
  }

  mutating func giveBack(_ room: Int32) {
    if room >= 0 { freeRooms.append(room) }
  }

  /// The packet `index` places behind the first, from 1 on.
  subscript(room: Int32, index: Int32) -> LanePacket {
    get { packets[Int(room) * Self.roomCount + Int(index) - 1] }
    set { packets[Int(room) * Self.roomCount + Int(index) - 1] = newValue }
  }
}

extension QueuePairLane {
  /// Holds a packet that comes in order, or settles the start with it.
  ///
  /// - Returns: false, and nothing is done, when it is out of order.
  mutating func holdAtStart(
    _ packet: LanePacket, sequence: UInt32, _ starts: inout LaneStarts,
    _ endpoints: Span<LaneEndpoints>,
    _ number: Int,
    into messages: inout AssembledMessages
  ) -> Bool {
    if packets == 0 {
      (start, bytes, declaredBytes) = (
        packet.time, Int64(packet.payloadByteCount), packet.wholeByteCount
      )
      opcode = packet.opcode.rawValue
    } else {
      guard sequence == expected else { return false }
      if packets == 1 { flow = starts.makeRoom() ?? -1 }
      if packets + 1 == LaneStarts.settledCount || flow < 0 {
        settle(&starts, endpoints, number, into: &messages)
        takeAnyway(packet, sequence: sequence, endpoints, number, into: &messages)
        return true
      }
      starts[flow, packets] = packet
    }
    packets += 1
    end = packet.time
    expected = SequenceNumber.advanced(sequence, by: 1)
    return true
  }

  /// One of the held packets, in their order.
  private func packetAtStart(_ index: Int32, _ starts: LaneStarts) -> LanePacket {
    if index > 0 { return starts[flow, index] }
    return LanePacket(
      time: start, wholeByteCount: declaredBytes,
      payloadByteCount: UInt16(truncatingIfNeeded: bytes),
      opcode: LaneOpcode(opcode) ?? .first)
  }

  private func sequenceAtStart(_ index: Int32) -> UInt32 {
    (expected &- UInt32(bitPattern: packets - index)) & SequenceNumber.mask
  }

  /// The held packets as a flow keeps them.
  func packetsAtStart(_ starts: LaneStarts, source: Int32) -> [QueuePairPacket] {
    (0..<packets).map {
      QueuePairPacket(packetAtStart($0, starts), sequence: sequenceAtStart($0), source: source)
    }
  }

  /// Takes the held packets: the first of them is the earliest.
  mutating func settle(
    _ starts: inout LaneStarts, _ endpoints: Span<LaneEndpoints>, _ number: Int,
    into messages: inout AssembledMessages
  ) {
    let held = self
    packets = 0
    flow = -1
    mode = .inOrder
    opcode = LaneOpcode.none
    guard held.packets > 0 else { return }
    marks = .isOpenAtStart
    orderChangesAt = SequenceNumber.advanced(
      held.sequenceAtStart(0), by: UInt32(QueuePairFlow.maximumJump) - QueuePairFlow.openStart)
    for index in 0..<held.packets {
      takeAnyway(
        held.packetAtStart(index, starts), sequence: held.sequenceAtStart(index), endpoints, number,
        into: &messages)
    }
    starts.giveBack(held.flow)
  }
}
