/// Values in mini-blocks of 64, each with the number of bits that its largest value needs.
///
/// Value i of a mini-block of width w occupies bits i·w ..< (i + 1)·w of 8·w bytes, least
/// significant bit first. The last mini-block is filled up with zeros.
enum BitPacking {
  static let miniBlock = 64

  static func miniBlockCount(_ valueCount: Int) -> Int {
    (valueCount + miniBlock - 1) / miniBlock
  }

  /// Bits that a mini-block needs whose values have these bits set together.
  @inline(__always)
  static func width(of union: UInt64) -> UInt8 { UInt8(64 - union.leadingZeroBitCount) }

  /// Bytes of the packed values behind the widths.
  static func packedByteCount(_ widths: Span<UInt8>) -> Int {
    var bits = 0
    for block in widths.indices { bits += Int(widths[block]) }
    return bits * (miniBlock / 8)
  }

  /// Appends the packed values; the widths are those that each mini-block needs.
  static func pack(_ values: Span<UInt64>, widths: Span<UInt8>, to bytes: inout [UInt8]) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: packedByteCount(widths)))
    unsafe bytes.withUnsafeMutableBytes { target in
      var place = start
      for block in widths.indices where widths[block] > 0 {
        let first = block * miniBlock
        unsafe packMiniBlock(
          values.extracting(first..<min(first + miniBlock, values.count)),
          width: Int(widths[block]), to: target, at: place)
        place += Int(widths[block]) * 8
      }
    }
  }

  @inline(__always)
  private static func packMiniBlock(
    _ values: Span<UInt64>, width: Int, to bytes: UnsafeMutableRawBufferPointer, at start: Int
  ) {
    // The word that is being filled, and how many of its bits are.
    var word: UInt64 = 0
    var filled = 0
    var place = start
    for index in values.indices {
      let value = values[index]
      word |= value &<< UInt64(filled)
      filled &+= width
      if filled >= 64 {
        unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
        place &+= 8
        filled &-= 64
        word = filled > 0 ? value &>> UInt64(width &- filled) : 0
      }
    }
    // The zeros that fill a last mini-block up are there already.
    if filled > 0 {
      unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
    }
  }

  /// Unpacks one mini-block to 64 values at `start` of `target`.
  ///
  /// `bytes` must hold 8·width bytes at `offset` and 8 more, whatever they are.
  @inline(__always)
  static func unpack(
    _ bytes: RawSpan, at offset: Int, width: Int, to target: inout MutableSpan<UInt64>,
    start: Int
  ) {
    if width == 0 {
      for index in 0..<miniBlock { target[start + index] = 0 }
    } else if width <= 57 {
      unpackNarrow(bytes, at: offset, width: width, to: &target, start: start)
    } else {
      unpackWide(bytes, at: offset, width: width, to: &target, start: start)
    }
  }

  /// A value of up to 57 bits lies inside the 8 bytes that begin at its first byte.
  @inline(__always)
  private static func unpackNarrow(
    _ bytes: RawSpan, at offset: Int, width: Int, to target: inout MutableSpan<UInt64>,
    start: Int
  ) {
    // One check for all 64 values: a check for each would double the work.
    precondition(
      offset >= 0 && offset + width * 8 + 8 <= bytes.byteCount && start >= 0
        && start + miniBlock <= target.count)
    let mask: UInt64 = (1 &<< UInt64(width)) &- 1
    unsafe bytes.withUnsafeBytes { source in
      unsafe target.withUnsafeMutableBufferPointer { values in
        guard let from = source.baseAddress, let to = values.baseAddress else { return }
        var bit = offset &* 8
        for index in 0..<miniBlock {
          let word = unsafe from.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)
          unsafe to[start &+ index] = (UInt64(littleEndian: word) &>> UInt64(bit & 7)) & mask
          bit &+= width
        }
      }
    }
  }

  private static func unpackWide(
    _ bytes: RawSpan, at offset: Int, width: Int, to target: inout MutableSpan<UInt64>,
    start: Int
  ) {
    let mask: UInt64 = width == 64 ? .max : (1 &<< UInt64(width)) &- 1
    for index in 0..<miniBlock {
      let bit = index &* width
      let place = offset &+ (bit &>> 6) &* 8
      let shift = UInt64(bit & 63)
      let low = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
      let high = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self)
      let spill = shift == 0 ? 0 : UInt64(littleEndian: high) &<< (64 &- shift)
      target[start &+ index] = (UInt64(littleEndian: low) &>> shift | spill) & mask
    }
  }
}
