internal import PacketFormats
internal import TraceModel

/// Bytes from one rank to another in one operation, as RDMA WRITEs.
struct CaptureFlow {
  var source: Int
  var destination: Int
  /// The set of queue pairs that its communicator has for itself, below 256.
  var set = 0
  /// Payload in the capture, after the reduction.
  var bytes: Int64
  var firstPacket: UInt32 = 0
  var firstMessage: UInt32 = 0

  /// Packets of all messages together.
  func packetCount(_ parameters: CaptureParameters) -> Int {
    let perMessage = Self.packets(of: parameters.messageBytes, parameters)
    let whole = bytes / parameters.messageBytes
    return Int(whole) * perMessage
      + Self.packets(of: bytes % parameters.messageBytes, parameters)
  }

  /// Number of WRITEs.
  func messageCount(_ parameters: CaptureParameters) -> Int {
    Int((bytes + parameters.messageBytes - 1) / parameters.messageBytes)
  }

  /// Where a packet stands: its message, and its place and payload in that.
  func place(ofPacket packet: Int, _ parameters: CaptureParameters) -> CapturePlace {
    let perMessage = Self.packets(of: parameters.messageBytes, parameters)
    let message = packet / perMessage
    let index = packet % perMessage
    let offset = Int64(message) * parameters.messageBytes
    let length = min(parameters.messageBytes, bytes - offset)
    let done = Int64(index) * Int64(parameters.pathMTU)
    return CapturePlace(
      message: message, offset: offset, messageBytes: length,
      payload: Int(min(Int64(parameters.pathMTU), length - done)), isFirst: index == 0,
      isLast: done + Int64(parameters.pathMTU) >= length)
  }

  private static func packets(of bytes: Int64, _ parameters: CaptureParameters) -> Int {
    Int((bytes + Int64(parameters.pathMTU) - 1) / Int64(parameters.pathMTU))
  }
}

/// One packet's place in its message.
struct CapturePlace {
  var message: Int
  /// Of the message in its flow.
  var offset: Int64
  var messageBytes: Int64
  var payload: Int
  var isFirst: Bool
  var isLast: Bool

  var opcode: TransportOpcode {
    switch (isFirst, isLast) {
    case (true, true): .reliableWriteOnly
    case (true, false): .reliableWriteFirst
    case (false, true): .reliableWriteLast
    case (false, false): .reliableWriteMiddle
    }
  }
}

/// One frame of a burst, to be put in order of time.
struct CaptureEvent {
  var time: Int64
  var flow: Int32
  /// Packet of the flow.
  var packet: Int32
  var isAcknowledgement: Bool

  /// Times may be equal: flow and packet decide, data before its acknowledgement.
  static func precedes(_ left: CaptureEvent, _ right: CaptureEvent) -> Bool {
    if left.time != right.time { return left.time < right.time }
    if left.flow != right.flow { return left.flow < right.flow }
    if left.packet != right.packet { return left.packet < right.packet }
    return !left.isAcknowledgement && right.isAcknowledgement
  }
}

/// The frames of one all-to-all: every flow is spread evenly over the burst, so that no NIC is
/// faster than its link and all flows end together, as they do under max-min fairness when the
/// busiest NIC decides.
/// - Precondition: all flows together have fewer than 2^31 packets.
func captureEvents(
  of flows: [CaptureFlow], start: Int64, duration: Int64, parameters: CaptureParameters,
  random: inout RandomStream
) -> [CaptureEvent] {
  var events: [CaptureEvent] = []
  for (number, flow) in flows.enumerated() {
    appendEvents(
      of: flow, number: number, start: start, duration: duration, parameters: parameters,
      random: &random, to: &events)
  }
  events.sort(by: CaptureEvent.precedes)
  return events
}

/// Appends the frames of one flow, spread evenly over a time.
func appendEvents(
  of flow: CaptureFlow, number: Int, start: Int64, duration: Int64, parameters: CaptureParameters,
  random: inout RandomStream, to events: inout [CaptureEvent]
) {
  let count = flow.packetCount(parameters)
  let spacing = Double(duration) / Double(max(1, count))
  let shift = random.unit()
  for packet in 0..<count {
    let time = start + Int64((Double(packet) + shift) * spacing)
    let event = CaptureEvent(
      time: time, flow: Int32(number), packet: Int32(packet), isAcknowledgement: false)
    events.append(event)
    if parameters.acknowledges && flow.place(ofPacket: packet, parameters).isLast {
      var answer = event
      answer.isAcknowledgement = true
      answer.time += acknowledgementDelayNanoseconds
      events.append(answer)
    }
  }
}

/// A round trip inside a data centre.
private let acknowledgementDelayNanoseconds: Int64 = 4_000
