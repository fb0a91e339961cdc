/// The operation code of an InfiniBand base transport header: transport service (top three bits)
/// and operation (low five), InfiniBand Architecture Specification volume 1, section 9.2.
public struct TransportOpcode: RawRepresentable, Sendable, Hashable {
  public var rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The transport service.
  public enum Service: UInt8, Sendable {
    case reliableConnection = 0
    case unreliableConnection = 1
    case reliableDatagram = 2
    case unreliableDatagram = 3
    /// Congestion notification; only 0x81 is defined.
    case congestion = 4
    case extendedReliable = 5
  }

  /// What the packet does, without its place in the message.
  public enum Operation: UInt8, Sendable {
    case send, write, readRequest, readResponse, acknowledge, atomicAcknowledge, atomic
    case congestionNotification, undefined
  }

  /// The packet's place in its message.
  public enum Place: UInt8, Sendable {
    case first, middle, last, only
    @inlinable public var begins: Bool { self == .first || self == .only }
    @inlinable public var ends: Bool { self == .last || self == .only }
  }

  /// Nil for the two reserved services and the manufacturers' codes.
  @inline(__always)
  public var service: Service? { Service(rawValue: rawValue >> 5) }

  public static let reliableSendFirst = TransportOpcode(rawValue: 0)
  public static let reliableSendMiddle = TransportOpcode(rawValue: 1)
  public static let reliableSendLast = TransportOpcode(rawValue: 2)
  public static let reliableSendLastImmediate = TransportOpcode(rawValue: 3)
  public static let reliableSendOnly = TransportOpcode(rawValue: 4)
  public static let reliableSendOnlyImmediate = TransportOpcode(rawValue: 5)
  public static let reliableWriteFirst = TransportOpcode(rawValue: 6)
  public static let reliableWriteMiddle = TransportOpcode(rawValue: 7)
  public static let reliableWriteLast = TransportOpcode(rawValue: 8)
  public static let reliableWriteLastImmediate = TransportOpcode(rawValue: 9)
  public static let reliableWriteOnly = TransportOpcode(rawValue: 10)
  public static let reliableReadRequest = TransportOpcode(rawValue: 12)
  public static let reliableReadResponseFirst = TransportOpcode(rawValue: 13)
  public static let reliableReadResponseMiddle = TransportOpcode(rawValue: 14)
  public static let reliableReadResponseLast = TransportOpcode(rawValue: 15)
  public static let reliableReadResponseOnly = TransportOpcode(rawValue: 16)
  public static let reliableAcknowledge = TransportOpcode(rawValue: 17)
  public static let reliableAtomicAcknowledge = TransportOpcode(rawValue: 18)
  public static let reliableFetchAdd = TransportOpcode(rawValue: 20)
  public static let datagramSendOnly = TransportOpcode(rawValue: 100)
  public static let congestionNotification = TransportOpcode(rawValue: 0x81)

  public var operation: Operation {
    guard let service else { return .undefined }
    let code = rawValue & 0x1F
    switch service {
    case .congestion: return code == 1 ? .congestionNotification : .undefined
    case .unreliableDatagram: return code == 4 || code == 5 ? .send : .undefined
    case .unreliableConnection: return code <= 5 ? .send : code <= 11 ? .write : .undefined
    case .reliableConnection, .reliableDatagram, .extendedReliable:
      switch code {
      case 0...5: return .send
      case 6...11: return .write
      case 12: return .readRequest
      case 13...16: return .readResponse
      case 17: return .acknowledge
      case 18: return .atomicAcknowledge
      case 19, 20: return .atomic
      case 22, 23: return service == .reliableDatagram ? .undefined : .send
      default: return .undefined
      }
    }
  }

  public var place: Place {
    switch rawValue & 0x1F {
    case 0, 6, 13: .first
    case 1, 7, 14: .middle
    case 2, 3, 8, 9, 15, 22: .last
    default: .only
    }
  }

  /// Which extension headers follow the base header, in the order of `ExtensionSet`'s bits.
  public var extensions: ExtensionSet {
    guard let service, operation != .undefined else { return [] }
    let code = rawValue & 0x1F
    var set = ExtensionSet.ofConnection(code: code)
    switch service {
    case .reliableConnection, .unreliableConnection: break
    case .congestion: set = []
    case .unreliableDatagram: set.insert(.datagram)
    case .reliableDatagram:
      set.insert(.reliableDatagram)
      if code < 13 || code > 18 { set.insert(.datagram) }
    case .extendedReliable:
      if code < 13 || code > 18 { set.insert(.extendedReliable) }
    }
    return set
  }
}

/// The extension headers of a packet; they stand in it in the order of the bits here.
public struct ExtensionSet: OptionSet, Sendable, Hashable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// RDETH, 4 bytes.
  public static let reliableDatagram = ExtensionSet(rawValue: 1 << 0)
  /// DETH, 8 bytes.
  public static let datagram = ExtensionSet(rawValue: 1 << 1)
  /// XRCETH, 4 bytes.
  public static let extendedReliable = ExtensionSet(rawValue: 1 << 2)
  /// RETH, 16 bytes.
  public static let remoteAccess = ExtensionSet(rawValue: 1 << 3)
  /// AtomicETH, 28 bytes.
  public static let atomic = ExtensionSet(rawValue: 1 << 4)
  /// AETH, 4 bytes.
  public static let acknowledge = ExtensionSet(rawValue: 1 << 5)
  /// AtomicAckETH, 8 bytes.
  public static let atomicAcknowledge = ExtensionSet(rawValue: 1 << 6)
  /// ImmDt, 4 bytes.
  public static let immediate = ExtensionSet(rawValue: 1 << 7)
  /// IETH, 4 bytes.
  public static let invalidate = ExtensionSet(rawValue: 1 << 8)

  /// Bytes that the headers of the set take together.
  public var byteCount: Int {
    var count = 0
    if contains(.reliableDatagram) { count += 4 }
    if contains(.datagram) { count += 8 }
    if contains(.extendedReliable) { count += 4 }
    if contains(.remoteAccess) { count += 16 }
    if contains(.atomic) { count += 28 }
    if contains(.acknowledge) { count += 4 }
    if contains(.atomicAcknowledge) { count += 8 }
    if contains(.immediate) { count += 4 }
    if contains(.invalidate) { count += 4 }
    return count
  }

  /// What a connected service's operation carries, whatever the service adds.
  static func ofConnection(code: UInt8) -> ExtensionSet {
    switch code {
    case 3, 5, 9: .immediate
    case 6, 10, 12: .remoteAccess
    case 11: [.remoteAccess, .immediate]
    case 13, 15, 16, 17: .acknowledge
    case 18: [.acknowledge, .atomicAcknowledge]
    case 19, 20: .atomic
    case 22, 23: .invalidate
    default: []
    }
  }
}
