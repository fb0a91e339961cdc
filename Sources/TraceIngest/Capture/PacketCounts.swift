internal import PacketFormats
internal import TraceModel

/// What became of each packet of one file, counted without words while packets fly by.
struct PacketCounts: Sendable {
  private(set) var read: Int64 = 0
  private(set) var used: Int64 = 0
  private var skips = [Int64](repeating: 0, count: SkipReason.allCases.count)
  private var firstNumber = [Int64](repeating: 0, count: SkipReason.allCases.count)
  private var firstPosition = [Int64](repeating: 0, count: SkipReason.allCases.count)
  /// Packets of a link type that is not decoded or not filtered.
  private struct StrangeLinkType {
    /// Nil for all that are not named.
    var number: UInt32?
    var reason: SkipReason
    var packets: Int64 = 1
    var first: String
  }

  /// Link types that are told one by one: of a damaged file there may be thousands.
  private static let namedLinkTypeCount = 16
  /// In order of appearance, those of the further ones too.
  private var strangeLinkTypes: [StrangeLinkType] = []
  /// Packets whose times are far from those around them.
  var jumps = TimeJumps()
  private(set) var withoutTime: Int64 = 0
  /// Bytes that would have to be captured of each packet, so that none is cut in its headers; 0 when
  /// none is.
  private(set) var neededByteCount = 0
  private(set) var damagedRecords: Int64 = 0
  private var damagedBytes: Int64 = 0
  private var firstDamage = ""

  @inline(__always)
  mutating func countUsed(_ count: Int64 = 1) {
    read += count
    used += count
  }

  @inline(__always)
  mutating func count(_ reason: SkipReason, position: Int64) {
    read += 1
    let index = Int(reason.rawValue)
    if skips[index] == 0 {
      firstNumber[index] = read
      firstPosition[index] = position
    }
    skips[index] += 1
  }

  /// A packet of which the capture has too little.
  mutating func countCut(_ reason: SkipReason, position: Int64, needed: Int) {
    count(reason, position: position)
    neededByteCount = max(neededByteCount, needed)
  }

  mutating func countStrangeLinkType(_ number: UInt32, _ reason: SkipReason, position: Int64) {
    read += 1
    func index(of number: UInt32?) -> Int? {
      strangeLinkTypes.firstIndex { $0.number == number && $0.reason == reason }
    }
    let isFull = strangeLinkTypes.count { $0.number != nil } >= Self.namedLinkTypeCount
    if let known = index(of: number) ?? (isFull ? index(of: nil) : nil) {
      strangeLinkTypes[known].packets += 1
    } else {
      strangeLinkTypes.append(
        StrangeLinkType(
          number: isFull ? nil : number, reason: reason, first: "packet \(read) (byte \(position))")
      )
    }
  }

  mutating func countWithoutTime() { withoutTime += 1 }

  /// A record that was passed over because it cannot be one.
  mutating func countDamagedRecord(position: Int64, byteCount: Int) {
    read += 1
    damagedRecords += 1
    damagedBytes += Int64(byteCount)
    if firstDamage.isEmpty { firstDamage = "packet \(read) (byte \(position))" }
  }

  func skipped(_ reason: SkipReason) -> Int64 { skips[Int(reason.rawValue)] }

  /// The counts in words.
  func ledger(source: String, truncation: String?) -> Ledger {
    var ledger = Ledger(unit: "packets", source: source)
    ledger.read = read
    ledger.used = used
    ledger.truncation = truncation
    for reason in SkipReason.allCases {
      let index = Int(reason.rawValue)
      let first = "packet \(firstNumber[index]) (byte \(firstPosition[index]))"
      if reason.isMalformed {
        ledger.reject(reason.sentence, count: skips[index], first: first)
      } else {
        ledger.skip(reason.sentence, count: skips[index], first: first)
      }
    }
    for link in strangeLinkTypes {
      ledger.skip(
        "\(link.reason.sentence) (\(link.number.map { "number \($0)" } ?? "other numbers"))",
        count: link.packets, first: link.first)
    }
    ledger.reject(
      "damage; reading went on behind it (\(damagedBytes) bytes were passed over, each time counted "
        + "as one packet)", count: damagedRecords,
      first: firstDamage)
    return ledger
  }
}
