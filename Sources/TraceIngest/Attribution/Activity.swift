internal import TraceModel

/// When communicators are busy, and with how many messages each.
struct Activity {
  private(set) var busy: [BusyTime]
  private(set) var messageCounts: [Int]
  private var messageNumber = 0

  /// - Parameter resolution: nanoseconds of the longest pause that surely divides nothing.
  init(communicatorCount: Int, resolution: Int64) {
    busy = (0..<communicatorCount).map { _ in BusyTime(resolution: resolution) }
    messageCounts = [Int](repeating: 0, count: communicatorCount)
  }

  /// Adds the next block of messages.
  ///
  /// - Parameters:
  ///   - communicator: of each channel; nil when all are one.
  ///   - bins: where to mark each channel's time as well.
  mutating func add(
    _ block: MessageTable, of channels: Channels, communicator: [Int]? = nil,
    bins: inout BusyBins?
  ) {
    for row in 0..<block.count {
      let message = messageNumber
      messageNumber += 1
      guard let channel = channels.number(of: block, row: row) else { continue }
      let number = communicator?[channel] ?? 0
      messageCounts[number] += 1
      channels.forEachBusyTime(of: block, row: row, channel: channel) { start, end in
        // The burst that a message belongs to is that in which it starts.
        busy[number].add(
          start: start, end: end, message: start == block.start[row] ? message : nil)
        bins?.add(start: start, end: end, row: channel)
      }
    }
  }

  mutating func settle() {
    for number in busy.indices { busy[number].settle() }
  }
}
