/// Why a packet yields no data: understood and left out, or not understood at all.
public enum SkipReason: UInt8, Sendable, Hashable, CaseIterable {
  // Understood, and not data.
  case notIP
  case otherIPProtocol
  case otherUDP
  case laterFragment
  case tcpWithoutPayload
  case acknowledgement
  case negativeAcknowledgement
  case congestionNotification
  case connectionManagement
  case subnetManagement
  case multicast
  case reliableDatagram
  case undefinedOperation
  case withoutTransport
  case unsupportedLinkType
  case unfilteredLinkType
  case unsupportedTunnel
  case cutByCapture
  case rdmaCutByCapture
  case doesNotMatchFilter
  case outsideLayout
  // Not understood.
  case empty
  case headerIncomplete
  case impossibleIPHeader
  case impossibleLength
  case unknownTransportVersion
  case tooManyLayers
  case unknownInterface

  /// True when the packet contradicts its own format, so that the input counts as damaged.
  public var isMalformed: Bool { rawValue >= SkipReason.empty.rawValue }

  /// What the ledger says.
  public var sentence: String {
    switch self {
    case .notIP: "neither IP nor RDMA (ARP, LLDP, spanning tree and the like)"
    case .otherIPProtocol: "IP, but neither TCP nor UDP"
    case .otherUDP: "UDP to a port that carries no RDMA"
    case .laterFragment: "later fragment of an IP packet"
    case .tcpWithoutPayload: "TCP without payload"
    case .acknowledgement: "RDMA acknowledgement"
    case .negativeAcknowledgement: "RDMA negative acknowledgement"
    case .congestionNotification: "congestion notification (CNP)"
    case .connectionManagement: "connection management (datagram to queue pair 1)"
    case .subnetManagement: "subnet management (datagram to queue pair 0)"
    case .multicast: "multicast: no single destination"
    case .reliableDatagram: "reliable datagram transport, which is not assembled"
    case .undefinedOperation: "RDMA operation code that is not defined"
    case .withoutTransport: "InfiniBand packet without a transport header"
    case .unsupportedLinkType: "link type that is not decoded"
    case .unfilteredLinkType: "link type for which the filter has no meaning"
    case .unsupportedTunnel: "tunnel or mirror payload that is neither Ethernet nor IP"
    case .cutByCapture: "cut by the capture before the end of its headers"
    case .rdmaCutByCapture: "RDMA, cut by the capture before the end of its transport header"
    case .doesNotMatchFilter: "does not match the filter"
    case .outsideLayout: "address outside the layout"
    case .empty: "packet of zero bytes"
    case .headerIncomplete: "packet ends inside a header"
    case .impossibleIPHeader: "IP header with impossible version or length"
    case .impossibleLength: "lengths of nested headers contradict each other"
    case .unknownTransportVersion: "RDMA transport header of an unknown version"
    case .tooManyLayers: "more nested headers than any real packet has"
    case .unknownInterface: "interface that the file does not describe"
    }
  }
}
