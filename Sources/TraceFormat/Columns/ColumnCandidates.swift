/// One column measured in the four ways in which it can be stored.
struct ColumnCandidates {
  /// Distances from the smallest value.
  private let offsets: Packing
  /// Zigzag differences from one value to the next; one fewer than the values.
  private let deltas: Packing

  /// Words to be packed, and how many bits and bytes they need.
  private struct Packing {
    let base: Int64
    let count: Int
    /// Bits of each mini-block.
    let widths: [UInt8]
    let byteWidth: Int

    init(base: Int64, count: Int, widths: [UInt8]) {
      self.base = base
      self.count = count
      self.widths = widths
      byteWidth = BytePacking.width(ofBits: Int(widths.max() ?? 0))
    }

    /// Words that are all zero.
    init(constant base: Int64, count: Int) {
      self.init(
        base: base, count: count,
        widths: [UInt8](repeating: 0, count: BitPacking.miniBlockCount(count)))
    }

    var byteCountInBits: Int { widths.count + BitPacking.packedByteCount(widths.span) }
    var byteCountInBytes: Int { 1 + count * byteWidth }
  }

  init(_ values: Span<Int64>) {
    let count = values.count
    if Self.isConstant(values) {
      let deltaCount = max(count - 1, 0)
      offsets = Packing(constant: count > 0 ? values[0] : 0, count: count)
      deltas = Packing(constant: count > 0 ? values[0] : 0, count: deltaCount)
      return
    }
    var smallest = values[0]
    for index in values.indices { smallest = min(smallest, values[index]) }
    let deltaCount = count - 1
    var offsetWidths = [UInt8](repeating: 0, count: BitPacking.miniBlockCount(count))
    var deltaWidths = [UInt8](repeating: 0, count: BitPacking.miniBlockCount(deltaCount))
    for block in offsetWidths.indices {
      let first = block * BitPacking.miniBlock
      var union: UInt64 = 0
      for index in first..<min(first + BitPacking.miniBlock, count) {
        union |= UInt64(bitPattern: values[index] &- smallest)
      }
      offsetWidths[block] = BitPacking.width(of: union)
    }
    for block in deltaWidths.indices {
      let first = block * BitPacking.miniBlock
      var union: UInt64 = 0
      for index in first..<min(first + BitPacking.miniBlock, deltaCount) {
        union |= zigzag(values[index + 1] &- values[index])
      }
      deltaWidths[block] = BitPacking.width(of: union)
    }
    offsets = Packing(base: smallest, count: count, widths: offsetWidths)
    deltas = Packing(base: values[0], count: deltaCount, widths: deltaWidths)
  }

  /// Many columns are; the first that differs is mostly found at once.
  private static func isConstant(_ values: Span<Int64>) -> Bool {
    for index in values.indices where values[index] != values[0] { return false }
    return true
  }

  /// The encoding with the fewest bytes, base not counted; on equal sizes whole bytes, which
  /// compress better, and the simpler one.
  var smallest: (encoding: ColumnEncoding, byteCount: Int) {
    var best = (ColumnEncoding.offsetBytes, offsets.byteCountInBytes)
    let others = [
      (ColumnEncoding.deltaBytes, deltas.byteCountInBytes),
      (ColumnEncoding.offsetBits, offsets.byteCountInBits),
      (ColumnEncoding.deltaBits, deltas.byteCountInBits),
    ]
    for other in others where other.1 < best.1 { best = other }
    return best
  }

  /// Appends base and packed values.
  ///
  /// - Parameters:
  ///   - values: the same as at the beginning.
  ///   - words: room for as many words, with any content.
  func append(
    _ values: Span<Int64>, as encoding: ColumnEncoding, by words: inout [UInt64],
    to bytes: inout [UInt8]
  ) {
    let packing = encoding.isDelta ? deltas : offsets
    bytes.append(littleEndian: packing.base)
    if encoding.isBytes, packing.byteWidth == 0 { return bytes.append(0) }
    var target = words.mutableSpan
    if encoding.isDelta {
      for index in 0..<packing.count { target[index] = zigzag(values[index + 1] &- values[index]) }
    } else {
      for index in 0..<packing.count {
        target[index] = UInt64(bitPattern: values[index] &- packing.base)
      }
    }
    let packed = target.span.extracting(first: packing.count)
    if encoding.isBytes {
      bytes.append(UInt8(packing.byteWidth))
      BytePacking.pack(packed, width: packing.byteWidth, to: &bytes)
    } else {
      bytes += packing.widths
      BitPacking.pack(packed, widths: packing.widths.span, to: &bytes)
    }
  }
}
