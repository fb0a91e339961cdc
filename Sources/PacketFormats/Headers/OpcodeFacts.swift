/// What a packet's operation code says about it, worked out once for each of the 256 codes.
struct OpcodeFacts {
  var operation: TransportOpcode.Operation
  var place: TransportOpcode.Place
  /// Bytes of all extension headers together.
  var extensionByteCount: UInt8
  /// Bytes of those that stand before the remote access or acknowledge header.
  var precedingByteCount: UInt8
  var hasRemoteAccess: Bool
  var hasAcknowledge: Bool

  private static let table: [OpcodeFacts] = (0...UInt8.max).map { OpcodeFacts($0) }

  @inline(__always)
  static func of(_ opcode: TransportOpcode) -> OpcodeFacts { table[Int(opcode.rawValue)] }

  private init(_ rawValue: UInt8) {
    let opcode = TransportOpcode(rawValue: rawValue)
    let set = opcode.extensions
    let preceding = set.intersection([.reliableDatagram, .datagram, .extendedReliable])
    operation = opcode.operation
    place = opcode.place
    extensionByteCount = UInt8(set.byteCount)
    precedingByteCount = UInt8(preceding.byteCount)
    hasRemoteAccess = set.contains(.remoteAccess)
    hasAcknowledge = set.contains(.acknowledge)
  }
}
