internal import ByteStreams
internal import PacketFormats
internal import TraceModel

/// One capture file that is being read: bytes, records, counts, and the time of its next packet.
final class CaptureFile {
  /// Bytes read at a time: what was copied should still be near when it is parsed.
  private static let chunkByteCount = 256 << 10
  /// Bytes searched for the next good record behind a damaged one.
  private static let maximumSearchByteCount = 1 << 20

  let name: String
  private let source: ByteSource
  private var window: ByteWindow
  private var framing: CaptureFraming
  private var routes: [CapturePipeline.Route] = []
  /// Bytes of a block without packets that are still to be passed over.
  private var bytesToSkip = 0
  private(set) var counts = PacketCounts()
  private(set) var truncation: String?
  /// The time of the next packet; nil before the first and after the last.
  private(set) var nextTime: Int64?
  /// The time of the last packet that was read.
  private(set) var lastTime: Int64?
  private(set) var isFinished = false

  init(path: String) throws(IngestError) {
    do throws(ByteStreamError) {
      source = try ByteSource(path: path)
      window = ByteWindow(source, chunkBytes: Self.chunkByteCount)
      _ = try window.fill(atLeast: PcapFraming.headerByteCount)
    } catch {
      throw IngestError(error.message, at: error.file, advice: error.advice)
    }
    name = source.name
    let fileName = source.name
    let found = window.withBytes { CaptureFraming($0, fileName: fileName) }
    guard let found else { throw Self.notACapture(window, name: fileName) }
    framing = found
    window.consume(found.headerByteCount)
  }

  private static func notACapture(_ window: borrowing ByteWindow, name: String) -> IngestError {
    if window.available == 0 {
      return IngestError(
        "the file is empty", at: name,
        advice: "Whatever writes it may not have finished or not started.")
    }
    if window.withBytes({ CaptureFraming.isCut($0) }) {
      return IngestError(
        "is cut inside its file header: it has \(window.available) bytes", at: name,
        advice: "Nothing can be read from it; copy or record it again.")
    }
    let isModified = window.withBytes { bytes in
      bytes.byteCount >= 4 && [0xA1B2_CD34, 0x34CD_B2A1].contains(bytes.uint32(at: 0))
    }
    if isModified {
      return IngestError(
        "is a pcap file of the modified kind that some old Linux systems wrote", at: name,
        advice: "Convert it with editcap -F pcap.")
    }
    return IngestError(
      "is no packet capture: it begins neither like pcap nor like pcapng", at: name,
      advice: "ERF files are read when their name ends in .erf, .erf.gz or .erf.zst.")
  }

  /// Format and compression, "pcap (nanoseconds), zstd".
  var format: String {
    framing.name + (source.compression == .none ? "" : ", \(source.compression.name)")
  }

  var byteCountOnDisk: Int64? { source.compressedByteCount }
  var bytesReadOnDisk: Int64 { source.compressedBytesRead }

  /// Why parsing a window stopped.
  private enum Stop {
    /// A packet later than the limit is next.
    case later(Int64)
    case needsMore(Int)
    case damaged(CaptureDamage)
  }

  /// Reads on until the window is used up or the next packet is later than `limit`.
  ///
  /// Always reads at least one packet when there is one.
  func advance(until limit: Int64, into pipeline: inout CapturePipeline) {
    guard !isFinished else { return }
    nextTime = nil
    switch parseWindow(until: limit, into: &pipeline) {
    case .later(let time): nextTime = time
    case .needsMore(let byteCount): fill(atLeast: byteCount)
    case .damaged(let damage): passOver(damage)
    }
  }

  private func parseWindow(
    until limit: Int64, into pipeline: inout CapturePipeline
  ) -> Stop {
    skipBytes()
    guard bytesToSkip == 0 else { return .needsMore(1) }
    // Locals, because properties of a class cost too much for each packet.
    var framing = self.framing
    var counts = self.counts
    var routes = self.routes
    var lastTime = self.lastTime
    var offset = 0
    let start = window.position
    let stop = window.withBytes { bytes in
      Self.parse(
        bytes, from: &offset, start: start, limit: limit, &framing, &routes, &counts, &lastTime,
        &pipeline)
    }
    self.framing = framing
    self.counts = counts
    self.routes = routes
    self.lastTime = lastTime
    consume(offset)
    return stop
  }

  /// The loop over the records of a window.
  private static func parse(
    _ bytes: RawSpan, from offset: inout Int, start: Int64, limit: Int64,
    _ framing: inout CaptureFraming, _ routes: inout [CapturePipeline.Route],
    _ counts: inout PacketCounts, _ lastTime: inout Int64?, _ pipeline: inout CapturePipeline
  ) -> Stop {
    var isFirst = true
    while true {
      let stretch = PlainStretch(offset: offset, start: start, after: lastTime, limit: limit)
      if let plain = pipeline.takePlain(bytes, stretch, &framing, &counts) {
        isFirst = false
        (offset, lastTime) = (plain.offset, plain.lastTime)
      }
      let position = start + Int64(offset)
      switch framing.next(bytes, at: offset) {
      case .packet(let packet, let recordByteCount):
        if packet.time > limit, !isFirst { return .later(packet.time) }
        isFirst = false
        while routes.count <= packet.interface {
          routes.append(pipeline.route(for: framing.interface(routes.count)))
        }
        pipeline.accept(
          packet, in: bytes, route: routes[packet.interface], position: position, counts: &counts)
        if packet.hasTime {
          counts.jumps.note(packet.time, after: lastTime, number: counts.read, position: position)
        }
        lastTime = packet.time
        offset += recordByteCount
      case .other(let byteCount):
        offset += byteCount
        if offset >= bytes.byteCount { return .needsMore(1) }
      case .section(let byteCount):
        routes.removeAll(keepingCapacity: true)
        offset += byteCount
      case .malformed(let reason, let recordByteCount):
        counts.count(reason, position: position)
        offset += recordByteCount
      case .needsMore(let byteCount): return .needsMore(byteCount)
      case .damaged(let damage): return .damaged(damage)
      }
    }
  }

  private func consume(_ byteCount: Int) {
    let inWindow = min(byteCount, window.available)
    window.consume(inWindow)
    bytesToSkip = byteCount - inWindow
  }

  private func skipBytes() {
    let count = min(bytesToSkip, window.available)
    window.consume(count)
    bytesToSkip -= count
  }

  private func fill(atLeast byteCount: Int) {
    do throws(ByteStreamError) {
      if try window.fill(atLeast: byteCount) { return }
      if bytesToSkip > 0 {
        finish("the file ends inside a block that holds no packets")
      } else if window.available > 0 {
        finish(
          "the file ends inside a record: \(window.available) of \(byteCount) or more bytes of it "
            + "are there, at byte \(window.position)")
      } else {
        finish(nil)
      }
    } catch {
      finish("\(error.message), at byte \(window.position) of the content")
    }
  }

  /// Finds the next good record, or ends the file.
  private func passOver(_ damage: CaptureDamage) {
    let position = window.position
    // Failing to read further is found again, and told, by the next fill.
    _ = try? window.fill(atLeast: Self.maximumSearchByteCount)
    let framing = self.framing
    let lastTime = self.lastTime
    let found = window.withBytes { framing.resynchronised($0, near: lastTime) }
    if let found {
      counts.countDamagedRecord(position: position, byteCount: found)
      window.consume(found)
    } else {
      finish("at byte \(position) \(damage.sentence); nothing after it can be read")
    }
  }

  private func finish(_ words: String?) {
    isFinished = true
    truncation = words
  }
}
