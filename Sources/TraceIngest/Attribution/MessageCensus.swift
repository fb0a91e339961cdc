internal import TraceModel

/// What the first reading of the messages tells: how many there are, and which
/// connections they use.
struct MessageCensus {
  private(set) var messageCount = 0
  private var countOfKind = [Int](repeating: 0, count: MessageKind.allCases.count)
  private(set) var channels = Channels()
  private let addressCount: Int

  /// Far more than any message, and sums of billions of them fit.
  private static let mostBytes: Int64 = 1 << 48

  init(layout: Layout) { addressCount = layout.addresses.count }

  /// Messages of each kind that occurs, in the order of `MessageKind`.
  var countByKind: [(kind: MessageKind, count: Int)] {
    MessageKind.allCases.compactMap { kind in
      let count = countOfKind[Int(kind.rawValue)]
      return count > 0 ? (kind, count) : nil
    }
  }

  /// Counts a block of messages.
  ///
  /// - Throws: an `IngestError` for messages whose addresses the layout does not have, or with more
  ///   bytes than a message can have.
  mutating func add(_ block: MessageTable) throws {
    messageCount += block.count
    let addresses = 0..<addressCount
    for row in 0..<block.count {
      let (source, destination) = (Int(block.source[row]), Int(block.destination[row]))
      guard addresses.contains(source), addresses.contains(destination) else {
        throw IngestError(
          "a message names address \(max(source, destination)), but the layout has "
            + "\(addressCount)", at: "messages", advice: "Ingest the capture again.")
      }
      guard (0...Self.mostBytes).contains(block.bytes[row]) else {
        throw IngestError(
          "a message has \(block.bytes[row]) bytes", at: "messages",
          advice: "The trace is damaged; ingest the capture again.")
      }
      countOfKind[Int(block.kind[row].rawValue)] += 1
      channels.add(block, row: row)
    }
  }
}
