/// Packets whose times jump far away from those of both neighbours and back: most likely their
/// records are damaged.
///
/// A pause, and a clock that is set, move all that follows and are none of them.
struct TimeJumps: Sendable {
  /// Nanoseconds: no reordering and no clock of another interface makes as many.
  static let distance: Int64 = 60_000_000_000
  private static let namedCount = 4

  /// A packet far from the one before it, of which the next one decides.
  private struct Suspect {
    var time: Int64
    var before: Int64
    var number: Int64
    var position: Int64
  }

  private var suspect: Suspect?
  private(set) var count: Int64 = 0
  /// Where the first few are, "packet 7 (byte 1234)".
  private(set) var places: [String] = []

  /// Looks at the time of a packet with the number `number` in its file.
  ///
  /// Packets that are near the one before need not be shown.
  @inline(__always)
  mutating func note(_ time: Int64, after last: Int64?, number: Int64, position: Int64) {
    guard let last, Self.areFar(time, last) else { return }
    noteFar(time, after: last, number: number, position: position)
  }

  private mutating func noteFar(_ time: Int64, after last: Int64, number: Int64, position: Int64) {
    if let suspect, suspect.number == number - 1,
      (suspect.time > suspect.before) == (suspect.time > time)
    {
      count += 1
      if places.count < Self.namedCount {
        places.append("packet \(suspect.number) (byte \(suspect.position))")
      }
      self.suspect = nil
    } else {
      suspect = Suspect(time: time, before: last, number: number, position: position)
    }
  }

  private static func areFar(_ one: Int64, _ other: Int64) -> Bool {
    // Neither overflows for times that 64 bits hold only just.
    let (difference, overflows) = one.subtractingReportingOverflow(other)
    return overflows || difference.magnitude > UInt64(distance)
  }
}
