internal import PacketFormats
internal import TraceModel

/// The reliable connections between ranks: queue pair numbers and what they count.
struct QueuePairs {
  private let layout: Layout
  private let seed: UInt64
  private var numbers = KeyTable()
  /// Next packet sequence number and message sequence number of each direction.
  private var packetSequence: [UInt32] = []
  private var messageSequence: [UInt32] = []

  init(layout: Layout, seed: UInt64) {
    self.layout = layout
    self.seed = seed
  }

  /// The queue pair on the side of `rank` that talks to `peer`, unique on its NIC's address.
  ///
  /// - Parameter set: the communicator: NCCL connects each one's peers anew.
  func queuePair(at rank: Int, talkingTo peer: Int, set: Int) -> UInt32 {
    let gpu = set * layout.gpusPerServer + rank % layout.gpusPerServer
    return UInt32(truncatingIfNeeded: 0x100 + gpu * layout.rankCount + peer) & 0xFF_FFFF
  }

  /// Takes the sequence numbers of some packets and messages; returns the first of each.
  mutating func take(
    packets: Int, messages: Int, of flow: CaptureFlow
  ) -> (packet: UInt32, message: UInt32) {
    let key = UInt64(flow.set) << 56 | UInt64(flow.source) << 32 | UInt64(flow.destination)
    let number = numbers.number(of: key)
    if number == packetSequence.count {
      var random = RandomStream(seed: seed, purpose: key &+ 0x7073_6E00)
      packetSequence.append(UInt32(truncatingIfNeeded: random.next()) & 0xFF_FFFF)
      messageSequence.append(0)
    }
    defer {
      packetSequence[number] =
        (packetSequence[number] &+ UInt32(truncatingIfNeeded: packets)) & 0xFF_FFFF
      messageSequence[number] =
        (messageSequence[number] &+ UInt32(truncatingIfNeeded: messages)) & 0xFF_FFFF
    }
    return (packetSequence[number], messageSequence[number])
  }

  /// The Ethernet and IP side of a frame from one rank's NIC to another's.
  func frame(
    from source: Int, to destination: Int, set: Int, opcode: TransportOpcode
  ) -> RoCEFrame {
    let (near, far) = (nic(of: source), nic(of: destination))
    var frame = RoCEFrame(
      source: NetworkAddress(ipv4: near.address), destination: NetworkAddress(ipv4: far.address),
      base: BaseTransportHeader(
        opcode: opcode,
        destinationQueuePair: queuePair(
          at: destination, talkingTo: source, set: set), sequence: 0))
    frame.sourceMAC = near.mac
    frame.destinationMAC = far.mac
    // One UDP port per queue pair, so that equal-cost routes keep its packets in order.
    let spread =
      UInt32(truncatingIfNeeded: source &* 31 &+ destination &+ set &* 977)
      &* 0x9E37_79B1
    frame.sourcePort = 0xC000 | UInt16(truncatingIfNeeded: spread >> 18)
    return frame
  }

  /// GPU g sends through NIC g × NICs / GPUs of its server.
  private func nic(of rank: Int) -> (address: UInt32, mac: UInt64) {
    let server = UInt32(truncatingIfNeeded: rank / layout.gpusPerServer)
    let nic = UInt32(
      truncatingIfNeeded: rank % layout.gpusPerServer * layout.nicsPerServer / layout.gpusPerServer)
    return (
      10 << 24 | server << 8 | nic & 0xFF, 0x0200_0000_0000 | UInt64(server) << 8 | UInt64(nic)
    )
  }
}
