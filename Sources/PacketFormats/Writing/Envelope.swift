/// What a network or a mirror port wraps around an Ethernet frame.
public enum Envelope: Sendable, Hashable {
  /// Two VLAN tags, 802.1ad outside and 802.1Q inside.
  case doubleTagged(outer: UInt16, inner: UInt16)
  case vxlan(network: UInt32)
  /// Option bytes are rounded up to words and announced as one option.
  case geneve(network: UInt32, optionByteCount: Int)
  /// Transparent Ethernet bridging in GRE, with a key.
  case gre(key: UInt32)
  case erspan1
  case erspan2(session: UInt16)
  /// With or without the 8 bytes of a platform's own header.
  case erspan3(session: UInt16, hasPlatformHeader: Bool)
  /// Linux cooked capture: replaces the Ethernet header.
  case linuxCooked
  case linuxCooked2
  /// No link layer: the frame's IP packet.
  case rawIP

  /// The link type of what `wrapping` returns.
  public var linkType: LinkType {
    switch self {
    case .linuxCooked: .linuxCooked
    case .linuxCooked2: .linuxCooked2
    case .rawIP: .rawIP
    default: .ethernet
    }
  }

  /// The frame in its envelope; tunnels run over IP between the two given addresses.
  ///
  /// - Precondition: `frame` is an untagged Ethernet frame.
  public func wrapping(
    _ frame: [UInt8], from source: NetworkAddress = NetworkAddress(ipv4: 0xC0A8_0001),
    to destination: NetworkAddress = NetworkAddress(ipv4: 0xC0A8_0002)
  ) -> [UInt8] {
    precondition(frame.count >= 14)
    switch self {
    case .doubleTagged(let outer, let inner):
      var bytes = Array(frame[..<12])
      bytes.append(bigEndian: 0x88A8 as UInt16)
      bytes.append(bigEndian: outer)
      bytes.append(bigEndian: 0x8100 as UInt16)
      bytes.append(bigEndian: inner)
      return bytes + frame[12...]
    case .linuxCooked:
      return [0, 0, 0, 1, 0, 6] + frame[6..<12] + [0, 0] + frame[12...]
    case .linuxCooked2:
      return frame[12..<14] + [0, 0, 0, 0, 0, 2, 0, 1, 0, 6] + frame[6..<12] + [0, 0] + frame[14...]
    case .rawIP: return Array(frame[14...])
    default: return tunnelled(frame, from: source, to: destination)
    }
  }

  private func tunnelled(
    _ frame: [UInt8], from source: NetworkAddress, to destination: NetworkAddress
  ) -> [UInt8] {
    let tunnel = tunnelHeader
    var bytes: [UInt8] = []
    bytes.append(mac: 0x0200_0000_00FE)
    bytes.append(mac: 0x0200_0000_00FD)
    let isIPv4 = source.ipv4 != nil && destination.ipv4 != nil
    bytes.append(bigEndian: isIPv4 ? 0x0800 : 0x86DD as UInt16)
    let byteCount = tunnel.count + frame.count
    if let udpPort {
      appendIPHeader(
        from: source, to: destination, payloadByteCount: byteCount + 8, protocolNumber: 17,
        to: &bytes)
      appendUDPHeader(from: 40_000, to: udpPort, payloadByteCount: byteCount, to: &bytes)
    } else {
      appendIPHeader(
        from: source, to: destination, payloadByteCount: byteCount, protocolNumber: 47, to: &bytes)
    }
    return bytes + tunnel + frame
  }

  private var udpPort: UInt16? {
    switch self {
    case .vxlan: 4789
    case .geneve: 6081
    default: nil
    }
  }

  private var tunnelHeader: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .vxlan(let network):
      bytes.append(bigEndian: 0x0800_0000 as UInt32)
      bytes.append(bigEndian: network << 8)
    case .geneve(let network, let optionByteCount):
      let words = min(31, (optionByteCount + 3) / 4)
      bytes.append(UInt8(words == 0 ? 0 : words + 1))
      bytes.append(0)
      bytes.append(bigEndian: 0x6558 as UInt16)
      bytes.append(bigEndian: network << 8)
      if words > 0 {
        bytes.append(bigEndian: 0xFFFF as UInt16)
        bytes += [0x01, UInt8(words)] + [UInt8](repeating: 0xA5, count: words * 4)
      }
    case .gre(let key):
      bytes.append(bigEndian: 0x2000_6558 as UInt32)
      bytes.append(bigEndian: key)
    case .erspan1: bytes.append(bigEndian: 0x0000_88BE as UInt32)
    case .erspan2(let session):
      bytes.append(bigEndian: 0x1000_88BE as UInt32)
      bytes.append(bigEndian: 7 as UInt32)
      bytes.append(bigEndian: 0x1001_0000 | UInt32(session & 0x3FF))
      bytes.append(bigEndian: 1 as UInt32)
    case .erspan3(let session, let hasPlatformHeader):
      bytes.append(bigEndian: 0x1000_22EB as UInt32)
      bytes.append(bigEndian: 7 as UInt32)
      bytes.append(bigEndian: 0x2001_0000 | UInt32(session & 0x3FF))
      bytes.append(bigEndian: 12_345 as UInt32)
      bytes.append(bigEndian: hasPlatformHeader ? 1 : 0 as UInt32)
      if hasPlatformHeader { bytes.append(bigEndian: 0x0C00_0000_0000_0000 as UInt64) }
    case .doubleTagged, .linuxCooked, .linuxCooked2, .rawIP: break
    }
    return bytes
  }
}
