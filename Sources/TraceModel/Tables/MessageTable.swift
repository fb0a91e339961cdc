/// How the bytes of a message travelled.
public enum MessageKind: UInt8, Sendable, Hashable, CaseIterable {
  case send = 0
  case write = 1
  /// RDMA READ: counted from the responder (who holds the data) to the requester.
  case read = 2
  case atomic = 3
  /// All new bytes of one TCP connection and direction between two idle gaps.
  case tcp = 4
  /// Unreliable datagram.
  case datagram = 5

  /// The word used in tables and files.
  public var name: String {
    switch self {
    case .send: "send"
    case .write: "write"
    case .read: "read"
    case .atomic: "atomic"
    case .tcp: "tcp"
    case .datagram: "datagram"
    }
  }
}

/// Bytes between two network addresses, before they are attributed to an operation.
public struct Message: Sendable, Hashable {
  /// Address ids: indices into `Layout.addresses`.
  public var source: Int32
  public var destination: Int32
  /// Destination queue pair, or a number for the TCP connection.
  public var channel: UInt32
  public var kind: MessageKind
  /// Nanoseconds since 1970, first and last packet.
  public var start: Int64
  public var end: Int64
  /// Payload delivered: each byte once, without pads, immediates and checksums.
  public var bytes: Int64
  /// Payload seen again (retransmissions and mirror duplicates).
  public var repeatedBytes: Int64
  public var packets: Int32
  /// Packets that the sequence numbers say existed but the capture does not hold.
  public var missingPackets: Int32

  public init(
    source: Int32, destination: Int32, channel: UInt32, kind: MessageKind, start: Int64,
    end: Int64, bytes: Int64, repeatedBytes: Int64 = 0, packets: Int32, missingPackets: Int32 = 0
  ) {
    self.source = source
    self.destination = destination
    self.channel = channel
    self.kind = kind
    self.start = start
    self.end = end
    self.bytes = bytes
    self.repeatedBytes = repeatedBytes
    self.packets = packets
    self.missingPackets = missingPackets
  }
}

/// Messages as parallel columns; a capture has millions.
public struct MessageTable: Sendable, Hashable {
  public var source: [Int32] = []
  public var destination: [Int32] = []
  public var channel: [UInt32] = []
  public var kind: [MessageKind] = []
  public var start: [Int64] = []
  public var end: [Int64] = []
  public var bytes: [Int64] = []
  public var repeatedBytes: [Int64] = []
  public var packets: [Int32] = []
  public var missingPackets: [Int32] = []

  public init() {}

  /// The same messages in columns.
  package init(_ rows: [Message]) {
    source = rows.map { $0.source }
    destination = rows.map { $0.destination }
    channel = rows.map { $0.channel }
    kind = rows.map { $0.kind }
    start = rows.map { $0.start }
    end = rows.map { $0.end }
    bytes = rows.map { $0.bytes }
    repeatedBytes = rows.map { $0.repeatedBytes }
    packets = rows.map { $0.packets }
    missingPackets = rows.map { $0.missingPackets }
  }

  public var count: Int { source.count }

  public subscript(row: Int) -> Message {
    Message(
      source: source[row], destination: destination[row], channel: channel[row], kind: kind[row],
      start: start[row], end: end[row], bytes: bytes[row], repeatedBytes: repeatedBytes[row],
      packets: packets[row], missingPackets: missingPackets[row])
  }

  public mutating func append(_ message: Message) {
    source.append(message.source)
    destination.append(message.destination)
    channel.append(message.channel)
    kind.append(message.kind)
    start.append(message.start)
    end.append(message.end)
    bytes.append(message.bytes)
    repeatedBytes.append(message.repeatedBytes)
    packets.append(message.packets)
    missingPackets.append(message.missingPackets)
  }

  /// Empties the columns and keeps their storage.
  public mutating func removeAll() {
    source.removeAll(keepingCapacity: true)
    destination.removeAll(keepingCapacity: true)
    channel.removeAll(keepingCapacity: true)
    kind.removeAll(keepingCapacity: true)
    start.removeAll(keepingCapacity: true)
    end.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    repeatedBytes.removeAll(keepingCapacity: true)
    packets.removeAll(keepingCapacity: true)
    missingPackets.removeAll(keepingCapacity: true)
  }
}
