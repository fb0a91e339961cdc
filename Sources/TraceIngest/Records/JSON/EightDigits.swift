/// Eight bytes of a text that may begin with digits, looked at together.
struct EightDigits {
  private let bytes: UInt64
  /// 0 … 9 where a digit stands.
  private let values: UInt64

  @inline(__always)
  init(_ bytes: UInt64) {
    self.bytes = bytes
    values = bytes ^ 0x3030_3030_3030_3030
  }

  /// Digits before the first byte that is none.
  ///
  /// 0x76 more reach the highest bit of a byte from 10 on; digits before it carry nothing over.
  @inline(__always)
  var digitCount: Int {
    let others = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
    return others.trailingZeroBitCount &>> 3
  }

  @inline(__always)
  var beginsWithZero: Bool { values & 0xFF == 0 }

  /// The byte at 0 … 7.
  @inline(__always)
  func byte(at place: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: bytes &>> UInt64(truncatingIfNeeded: place &* 8))
  }

  /// The number that the first 1 … 7 bytes are: pairs of digits, then of pairs, then of those.
  @inline(__always)
  func value(ofDigits count: Int) -> Int32 {
    var sums = values &<< UInt64(truncatingIfNeeded: 64 &- count &* 8)
    sums = (sums &* 10 &+ (sums &>> 8)) & 0x00FF_00FF_00FF_00FF
    sums = (sums &* 100 &+ (sums &>> 16)) & 0x0000_FFFF_0000_FFFF
    sums = sums &* 10_000 &+ (sums &>> 32)
    return Int32(truncatingIfNeeded: sums & 0xFFFF_FFFF)
  }
}
