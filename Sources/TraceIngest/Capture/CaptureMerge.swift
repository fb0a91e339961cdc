internal import TraceModel

/// Reads the capture files of one vantage as one, in the order of their packets' times.
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
  struct Result: Sendable {
    /// Place of the file among those of its vantage.
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

  /// Files whose times are not known come first.
  init(files: [CaptureSurvey]) {
    for (number, file) in files.enumerated() {
      if let defect = file.headerDefect {
        results.append(Result(unread: file, number: number, defect))
        continue
      }
      pending.append(
        Pending(path: file.path, number: number, firstTime: file.firstTime ?? .min))
    }
    pending.sort { ($0.firstTime, $0.number) < ($1.firstTime, $1.number) }
  }

  /// Reads one stretch of the file whose packets are next; nil when all are read.
  mutating func advance(into pipeline: inout CapturePipeline) throws(IngestError) -> CaptureFile? {
    var index = earliest()
    while let next = pending.first, index.map({ next.firstTime <= time(of: $0) }) ?? true {
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

extension CaptureMerge.Result {
  /// Of a file that ends before its first packet could begin.
  init(unread file: CaptureSurvey, number: Int, _ defect: String) {
    self.number = number
    source = TraceMetadata.Source(
      name: file.name, format: "packet capture, cut", bytes: file.byteCount ?? 0)
    counts = PacketCounts()
    ledger = counts.ledger(source: file.name, truncation: defect)
    packetsWithoutTime = 0
  }
}
