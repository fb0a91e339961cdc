internal import ByteStreams
internal import PacketFormats

/// The packets of a capture file as records, without looking into them.
package enum CaptureListing {
  /// One packet record.
  package struct Record: Sendable, Hashable {
    /// Nanoseconds since 1970.
    package var time: Int64
    package var capturedByteCount: Int
    package var wireByteCount: Int
    /// LINKTYPE number.
    package var linkTypeNumber: UInt32
  }

  /// All records up to the end of the file or its first damage; memory grows with their number.
  package static func packets(path: String) throws -> [Record] {
    let source = try ByteSource(path: path)
    var window = ByteWindow(source)
    _ = try window.fill(atLeast: PcapFraming.headerByteCount)
    guard var framing = window.withBytes({ CaptureFraming($0, fileName: source.name) }) else {
      return []
    }
    window.consume(framing.headerByteCount)
    var records: [Record] = []
    while true {
      switch window.withBytes({ framing.next($0, at: 0) }) {
      case .packet(let packet, let byteCount):
        records.append(
          Record(
            time: packet.time, capturedByteCount: packet.capturedByteCount,
            wireByteCount: packet.wireByteCount,
            linkTypeNumber: framing.interface(packet.interface).linkTypeNumber))
        window.consume(byteCount)
      case .other(let byteCount), .section(let byteCount), .malformed(_, let byteCount):
        guard try window.fill(atLeast: byteCount) else { return records }
        window.consume(byteCount)
      case .needsMore(let byteCount):
        guard try window.fill(atLeast: byteCount) else { return records }
      case .damaged: return records
      }
    }
  }
}
