extension [UInt8] {
  /// Appends the low 48 bits.
  mutating func append(mac address: UInt64) {
    append(bigEndian: UInt16(truncatingIfNeeded: address >> 32))
    append(bigEndian: UInt32(truncatingIfNeeded: address))
  }
}

/// Appends an IPv4 header when both addresses are IPv4, otherwise an IPv6 header.
func appendIPHeader(
  from source: NetworkAddress, to destination: NetworkAddress, payloadByteCount: Int,
  protocolNumber: UInt8, trafficClass: UInt8 = 0, hopLimit: UInt8 = 64,
  identification: UInt16 = 0, to bytes: inout [UInt8]
) {
  guard let sourceIPv4 = source.ipv4, let destinationIPv4 = destination.ipv4 else {
    return appendIPv6Header(
      from: source, to: destination, payloadByteCount: payloadByteCount,
      nextHeader: protocolNumber, trafficClass: trafficClass, hopLimit: hopLimit, to: &bytes)
  }
  let start = bytes.count
  bytes.append(0x45)
  bytes.append(trafficClass)
  bytes.append(bigEndian: UInt16(truncatingIfNeeded: 20 + payloadByteCount))
  bytes.append(bigEndian: identification)
  bytes.append(bigEndian: 0x4000 as UInt16)
  bytes.append(hopLimit)
  bytes.append(protocolNumber)
  bytes.append(bigEndian: 0 as UInt16)
  bytes.append(bigEndian: sourceIPv4)
  bytes.append(bigEndian: destinationIPv4)
  bytes.set(bigEndian: internetChecksum(bytes[start...]), at: start + 10)
}

func appendIPv6Header(
  from source: NetworkAddress, to destination: NetworkAddress, payloadByteCount: Int,
  nextHeader: UInt8, trafficClass: UInt8, hopLimit: UInt8, to bytes: inout [UInt8]
) {
  bytes.append(bigEndian: 6 << 28 | UInt32(trafficClass) << 20)
  bytes.append(bigEndian: UInt16(truncatingIfNeeded: payloadByteCount))
  bytes.append(nextHeader)
  bytes.append(hopLimit)
  bytes.append(bigEndian: source.high)
  bytes.append(bigEndian: source.low)
  bytes.append(bigEndian: destination.high)
  bytes.append(bigEndian: destination.low)
}

func appendUDPHeader(
  from source: UInt16, to destination: UInt16, payloadByteCount: Int, to bytes: inout [UInt8]
) {
  bytes.append(bigEndian: source)
  bytes.append(bigEndian: destination)
  bytes.append(bigEndian: UInt16(truncatingIfNeeded: 8 + payloadByteCount))
  bytes.append(bigEndian: 0 as UInt16)
}

/// The ones'-complement sum of 16-bit words (RFC 1071).
func internetChecksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
  var sum: UInt32 = 0
  for (index, byte) in bytes.enumerated() {
    sum += index & 1 == 0 ? UInt32(byte) << 8 : UInt32(byte)
  }
  while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
  return ~UInt16(truncatingIfNeeded: sum)
}
