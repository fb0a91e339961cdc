internal import PacketFormats

/// What the short way keeps of a packet of a SEND or WRITE: 16 bytes.
struct LanePacket {
  var time: Int64
  /// RETH's length of the whole WRITE, where there is one.
  var wholeByteCount: UInt32
  var payloadByteCount: UInt16
  var opcode: LaneOpcode
}

/// The operation code of a SEND or WRITE on a connected queue pair, reliable or not.
///
/// What it says is read from the bits of constants, one for each of the twelve codes: that is
/// quicker than a table for each packet.
package struct LaneOpcode: Sendable {
  let rawValue: UInt8

  /// The first packet of a SEND.
  static var first: LaneOpcode { LaneOpcode(sendFirst: ()) }

  private init(sendFirst: Void) { rawValue = 0 }

  /// Nil for every other operation.
  @inline(__always)
  package init?(_ rawValue: UInt8) {
    guard rawValue < 0x40, 0x0FFF_0000_0FFF as UInt64 &>> UInt64(rawValue) & 1 != 0 else {
      return nil
    }
    self.rawValue = rawValue
  }

  /// No operation code.
  static var none: UInt8 { .max }

  /// The code of the packets in the middle of this one's message.
  @inline(__always) var middle: UInt8 { rawValue & 0x20 | (isWrite ? 7 : 1) }

  /// Among the six of SENDs and the six of WRITEs, without the service.
  @inline(__always) private var number: UInt8 { rawValue & 0xF }

  @inline(__always)
  private func bit(of set: UInt16) -> Bool { set &>> UInt16(number) & 1 != 0 }

  @inline(__always) package var isWrite: Bool { number >= 6 }
  /// First or only packet.
  @inline(__always) package var begins: Bool { bit(of: 0b1100_0111_0001) }
  /// Last or only packet.
  @inline(__always) package var ends: Bool { bit(of: 0b1111_0011_1100) }
  /// Words of RETH, 4, and immediate data, 1.
  @inline(__always) private var extensionWordCount: Int {
    Int(truncatingIfNeeded: 0x5410_0410_1000 as UInt64 &>> UInt64(4 &* number) & 0xF)
  }
  @inline(__always) package var hasRemoteAccess: Bool { extensionWordCount & 4 != 0 }
  /// Of RETH and immediate data.
  @inline(__always) package var extensionByteCount: Int { 4 &* extensionWordCount }
}

extension LanePacket {
  /// Nil when the packet is no SEND or WRITE, or when the capture cut its RETH.
  @inline(__always)
  init?(_ packet: PacketSummary, time: Int64) {
    guard let opcode = LaneOpcode(packet.base.opcode.rawValue) else { return nil }
    guard packet.remoteByteCount != nil || !opcode.hasRemoteAccess else { return nil }
    self.init(
      time: time, wholeByteCount: packet.remoteByteCount ?? 0,
      payloadByteCount: UInt16(truncatingIfNeeded: packet.payloadByteCount), opcode: opcode)
  }
}

extension QueuePairPacket {
  /// The same as a flow keeps it.
  init(_ packet: LanePacket, sequence: UInt32, source: Int32) {
    time = packet.time
    payloadByteCount = Int64(packet.payloadByteCount)
    wholeByteCount = packet.opcode.hasRemoteAccess ? Int64(packet.wholeByteCount) : nil
    self.sequence = sequence
    self.source = source
    let opcode = TransportOpcode(rawValue: packet.opcode.rawValue)
    operation = opcode.operation
    place = opcode.place
    isPlain = true
  }
}
