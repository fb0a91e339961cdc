/// Arrays in NumPy's `.npy` format, version 1.0, little-endian, row-major.
///
/// Source: the format's description in NumPy's documentation (numpy.lib.format).
public enum NumPyFile {
  /// The file of an Int64 array; `shape` multiplies to the number of values.
  public static func bytes(_ values: [Int64], shape: [Int]) -> [UInt8] {
    file(of: values.count, shape: shape, type: "<i8") { UInt64(bitPattern: values[$0]) }
  }

  /// The file of a Double array; `shape` multiplies to the number of values.
  public static func bytes(_ values: [Double], shape: [Int]) -> [UInt8] {
    file(of: values.count, shape: shape, type: "<f8") { values[$0].bitPattern }
  }

  private static func file(
    of count: Int, shape: [Int], type: String, word: (Int) -> UInt64
  ) -> [UInt8] {
    precondition(shape.reduce(1, *) == count, "the shape does not hold this many values")
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
    let length = (10 + header.utf8.count + 1 + 63) / 64 * 64 - 10
    header += String(repeating: " ", count: length - header.utf8.count - 1) + "\n"
    var result: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    result += [UInt8(length & 0xFF), UInt8(length >> 8)]
    result += header.utf8
    result.reserveCapacity(result.count + 8 * count)
    for index in 0..<count {
      let bits = word(index)
      for shift in stride(from: 0, to: 64, by: 8) {
        result.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
      }
    }
    return result
  }
}
