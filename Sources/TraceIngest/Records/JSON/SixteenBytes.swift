extension RawSpan {
  /// One byte; an offset outside the span is a programming error and stops the program.
  @inline(__always)
  package func byte(at offset: Int) -> UInt8 {
    unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Eight bytes as one number, the first lowest.
  @inline(__always)
  func eightBytes(at offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// Sixteen bytes of a text, looked at together.
///
/// Whole vectors are compared: with a scalar on one side, or negated, the compiler calls generic code
/// for each.
struct SixteenBytes {
  private let bytes: SIMD16<UInt8>

  @inline(__always)
  init(_ text: RawSpan, at offset: Int) {
    bytes = unsafe text.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  /// Bytes before the first quote, backslash or control byte; 16 when there is none.
  @inline(__always)
  var plainCount: Int {
    Self.firstSet(
      (bytes .== SIMD16(repeating: UInt8(ascii: "\"")))
        .| (bytes .== SIMD16(repeating: UInt8(ascii: "\\")))
        .| (bytes .< SIMD16(repeating: 0x20)), flipped: 0)
  }

  /// Bytes of white space before the first that is none; 16 when all are.
  @inline(__always)
  var spaceCount: Int {
    Self.firstSet(
      (bytes .== SIMD16(repeating: 0x20)) .| (bytes .== SIMD16(repeating: 0x0A))
        .| (bytes .== SIMD16(repeating: 0x0D)) .| (bytes .== SIMD16(repeating: 0x09)), flipped: .max
    )
  }

  @inline(__always)
  private static func firstSet(_ mask: SIMDMask<SIMD16<Int8>>, flipped: UInt64) -> Int {
    let halves = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    let (low, high) = (halves.x ^ flipped, halves.y ^ flipped)
    return low != 0
      ? low.trailingZeroBitCount &>> 3 : 8 &+ high.trailingZeroBitCount &>> 3
  }
}
