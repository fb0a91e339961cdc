/// How much the names of two capture files look like those of one ring of files.
///
/// Rings count in the last digits of their names: what stands before, the interface's number too,
/// stays the same.
struct NameLikeness: Comparable {
  /// True when the names differ in their last run of digits at most.
  private let isOfOneRing: Bool
  private let commonStart: Int
  private let commonEnd: Int

  init(_ left: String, _ right: String) {
    isOfOneRing = Self.withoutLastNumber(left) == Self.withoutLastNumber(right)
    commonStart = zip(left.utf8, right.utf8).prefix { $0 == $1 }.count
    commonEnd = zip(left.utf8.reversed(), right.utf8.reversed()).prefix { $0 == $1 }.count
  }

  private static func withoutLastNumber(_ name: String) -> [UInt8] {
    let bytes = Array(name.utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let last = bytes.lastIndex(where: { digits.contains($0) }) else { return bytes }
    let before = bytes[..<last].lastIndex { !digits.contains($0) }
    return Array(bytes[..<(before.map { $0 + 1 } ?? 0)]) + bytes[(last + 1)...]
  }

  /// Names of one ring are most alike, then those with the longest common start, then end.
  static func < (left: NameLikeness, right: NameLikeness) -> Bool {
    (left.isOfOneRing ? 1 : 0, left.commonStart, left.commonEnd)
      < (right.isOfOneRing ? 1 : 0, right.commonStart, right.commonEnd)
  }
}
