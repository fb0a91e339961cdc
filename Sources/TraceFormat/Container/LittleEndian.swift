/// Reading and writing fixed-width integers, least significant byte first.
extension [UInt8] {
  mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    let little = value.littleEndian
    for byte in 0..<Value.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: little >> Value(truncatingIfNeeded: byte * 8)))
    }
  }

  /// The integer at `offset`, which must lie inside the array with all its bytes.
  func littleEndian<Value: FixedWidthInteger>(at offset: Int, as type: Value.Type) -> Value {
    var value: Value = 0
    for byte in (0..<Value.bitWidth / 8).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: self[offset + byte])
    }
    return value
  }
}
