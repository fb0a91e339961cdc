internal import ByteStreams
internal import Dispatch
internal import Glibc
internal import PacketFormats
internal import TraceModel

/// Capture files of limited size, of which the oldest make room for new ones.
///
/// The file that is being written has a name of its own, ending in `.partial`, and is readable up to
/// its last flush; it gets its final name when it is whole.
struct CaptureRing {
  struct File {
    var path: String
    var packets: Int64
  }

  private static let bufferByteCount = 1 << 20
  /// Closing a file waits for the disk, which must not stop recording.
  private let closing = DispatchQueue(label: "finished capture files")
  private let failure = Locked<IngestError?>(nil)

  private let options: LiveCapture.Options
  private let resolution: PcapResolution
  private let linkTypeNumber: UInt32
  private let prefix: String
  private var buffer: [UInt8] = []
  private var file: AtomicFile?
  private var fileByteCount: Int64 = 0
  private var fileStart: Int64 = 0
  private var filePackets: Int64 = 0
  private var fileNumber = 0
  /// Whole files that are there.
  private(set) var files: [File] = []
  private(set) var removed = (files: 0, packets: Int64(0))

  init(_ options: LiveCapture.Options, _ interface: LiveInterface) throws(IngestError) {
    self.options = options
    resolution = interface.hasNanoseconds ? .nanoseconds : .microseconds
    linkTypeNumber = interface.linkTypeNumber
    try Self.makeFolder(options.folder)
    let name = options.interface.map { $0 == "/" ? "_" : String($0) }.joined()
    prefix = "\(options.folder)/\(name)-\(Self.dateAndTime())"
    buffer.reserveCapacity(Self.bufferByteCount + (1 << 18))
    // Even a recording without packets leaves a file that says so.
    try begin(at: nil)
  }

  private static func makeFolder(_ path: String) throws(IngestError) {
    guard unsafe mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw IngestError(
      "the folder cannot be made: \(unsafe String(cString: strerror(errno)))", at: path,
      advice: "Its parent must be there and writable.")
  }

  /// The time in UTC, "20250131T235959Z", so that recordings of one interface do not meet.
  private static func dateAndTime() -> String {
    var now = time(nil)
    var parts = unsafe tm()
    unsafe gmtime_r(&now, &parts)
    func digits(_ value: Int32, _ count: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return unsafe digits(parts.tm_year + 1_900, 4) + digits(parts.tm_mon + 1, 2)
      + digits(parts.tm_mday, 2) + "T" + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2)
      + digits(parts.tm_sec, 2) + "Z"
  }

  /// Adds one packet, to the next file when this one is full.
  mutating func write(_ packet: RawSpan, time: Int64, wireByteCount: Int) throws(IngestError) {
    let recordByteCount = Int64(PcapFraming.recordHeaderByteCount + packet.byteCount)
    if filePackets == 0 { fileStart = time }
    let isFull = fileByteCount + recordByteCount > options.fileByteCount
    let isOver = options.fileNanoseconds.map { time &- fileStart >= $0 } ?? false
    if filePackets > 0, isFull || isOver {
      try end()
      try begin(at: time)
    }
    let seconds = time / 1_000_000_000
    let fraction = time % 1_000_000_000 / (resolution == .nanoseconds ? 1 : 1_000)
    append(UInt32(truncatingIfNeeded: seconds))
    append(UInt32(truncatingIfNeeded: fraction))
    append(UInt32(truncatingIfNeeded: packet.byteCount))
    append(UInt32(truncatingIfNeeded: wireByteCount))
    unsafe packet.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    fileByteCount += recordByteCount
    filePackets += 1
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  private mutating func append(_ value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      buffer.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Writes what was gathered, so that the file can be looked at meanwhile.
  mutating func flush() throws(IngestError) {
    if let error = failure.withLock({ $0 }) { throw error }
    guard !buffer.isEmpty else { return }
    do throws(ByteStreamError) { try file?.write(buffer) } catch {
      throw IngestError(error.message, at: error.file, advice: error.advice)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private mutating func begin(at time: Int64?) throws(IngestError) {
    // The new one is one of those that are kept.
    while let count = options.ringFileCount, !files.isEmpty, files.count >= max(1, count) {
      removeOldest()
    }
    fileNumber += 1
    let number = String(fileNumber)
    let digits = String(repeating: "0", count: max(0, 5 - number.count)) + number
    do throws(ByteStreamError) {
      file = try AtomicFile(path: "\(prefix)-\(digits).pcap", keepPartialOnFailure: true)
    } catch {
      throw IngestError(error.message, at: error.file, advice: error.advice)
    }
    appendPcapHeader(
      resolution: resolution, snapLength: UInt32(clamping: options.snapLength), to: &buffer)
    // The last of the header's fields.
    let start = buffer.count - 4
    for byte in 0..<4 {
      buffer[start + byte] = UInt8(truncatingIfNeeded: linkTypeNumber >> (8 * byte))
    }
    fileByteCount = Int64(PcapFraming.headerByteCount)
    filePackets = 0
    fileStart = time ?? 0
    // A recording that is killed leaves a file without packets, not one that is no capture.
    try flush()
  }

  private mutating func removeOldest() {
    let oldest = files.removeFirst()
    removed.files += 1
    removed.packets += oldest.packets
    let path = oldest.path
    // Behind its own closing.
    closing.async { unsafe unlink(path) }
  }

  /// Gives the file its final name.
  private mutating func end() throws(IngestError) {
    try flush()
    guard let file else { return }
    files.append(File(path: file.path, packets: filePackets))
    self.file = nil
    nonisolated(unsafe) let whole = file
    let failure = self.failure
    closing.async {
      do throws(ByteStreamError) { unsafe try whole.commit() } catch {
        failure.withLock {
          $0 = $0 ?? IngestError(error.message, at: error.file, advice: error.advice)
        }
      }
    }
  }

  /// Finishes the last file and waits until all are on disk.
  mutating func finish() throws(IngestError) {
    try end()
    closing.sync {}
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
