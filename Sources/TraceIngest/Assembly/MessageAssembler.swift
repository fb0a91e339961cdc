internal import PacketFormats
internal import TraceModel

/// Turns decoded packets into messages and says of each packet what became of it.
struct MessageAssembler {
  private(set) var addresses: AddressTable
  private(set) var queuePairs: QueuePairAssembler
  private var datagrams: DatagramAssembler
  private var known = KnownFlows()
  private var connections: ConnectionAssembler
  /// The virtual network that each address was first seen in, plus one; 0 for none so far.
  private var networks: [UInt32] = []
  /// Whether an address was seen in several virtual networks.
  private var isInSeveralNetworks: [Bool] = []
  private(set) var rdmaPackets: Int64 = 0
  private(set) var tcpSegments: Int64 = 0
  /// Of `rdmaPackets`, those that were not decoded layer by layer.
  private(set) var shortWayPackets: Int64 = 0

  init(addresses: AddressTable, options: IngestOptions) {
    self.addresses = addresses
    queuePairs = QueuePairAssembler(
      usesLanes: options.takesShortWay, maximumLanes: options.maximumQueuePairs)
    connections = ConnectionAssembler(
      idleGapNanoseconds: options.idleGapNanoseconds,
      maximumConnections: options.maximumConnections)
    datagrams = DatagramAssembler(maximumFlows: options.maximumDatagramPairs)
  }

  /// What was found besides messages.
  var counts: AssemblyCounts {
    AssemblyCounts(
      rdmaPackets: rdmaPackets, tcpSegments: tcpSegments, shortWayPackets: shortWayPackets,
      unansweredReads: queuePairs.unansweredReads,
      unansweredReadBytes: queuePairs.unansweredReadBytes,
      unfinishedMessages: queuePairs.unfinishedMessages,
      queuePairRestarts: queuePairs.restarts, retiredQueuePairs: queuePairs.retired.queuePairs,
      retiredUnfinishedMessages: queuePairs.retired.unfinishedMessages,
      retiredConnections: connections.retiredConnections,
      retiredDatagramPairs: datagrams.retiredFlows)
  }

  /// Takes one packet; finished messages are appended.
  ///
  /// - Returns: nil when the packet carried data or asked for it, otherwise why it did not.
  mutating func accept(
    _ packet: PacketSummary, time: Int64, into messages: inout AssembledMessages
  ) -> SkipReason? {
    if packet.carrier == .tcp {
      tcpSegments += 1
      if packet.payloadByteCount == 0 {
        noteOpening(packet, into: &messages)
        return .tcpWithoutPayload
      }
    } else {
      rdmaPackets += 1
      if let reason = Self.reasonToSkip(packet) { return reason }
      if packet.service != .unreliableDatagram {
        return acceptConnected(packet, time: time, into: &messages)
      }
    }
    let source = addresses.number(of: packet.source)
    let destination = addresses.number(of: packet.destination)
    if addresses.isOutside(source) || addresses.isOutside(destination) { return .outsideLayout }
    if let network = packet.virtualNetwork {
      note(network, of: source)
      note(network, of: destination)
    }
    if packet.carrier == .tcp {
      connections.accept(
        packet, time: time, source: source, destination: destination, into: &messages)
    } else {
      datagrams.accept(
        packet, time: time, source: source, destination: destination, into: &messages)
    }
    return nil
  }

  /// Takes packets of the common kind for as long as there are some.
  mutating func takePlain(
    _ bytes: RawSpan, _ stretch: inout PlainStretch, _ framing: inout CaptureFraming,
    _ counts: inout PacketCounts, into messages: inout AssembledMessages
  ) {
    framing.takePlain(bytes, &stretch, &queuePairs, counts: &counts, into: &messages)
    rdmaPackets += stretch.packetCount
    shortWayPackets += stretch.packetCount
  }

  /// The addresses that were seen in several virtual networks.
  var addressesInSeveralNetworks: [NetworkAddress] {
    isInSeveralNetworks.indices.filter { isInSeveralNetworks[$0] }.map { addresses.addresses[$0] }
  }

  private mutating func note(_ network: UInt32, of address: Int32) {
    let index = Int(address)
    while networks.count <= index {
      networks.append(0)
      isInSeveralNetworks.append(false)
    }
    if networks[index] == 0 {
      networks[index] = network &+ 1
    } else if networks[index] != network &+ 1 {
      isInSeveralNetworks[index] = true
    }
  }

  /// Takes a packet of a connected queue pair.
  private mutating func acceptConnected(
    _ packet: PacketSummary, time: Int64, into messages: inout AssembledMessages
  ) -> SkipReason? {
    if let plainAddresses = packet.plainAddresses {
      return acceptPlain(packet, plainAddresses: plainAddresses, time: time, into: &messages)
    }
    let place = known.place(of: packet)
    // In a tunnel the network is to be noted too.
    if packet.virtualNetwork == nil, let entry = known.entry(at: place, for: packet) {
      queuePairs.accept(
        packet, time: time, source: entry.source, lane: entry.lane, into: &messages)
      return nil
    }
    let source = addresses.number(of: packet.source)
    let destination = addresses.number(of: packet.destination)
    if addresses.isOutside(source) || addresses.isOutside(destination) { return .outsideLayout }
    if let network = packet.virtualNetwork {
      note(network, of: source)
      note(network, of: destination)
    }
    let numbering = queuePairs.numbering
    let lane = queuePairs.lane(
      of: packet, source: source, destination: destination, into: &messages)
    if queuePairs.numbering != numbering { known = KnownFlows() }
    known.note(packet, source: source, lane: lane, at: known.place(of: packet))
    queuePairs.accept(packet, time: time, source: source, lane: lane, into: &messages)
    return nil
  }

  /// Takes a packet that the short way may take next time.
  private mutating func acceptPlain(
    _ packet: PacketSummary, plainAddresses: UInt64, time: Int64,
    into messages: inout AssembledMessages
  ) -> SkipReason? {
    let channel = packet.base.destinationQueuePair
    if let lane = queuePairs.notedLane(plainAddresses: plainAddresses, channel: channel) {
      queuePairs.accept(
        packet, time: time, source: queuePairs.endpoints[lane].source, lane: lane, into: &messages)
      return nil
    }
    let source = addresses.number(of: packet.source)
    let destination = addresses.number(of: packet.destination)
    if addresses.isOutside(source) || addresses.isOutside(destination) { return .outsideLayout }
    let numbering = queuePairs.numbering
    let lane = queuePairs.lane(
      of: packet, source: source, destination: destination, into: &messages)
    if queuePairs.numbering != numbering { known = KnownFlows() }
    queuePairs.accept(packet, time: time, source: source, lane: lane, into: &messages)
    queuePairs.note(lane, plainAddresses: plainAddresses)
    return nil
  }

  /// A connection may reuse the ports of one whose data was seen.
  private mutating func noteOpening(_ packet: PacketSummary, into messages: inout AssembledMessages)
  {
    guard packet.tcpFlags & PacketSummary.tcpSynchronise != 0,
      let source = addresses.existingNumber(of: packet.source),
      let destination = addresses.existingNumber(of: packet.destination)
    else { return }
    connections.open(packet, source: source, destination: destination, into: &messages)
  }

  /// Why an RDMA packet is no data, or nil.
  private static func reasonToSkip(_ packet: PacketSummary) -> SkipReason? {
    switch packet.operation {
    case .acknowledge:
      // Bits 5 and 6: 0 acknowledges, 1 asks to try again later, 3 refuses.
      guard let syndrome = packet.syndrome, syndrome & 0x60 != 0 else { return .acknowledgement }
      return .negativeAcknowledgement
    case .atomicAcknowledge: return .acknowledgement
    case .congestionNotification: return .congestionNotification
    case .undefined: return .undefinedOperation
    case .send, .write, .atomic, .readRequest, .readResponse: break
    }
    switch packet.service {
    case .reliableDatagram: return .reliableDatagram
    case .unreliableDatagram:
      if packet.base.destinationQueuePair == 1 { return .connectionManagement }
      if packet.base.destinationQueuePair == 0 { return .subnetManagement }
      return packet.destination.isMulticast ? .multicast : nil
    default: return nil
    }
  }

  /// Appends what is still open at the end of the input.
  mutating func finish(into messages: inout AssembledMessages) {
    queuePairs.finish(into: &messages)
    datagrams.finish(into: &messages)
    connections.finish(into: &messages)
  }
}
