internal import TraceModel

/// The last READ responses of all vantages, so that a request whose response only another vantage
/// captured is not counted as well.
///
/// Requests do not name the queue pair of their response: the two have their addresses and the first
/// sequence number in common. A table of fixed size, in which a later one takes the place of an
/// earlier one.
struct SharedReads {
  private struct Entry {
    var addresses: UInt64 = 0
    var sequence: UInt32 = 0
    var isRequestOnly = false
    var time = Int64.min
  }

  private static let entryCount = 1 << 17
  /// Nanoseconds in which a READ is answered; sequence numbers come round again later.
  private static let maximumDelay: Int64 = 1_000_000_000

  private var entries: [Entry] = []

  /// Remembers a response.
  mutating func note(_ message: Message, _ place: MessagePlace) {
    set(message, place, isRequestOnly: false)
  }

  /// True when a request was answered already, or shown without an answer, at another vantage.
  ///
  /// Remembers it otherwise.
  mutating func isShown(_ request: Message, _ place: MessagePlace) -> Bool {
    if let entry = entry(of: request, place),
      !entry.isRequestOnly
        || (entry.time &- request.start).magnitude
          <= UInt64(SharedMessages.maximumClockDifference)
    {
      return true
    }
    set(request, place, isRequestOnly: true)
    return false
  }

  /// True when a request has been answered.
  func isAnswered(_ request: Message, _ place: MessagePlace) -> Bool {
    entry(of: request, place).map { !$0.isRequestOnly } ?? false
  }

  /// What is remembered of a request or its response.
  private func entry(of request: Message, _ place: MessagePlace) -> Entry? {
    guard !entries.isEmpty else { return nil }
    let entry = entries[Self.slot(request, place)]
    let earliest = request.start &- SharedMessages.maximumClockDifference
    guard entry.time > .min, entry.addresses == Self.addresses(request),
      entry.sequence == place.sequence, entry.time >= earliest,
      entry.time <= request.start &+ Self.maximumDelay
    else { return nil }
    return entry
  }

  private mutating func set(_ message: Message, _ place: MessagePlace, isRequestOnly: Bool) {
    if entries.isEmpty { entries = [Entry](repeating: Entry(), count: Self.entryCount) }
    entries[Self.slot(message, place)] = Entry(
      addresses: Self.addresses(message), sequence: place.sequence, isRequestOnly: isRequestOnly,
      time: message.start)
  }

  private static func addresses(_ message: Message) -> UInt64 {
    UInt64(UInt32(bitPattern: message.source)) << 32
      | UInt64(UInt32(bitPattern: message.destination))
  }

  private static func slot(_ message: Message, _ place: MessagePlace) -> Int {
    let mixed = (addresses(message) ^ UInt64(place.sequence) << 24) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 40) & (entryCount - 1)
  }
}
