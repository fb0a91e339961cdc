extension [UInt8] {
  /// Appends an integer, most significant byte first.
  @inline(__always)
  package mutating func append(bigEndian value: some FixedWidthInteger & UnsignedInteger) {
    var shift = value.bitWidth
    while shift > 0 {
      shift -= 8
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Appends an integer, least significant byte first.
  @inline(__always)
  package mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
    append(bigEndian: value.byteSwapped)
  }

  /// Overwrites two bytes at `offset`, most significant first.
  mutating func set(bigEndian value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }
}
