/// What one packet says about the movement of data: the innermost addresses and transport header.
///
/// A caller keeps one value and has each packet decoded into it, so that no packet allocates.
/// Fields of the transport that the packet does not use keep the values of an earlier packet.
public struct PacketSummary: Sendable {
  /// How the packet carries its data.
  public enum Carrier: UInt8, Sendable {
    case tcp
    /// RDMA over UDP port 4791.
    case roceV2
    /// RDMA directly over Ethernet, with a global route header.
    case roceV1
    /// RDMA over InfiniBand's own link layer.
    case infiniBand
  }

  public var carrier = Carrier.tcp
  public var source = NetworkAddress(high: 0, low: 0)
  public var destination = NetworkAddress(high: 0, low: 0)
  /// IP traffic class (DSCP and ECN); 0 without IP or GRH.
  public var trafficClass: UInt8 = 0
  /// UDP or TCP ports; 0 for RoCEv1 and InfiniBand.
  public var sourcePort: UInt16 = 0
  public var destinationPort: UInt16 = 0
  /// VXLAN or Geneve network (VNI) of the innermost tunnel; nil outside of these.
  public var virtualNetwork: UInt32?
  /// Payload on the wire, without pad and checksum, however little of it was captured.
  public var payloadByteCount = 0

  /// Bytes that would have to be captured of a packet that is skipped because the capture cut it.
  public var neededByteCount = 0

  /// Where the innermost network header (IP, GRH; LRH when there is no GRH) begins.
  public var networkOffset = 0
  /// Where the base transport header or the TCP header begins.
  public var transportOffset = 0

  // RDMA
  public var base = BaseTransportHeader(
    opcode: .reliableSendOnly, destinationQueuePair: 0, sequence: 0)
  /// What `base.opcode` says, worked out once.
  public var operation = TransportOpcode.Operation.send
  public var place = TransportOpcode.Place.only
  public var service = TransportOpcode.Service.reliableConnection
  public var extensionByteCount = 0
  /// RETH's length of the whole WRITE or READ; nil when there is none or the capture cut it.
  public var remoteByteCount: UInt32?
  /// Queue pair that a datagram comes from; 0 when the capture cut it.
  public var sourceQueuePair: UInt32 = 0
  /// AETH's syndrome; nil when there is none or the capture cut it.
  public var syndrome: UInt8?

  // TCP
  public var tcpSequence: UInt32 = 0
  public var tcpFlags: UInt8 = 0

  public init() {}

  /// Where the payload begins, for RDMA.
  public var payloadOffset: Int {
    transportOffset + BaseTransportHeader.byteCount + extensionByteCount
  }

  public static let tcpSynchronise: UInt8 = 2
}
