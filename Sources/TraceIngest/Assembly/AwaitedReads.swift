/// A READ request whose responses are still to come.
struct OutstandingRead {
  /// Sequence numbers wrap at 2^24.
  var sequence: UInt32
  var byteCount: Int64
  var time: Int64

  static let pathMTUs: [Int64] = [256, 512, 1024, 2048, 4096]

  /// Packets of the response, which is also how many sequence numbers the request uses up.
  func packetCount(pathMTU: Int64) -> Int64 {
    let full = pathMTU > 0 ? pathMTU : MessageInProgress.maximumPathMTU
    return max(1, byteCount / full + (byteCount % full == 0 ? 0 : 1))
  }
}

/// READ requests in the order in which they were sent, until their responses begin.
///
/// Responders answer in that order, so that a response also tells which requests before it will
/// find no captured answer any more.
struct AwaitedReads {
  /// NICs allow 16 to 128 READs at a time.
  static let maximumCount = 256

  private(set) var reads: [OutstandingRead] = []
  /// How many at the end of `reads` nobody has asked for with `takeNews`.
  private var newCount = 0

  var isEmpty: Bool { reads.isEmpty }

  mutating func append(_ read: OutstandingRead) {
    reads.append(read)
    newCount += 1
  }

  /// The requests that were added since the last call of `takeNews` and are still there.
  var news: ArraySlice<OutstandingRead> { reads.suffix(newCount) }

  /// The requests that were added since the last call and are still there.
  mutating func takeNews() -> ArraySlice<OutstandingRead> {
    defer { newCount = 0 }
    return reads.suffix(newCount)
  }

  func begins(at sequence: UInt32) -> Bool { reads.contains { $0.sequence == sequence } }

  /// True when a response that begins at `sequence` would overtake that of an older request.
  func isOvertaking(_ sequence: UInt32) -> Bool {
    guard let oldest = reads.first else { return false }
    return oldest.sequence != sequence && begins(at: sequence)
  }

  /// Takes the request whose response `sequence` belongs to, and all before it, off the list.
  ///
  /// - Returns: the request, or nil when there is none, and the requests before it.
  mutating func take(
    covering sequence: UInt32, pathMTU: Int64
  ) -> (read: OutstandingRead?, lost: ArraySlice<OutstandingRead>) {
    guard let index = index(covering: sequence, pathMTU: pathMTU) else { return (nil, []) }
    defer { reads.removeFirst(index + 1) }
    return (reads[index], reads[..<index])
  }

  /// The request whose response `sequence` belongs to.
  func read(covering sequence: UInt32, pathMTU: Int64) -> OutstandingRead? {
    index(covering: sequence, pathMTU: pathMTU).map { reads[$0] }
  }

  /// The last request at or before `sequence`, when its response can reach that far: with an
  /// unknown path MTU (0), as far as the smallest one allows.
  private func index(covering sequence: UInt32, pathMTU: Int64) -> Int? {
    let index = reads.lastIndex {
      SequenceNumber.distance(from: $0.sequence, to: sequence) >= 0
    }
    guard let index else { return nil }
    let distance = SequenceNumber.distance(from: reads[index].sequence, to: sequence)
    let full = pathMTU > 0 ? pathMTU : OutstandingRead.pathMTUs[0]
    return Int64(distance) < reads[index].packetCount(pathMTU: full) ? index : nil
  }

  /// The oldest request when more are waiting than any NIC allows.
  mutating func takeOverdue() -> OutstandingRead? {
    reads.count > Self.maximumCount ? reads.removeFirst() : nil
  }

  mutating func takeAll() -> [OutstandingRead] {
    defer { reads.removeAll() }
    return reads
  }
}
