internal import TraceModel

/// What stands before " NCCL INFO " in a line of NCCL's log, behind whatever a launcher put there.
///
/// NCCL writes `[time] host:process:thread [device] NCCL INFO …` (debug.cc of 2.30; the time since
/// 2.26 and when it is asked for, in a format that the user may choose); early RCCL writes
/// microseconds behind the device. Launchers put `[rank4]:`, `[default4]:`, `4: `,
/// `[1,4]<stdout>:` or `(Worker pid=…, ip=…) ` before it, some without a space.
struct NCCLDebugHeader {
  private static let mark: StaticString = "NCCL INFO "

  /// Where the words of a line of NCCL begin, behind the mark; nil when it is none.
  ///
  /// Two lines that were mixed have two marks; the last belongs to the words behind it.
  static func endOfMark(_ line: RawSpan) -> Int? {
    var last: Int?
    var next = line.firstIndex(of: mark)
    while let found = next {
      last = found + mark.utf8CodeUnitCount
      next = line.firstIndex(of: mark, from: found + 1)
    }
    return last
  }

  /// Where "host:process" stands; empty when it does not.
  var process = 0..<0
  /// Number of bytes of the host in `process`.
  var hostByteCount = 0
  /// Device that was current for the thread, or −1.
  var device: Int32 = -1
  /// The job's rank that a launcher put at the line's beginning, or −1.
  var launcherRank: Int32 = -1
  /// Nanoseconds since 1970 of the clock's own time zone, or `unknownTime`: what names no part of a
  /// second is too coarse.
  var time = Operation.unknownTime

  /// - Parameter end: where the line's own words begin.
  init(_ line: RawSpan, before end: Int) {
    let place = end - Self.mark.utf8CodeUnitCount
    guard var word = lastWord(line, before: place) else { return }
    if let microseconds = decimal(line, word),
      let previous = lastWord(line, before: word.lowerBound)
    {
      let (nanoseconds, overflows) = microseconds.multipliedReportingOverflow(by: 1_000)
      if !overflows { time = nanoseconds }
      word = previous
    }
    guard word.count > 2, line.byte(at: word.lowerBound) == UInt8(ascii: "["),
      line.byte(at: word.upperBound - 1) == UInt8(ascii: "]"),
      let number = decimal(line, word.dropFirst().dropLast()), number < Layout.deviceLimit
    else { return }
    device = Int32(number)
    guard let place = lastWord(line, before: word.lowerBound) else { return }
    setProcess(line, place)
    guard !process.isEmpty else { return }
    if let stamp = Self.time(line, before: process.lowerBound) { time = stamp }
    launcherRank = Self.launcherRank(line, before: process.lowerBound)
  }

  /// "host:process:thread", behind a launcher's "…]:" or "…>:" when that stands without a space.
  private mutating func setProcess(_ line: RawSpan, _ word: Range<Int>) {
    guard let thread = lastColon(line, word), decimal(line, thread + 1..<word.upperBound) != nil,
      let number = lastColon(line, word.lowerBound..<thread),
      decimal(line, number + 1..<thread) != nil
    else { return }
    var first = word.lowerBound
    for place in word.lowerBound..<number where line.byte(at: place) == UInt8(ascii: ":") {
      let before = place > word.lowerBound ? line.byte(at: place - 1) : 0
      if before == UInt8(ascii: "]") || before == UInt8(ascii: ">") { first = place + 1 }
    }
    guard first < number else { return }
    process = first..<thread
    hostByteCount = number - first
  }

  private func lastColon(_ line: RawSpan, _ range: Range<Int>) -> Int? {
    range.last { line.byte(at: $0) == UInt8(ascii: ":") }
  }

  // MARK: Launchers

  /// `[rank4]:` of PyTorch, `[1,4]<stdout>:` of Open MPI, `4: ` of Slurm.
  private static func launcherRank(_ line: RawSpan, before end: Int) -> Int32 {
    var digits = 0..<0
    if line.has("[rank", at: 0) {
      digits = number(line, from: 5)
      guard line.has("]:", at: digits.upperBound) else { return -1 }
    } else if line.has("[", at: 0) {
      let job = number(line, from: 1)
      guard !job.isEmpty, line.has(",", at: job.upperBound) else { return -1 }
      digits = number(line, from: job.upperBound + 1)
      guard line.has("]<std", at: digits.upperBound) else { return -1 }
    } else {
      // Slurm pads its labels with blanks to one width.
      var first = 0
      while first < end, line.byte(at: first) == 0x20 { first += 1 }
      digits = number(line, from: first)
      guard line.has(": ", at: digits.upperBound) else { return -1 }
    }
    guard digits.upperBound < end, let rank = decimal(line, digits), rank < Parallelism.rankLimit
    else { return -1 }
    return Int32(rank)
  }

  private static func number(_ line: RawSpan, from start: Int) -> Range<Int> {
    var end = start
    while end < line.byteCount, line.byte(at: end) &- UInt8(ascii: "0") < 10 { end += 1 }
    return start..<end
  }

  // MARK: Time

  /// NCCL's default format with parts of a second: "[2026-04-28 14:14:42.123456] ".
  private static func time(_ line: RawSpan, before end: Int) -> Int64? {
    guard let clock = lastWord(line, before: end), line.byte(at: clock.upperBound - 1) == 0x5D,
      let date = lastWord(line, before: clock.lowerBound), date.count >= 11,
      clock.count >= 11, line.byte(at: date.upperBound - 11) == 0x5B
    else { return nil }
    let (day, hour) = (date.upperBound - 10, clock.lowerBound)
    guard line.has("-", at: day + 4), line.has("-", at: day + 7), line.has(":", at: hour + 2),
      line.has(":", at: hour + 5), line.has(".", at: hour + 8),
      let year = decimal(line, day..<day + 4), let month = decimal(line, day + 5..<day + 7),
      let ofMonth = decimal(line, day + 8..<day + 10), (1...12).contains(month),
      (1...31).contains(ofMonth), let hours = decimal(line, hour..<hour + 2),
      let minutes = decimal(line, hour + 3..<hour + 5),
      let seconds = decimal(line, hour + 6..<hour + 8),
      let fraction = fraction(line, hour + 9..<clock.upperBound - 1), (1970...2200).contains(year)
    else { return nil }
    let days = daysSince1970(year, month, ofMonth)
    return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction
  }

  /// Nanoseconds of the digits behind a point.
  private static func fraction(_ line: RawSpan, _ range: Range<Int>) -> Int64? {
    guard range.count <= 9, var value = decimal(line, range) else { return nil }
    for _ in range.count..<9 { value *= 10 }
    return value
  }

  /// Days of the Gregorian calendar; years are counted from March on, so that a leap day is the last.
  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let (years, months) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
    let leapDays = years / 4 - years / 100 + years / 400
    return years * 365 + leapDays + (153 * months + 2) / 5 + day - 1 - 719_468
  }
}
