/// What a captured packet begins with: the link-layer types that are decoded here.
///
/// Raw values are the LINKTYPE numbers of capture files (tcpdump.org/linktypes.html).
public enum LinkType: UInt32, Sendable, Hashable, CaseIterable {
  /// BSD loopback: a four-byte address family in the byte order of the capturing machine.
  case loopback = 0
  case ethernet = 1
  case rawIP = 101
  case linuxCooked = 113
  /// Endace extensible record format: its own header, then Ethernet, IP or InfiniBand.
  case erf = 197
  case rawIPv4 = 228
  case rawIPv6 = 229
  /// Native InfiniBand, from the local route header on.
  case infiniBand = 247
  case linuxCooked2 = 276

  /// The name used in messages.
  public var name: String {
    switch self {
    case .loopback: "BSD loopback"
    case .ethernet: "Ethernet"
    case .rawIP: "raw IP"
    case .linuxCooked: "Linux cooked v1"
    case .erf: "ERF"
    case .rawIPv4: "raw IPv4"
    case .rawIPv6: "raw IPv6"
    case .infiniBand: "InfiniBand"
    case .linuxCooked2: "Linux cooked v2"
    }
  }
}
