internal import TraceModel

/// Reads several capture files as one, in the order of their packets' times.
///
/// A file is opened when its first packet is due and closed after its last, so that memory does
/// not grow with the number of segments.
struct CaptureMerge {
  /// A file that is due later.
  private struct Pending {
    var path: String
    var number: Int
    var firstTime: Int64
  }

  /// What is left of a file that was read to its end.
  struct Result {
    var number: Int
    var source: TraceMetadata.Source
    var ledger: Ledger
    var packetsWithoutTime: Int64
    var counts: PacketCounts
  }

  private struct Open {
    var file: CaptureFile
    var number: Int
    var countedPackets: Int64 = 0
  }

  private var pending: [Pending] = []
  private var open: [Open] = []
  private(set) var results: [Result] = []
  private(set) var packetsRead: Int64 = 0
  /// True when the packets of two files overlap in time.
  private(set) var hasOverlap = false

  init(paths: [String]) throws(IngestError) {
    for (number, path) in paths.enumerated() {
      // Only files that can be opened twice are looked into; standard input comes first.
      let firstTime =
        paths.count == 1 || path == "-" ? Int64.min : try Self.firstTime(path)
      pending.append(Pending(path: path, number: number, firstTime: firstTime))
    }
    pending.sort { ($0.firstTime, $0.number) < ($1.firstTime, $1.number) }
  }

  /// The time of a file's first packet; the earliest time when it has none.
  private static func firstTime(_ path: String) throws(IngestError) -> Int64 {
    let file = try CaptureFile(path: path)
    var pipeline = try CapturePipeline(options: IngestOptions())
    while !file.isFinished {
      file.advance(until: .min, into: &pipeline)
      if let time = file.lastTime { return time }
    }
    return .min
  }

  /// Reads one stretch of the file whose packets are next; nil when all are read.
  mutating func advance(into pipeline: inout CapturePipeline) throws(IngestError) -> CaptureFile? {
    var index = earliest()
    while let next = pending.first, index.map({ next.firstTime <= time(of: $0) }) ?? true {
      if !open.isEmpty, next.firstTime > .min { hasOverlap = true }
      pending.removeFirst()
      open.append(Open(file: try CaptureFile(path: next.path), number: next.number))
      index = earliest()
    }
    guard let index else { return nil }
    var limit = pending.first?.firstTime ?? .max
    for other in open.indices where other != index { limit = min(limit, time(of: other)) }
    let file = open[index].file
    file.advance(until: limit, into: &pipeline)
    packetsRead += file.counts.read - open[index].countedPackets
    open[index].countedPackets = file.counts.read
    if file.isFinished { close(index) }
    return file
  }

  /// A file without a known next packet is always due.
  private func time(of index: Int) -> Int64 { open[index].file.nextTime ?? .min }

  private func earliest() -> Int? {
    open.indices.min { (time(of: $0), open[$0].number) < (time(of: $1), open[$1].number) }
  }

  private mutating func close(_ index: Int) {
    let entry = open.remove(at: index)
    let file = entry.file
    results.append(
      Result(
        number: entry.number,
        source: TraceMetadata.Source(
          name: file.name, format: file.format,
          bytes: file.byteCountOnDisk ?? file.bytesReadOnDisk),
        ledger: file.counts.ledger(source: file.name, truncation: file.truncation),
        packetsWithoutTime: file.counts.withoutTime, counts: file.counts))
  }
}
