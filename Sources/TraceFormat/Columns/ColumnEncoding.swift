/// How the values of one column become bytes: what is stored, and how tightly.
///
/// Bit 0 says what: distances from the smallest value, or zigzag differences from one value to the
/// next. Bit 1 says how: in as many bits as each 64 values need, or in 0, 1, 2, 4 or 8 whole bytes
/// each, which zstd sees through better. A constant column is `offsetBytes` with width 0.
enum ColumnEncoding: UInt8, CaseIterable {
  case offsetBits = 0
  case deltaBits = 1
  case offsetBytes = 2
  case deltaBytes = 3

  var isDelta: Bool { rawValue & 1 != 0 }
  var isBytes: Bool { rawValue & 2 != 0 }
}

/// Number of a column inside its kind of block; the order of columns in a block is free.
typealias ColumnID = UInt8

/// The 12 bytes before the data of a column.
enum ColumnHeader {
  static let byteCount = 12
}

/// Small numbers for small differences of either sign: 0, -1, 1, -2 become 0, 1, 2, 3.
@inline(__always)
func zigzag(_ value: Int64) -> UInt64 {
  UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
}

@inline(__always)
func unzigzag(_ value: UInt64) -> Int64 {
  Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1))
}
