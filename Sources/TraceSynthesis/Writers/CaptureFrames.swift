internal import ByteStreams
internal import PacketFormats
internal import TraceModel

/// The file of a capture that is being written, frame by frame in the order of time.
struct CaptureFrames {
  private let parameters: CaptureParameters
  private let writer: CompressedWriter
  private let payload: [UInt8]
  private var queuePairs: QueuePairs
  private var frame: [UInt8] = []
  private(set) var packetCount: Int64 = 0

  init(layout: Layout, seed: UInt64, parameters: CaptureParameters, path: String) throws {
    self.parameters = parameters
    writer = try CompressedWriter(path: path)
    payload = [UInt8](repeating: 0, count: parameters.pathMTU)
    queuePairs = QueuePairs(layout: layout, seed: seed)
    var header: [UInt8] = []
    appendPcapHeader(
      resolution: .nanoseconds, snapLength: UInt32(clamping: parameters.snapLength), to: &header)
    try writer.write(header)
  }

  /// Gives a flow the sequence numbers that follow those of the flow before it on its queue pair.
  ///
  /// - Returns: the number of its messages.
  mutating func number(_ flow: inout CaptureFlow) -> Int {
    let messages = flow.messageCount(parameters)
    let first = queuePairs.take(
      packets: flow.packetCount(parameters), messages: messages, of: flow)
    flow.firstPacket = first.packet
    flow.firstMessage = first.message
    return messages
  }

  /// The queue pair that a flow's packets name.
  func destinationQueuePair(of flow: CaptureFlow) -> UInt32 {
    queuePairs.queuePair(at: flow.destination, talkingTo: flow.source, set: flow.set)
  }

  mutating func append(_ event: CaptureEvent, of flow: CaptureFlow) throws {
    frame.removeAll(keepingCapacity: true)
    if event.isAcknowledgement {
      appendAcknowledgement(of: Int(event.packet), flow)
    } else {
      appendData(of: Int(event.packet), flow)
    }
    var record: [UInt8] = []
    appendPcapRecord(
      frame.prefix(parameters.snapLength), nanoseconds: event.time, wireByteCount: frame.count,
      to: &record)
    try writer.write(record)
    packetCount += 1
  }

  /// Gives the file its final name.
  func finish() throws { try writer.commit() }

  private mutating func appendData(of packet: Int, _ flow: CaptureFlow) {
    let place = flow.place(ofPacket: packet, parameters)
    var header = queuePairs.frame(
      from: flow.source, to: flow.destination, set: flow.set, opcode: place.opcode)
    header.base.sequence =
      (flow.firstPacket &+ UInt32(truncatingIfNeeded: packet)) & 0xFF_FFFF
    header.base.requestsAcknowledge = place.isLast
    header.extensions.virtualAddress = 0x7F00_0000_0000 + UInt64(clamping: place.offset)
    header.extensions.remoteKey = 0x1000 + UInt32(truncatingIfNeeded: flow.source)
    header.extensions.remoteByteCount = UInt32(clamping: place.messageBytes)
    let payload = payload
    appendRoCEFrame(
      header, payload: unsafe payload.span.bytes.extracting(first: place.payload), to: &frame)
  }

  private mutating func appendAcknowledgement(of packet: Int, _ flow: CaptureFlow) {
    let place = flow.place(ofPacket: packet, parameters)
    var header = queuePairs.frame(
      from: flow.destination, to: flow.source, set: flow.set, opcode: .reliableAcknowledge)
    header.base.sequence =
      (flow.firstPacket &+ UInt32(truncatingIfNeeded: packet)) & 0xFF_FFFF
    // ACK without an end-to-end credit count.
    header.extensions.syndrome = 0x1F
    header.extensions.messageSequence =
      (flow.firstMessage &+ UInt32(truncatingIfNeeded: place.message) &+ 1) & 0xFF_FFFF
    appendRoCEFrame(header, to: &frame)
  }
}
