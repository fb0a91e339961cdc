/// The address of a NIC: IPv4, IPv6, an InfiniBand GID or an InfiniBand LID, in 16 bytes.
///
/// IPv4 is kept as its IPv6-mapped form, which is also the GID that RoCE derives from it: the same
/// NIC has one address however its packets travel. GIDs are written like IPv6 addresses.
public struct NetworkAddress: Sendable, Hashable {
  /// Bytes 0 … 7, big endian.
  public var high: UInt64
  /// Bytes 8 … 15, big endian.
  public var low: UInt64
  /// True for an InfiniBand LID, which is then `low`.
  public var isLID: Bool

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
    isLID = false
  }

  public init(ipv4 address: UInt32) {
    self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(address))
  }

  public init(lid: UInt16) {
    high = 0
    low = UInt64(lid)
    isLID = true
  }

  /// The IPv4 address, or nil for every other kind.
  public var ipv4: UInt32? {
    guard !isLID, high == 0, low >> 32 == 0xFFFF else { return nil }
    return UInt32(truncatingIfNeeded: low)
  }

  /// True when packets to this address go to several ends or to all.
  public var isMulticast: Bool {
    if isLID { return low >= 0xC000 && low < 0xFFFF }
    if let ipv4 { return ipv4 >> 28 == 0xE || ipv4 == .max }
    return high >> 56 == 0xFF
  }
}

extension NetworkAddress: CustomStringConvertible {
  /// "10.0.0.1", "fe80::1" (RFC 5952) or "lid:12".
  public var description: String {
    if isLID { return "lid:\(low)" }
    if let ipv4 {
      return [24, 16, 8, 0].map { String(ipv4 >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }
    let groups = self.groups
    let zeros = Self.longestZeroRun(in: groups)
    func text(_ range: Range<Int>) -> String {
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard zeros.count > 1 else { return text(0..<8) }
    return text(0..<zeros.lowerBound) + "::" + text(zeros.upperBound..<8)
  }

  private var groups: [UInt16] {
    (0..<8).map { index in
      UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index % 4)))
    }
  }

  private static func longestZeroRun(in groups: [UInt16]) -> Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > longest.count { longest = start..<index }
      start = index + 1
    }
    return longest
  }
}

extension NetworkAddress {
  /// Reads what `description` writes, and every other spelling of an IPv6 address; nil otherwise.
  public init?(_ text: String) {
    if text.hasPrefix("lid:") {
      guard let lid = UInt16(text.dropFirst(4)) else { return nil }
      self.init(lid: lid)
    } else if text.contains(":") {
      guard let groups = Self.groups(of: text) else { return nil }
      func half(_ range: Range<Int>) -> UInt64 {
        groups[range].reduce(0) { $0 << 16 | UInt64($1) }
      }
      self.init(high: half(0..<4), low: half(4..<8))
    } else {
      guard let address = Self.dottedQuad(text) else { return nil }
      self.init(ipv4: address)
    }
  }

  private static func dottedQuad(_ text: some StringProtocol) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { UInt8($0) }
    guard parts.count == 4, bytes.count == 4 else { return nil }
    return bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The eight groups of an IPv6 address, whose tail may be a dotted quad.
  private static func groups(of text: String) -> [UInt16]? {
    var text = text
    if text.contains(".") {
      guard let colon = text.lastIndex(of: ":"),
        let tail = dottedQuad(text[text.index(after: colon)...])
      else { return nil }
      text = text[...colon] + String(tail >> 16, radix: 16) + ":" + String(tail & 0xFFFF, radix: 16)
    }
    let halves = separated(text, by: "::")
    guard halves.count <= 2 else { return nil }
    let lists = halves.map {
      $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false)
    }
    let values = lists.map { $0.compactMap { $0.count <= 4 ? UInt16($0, radix: 16) : nil } }
    guard zip(lists, values).allSatisfy({ $0.count == $1.count }) else { return nil }
    if halves.count == 1 { return values[0].count == 8 ? values[0] : nil }
    let missing = 8 - values[0].count - values[1].count
    guard missing >= 1 else { return nil }
    return values[0] + [UInt16](repeating: 0, count: missing) + values[1]
  }

  private static func separated(_ text: String, by mark: String) -> [Substring] {
    var pieces: [Substring] = []
    var rest = text[...]
    while let found = firstRange(of: mark, in: rest) {
      pieces.append(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
    }
    return pieces + [rest]
  }

  private static func firstRange(of mark: String, in text: Substring) -> Range<String.Index>? {
    var start = text.startIndex
    while start < text.endIndex {
      if text[start...].hasPrefix(mark) {
        return start..<text.index(start, offsetBy: mark.count)
      }
      start = text.index(after: start)
    }
    return nil
  }
}
