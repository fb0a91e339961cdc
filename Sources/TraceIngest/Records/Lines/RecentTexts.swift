/// What some texts mean that repeat from record to record: worked out once for each, not each time.
///
/// Remembers the last few; others only cost their work again.
struct RecentTexts<Meaning> {
  private static var capacity: Int { 16 }

  private var entries: [(text: [UInt8], meaning: Meaning)] = []
  private var oldest = 0

  /// The meaning of some bytes of a text.
  mutating func meaning(
    of range: Range<Int>, in text: RawSpan, _ work: () -> Meaning
  ) -> Meaning {
    for entry in entries where entry.text.count == range.count {
      if text.holds(entry.text, at: range.lowerBound) { return entry.meaning }
    }
    let meaning = work()
    let entry = (range.map { text.byte(at: $0) }, meaning)
    if entries.count < Self.capacity {
      entries.append(entry)
    } else {
      entries[oldest] = entry
      oldest = (oldest + 1) % Self.capacity
    }
    return meaning
  }
}

extension RawSpan {
  /// True when some bytes stand at a place, behind which the text has as many at least.
  fileprivate func holds(_ bytes: [UInt8], at start: Int) -> Bool {
    for place in bytes.indices where bytes[place] != byte(at: start &+ place) { return false }
    return true
  }
}
