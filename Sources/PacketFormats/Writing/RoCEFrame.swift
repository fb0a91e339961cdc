/// One RoCEv2 (or RoCEv1) frame to write: the headers' fields, without the payload.
public struct RoCEFrame: Sendable, Hashable {
  /// 48 bits.
  public var sourceMAC: UInt64 = 0x0200_0000_0001
  public var destinationMAC: UInt64 = 0x0200_0000_0002
  /// 802.1Q tag (priority, drop bit and VLAN number), or nil for none.
  public var tag: UInt16?
  /// Two IPv4 addresses give IPv4, anything else IPv6.
  public var source: NetworkAddress
  public var destination: NetworkAddress
  /// DSCP and ECN.
  public var trafficClass: UInt8 = 2
  public var hopLimit: UInt8 = 64
  public var identification: UInt16 = 0
  /// NICs choose it per queue pair, so that equal-cost routes spread.
  public var sourcePort: UInt16 = 49152
  /// RoCEv1: EtherType 0x8915 and a global route header in place of IP and UDP.
  public var isVersion1 = false
  /// The pad count is worked out when the frame is written.
  public var base: BaseTransportHeader
  public var extensions = ExtensionHeaders()

  public init(source: NetworkAddress, destination: NetworkAddress, base: BaseTransportHeader) {
    self.source = source
    self.destination = destination
    self.base = base
  }
}

/// Appends a whole frame, from Ethernet to a valid invariant CRC.
///
/// Payload is padded to words. The UDP checksum is 0 (not used), as RoCE NICs send it over IPv4 and IPv6.
///
/// - Precondition: the payload fits a frame, 65,000 bytes.
public func appendRoCEFrame(_ frame: RoCEFrame, payload: RawSpan, to bytes: inout [UInt8]) {
  precondition(payload.byteCount <= 65_000)
  var base = frame.base
  base.padCount = UInt8(truncatingIfNeeded: -payload.byteCount & 3)
  let set = base.opcode.extensions
  let transportByteCount =
    BaseTransportHeader.byteCount + set.byteCount + payload.byteCount + Int(base.padCount)
    + invariantCRCByteCount
  appendEthernet(frame, to: &bytes)
  let network = bytes.count
  appendNetwork(frame, transportByteCount: transportByteCount, to: &bytes)
  let transport = bytes.count
  base.append(to: &bytes)
  frame.extensions.append(set, to: &bytes)
  unsafe payload.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  for _ in 0..<base.padCount { bytes.append(0) }
  let crc = InvariantCRC.compute(
    unsafe bytes.span.bytes, carrier: frame.isVersion1 ? .roceV1 : .roceV2, network: network,
    transport: transport, end: bytes.count)
  bytes.append(littleEndian: crc)
}

/// Appends a whole frame whose payload is given as an array.
public func appendRoCEFrame(_ frame: RoCEFrame, payload: [UInt8] = [], to bytes: inout [UInt8]) {
  unsafe appendRoCEFrame(frame, payload: payload.span.bytes, to: &bytes)
}

private func appendEthernet(_ frame: RoCEFrame, to bytes: inout [UInt8]) {
  bytes.append(mac: frame.destinationMAC)
  bytes.append(mac: frame.sourceMAC)
  if let tag = frame.tag {
    bytes.append(bigEndian: 0x8100 as UInt16)
    bytes.append(bigEndian: tag)
  }
  let isIPv4 = frame.source.ipv4 != nil && frame.destination.ipv4 != nil
  bytes.append(bigEndian: frame.isVersion1 ? 0x8915 : isIPv4 ? 0x0800 : 0x86DD as UInt16)
}

private func appendNetwork(
  _ frame: RoCEFrame, transportByteCount: Int, to bytes: inout [UInt8]
) {
  if frame.isVersion1 {
    appendIPv6Header(
      from: frame.source, to: frame.destination, payloadByteCount: transportByteCount,
      nextHeader: 0x1B, trafficClass: frame.trafficClass, hopLimit: frame.hopLimit, to: &bytes)
    return
  }
  appendIPHeader(
    from: frame.source, to: frame.destination, payloadByteCount: transportByteCount + 8,
    protocolNumber: 17, trafficClass: frame.trafficClass, hopLimit: frame.hopLimit,
    identification: frame.identification, to: &bytes)
  appendUDPHeader(
    from: frame.sourcePort, to: 4791, payloadByteCount: transportByteCount, to: &bytes)
}
