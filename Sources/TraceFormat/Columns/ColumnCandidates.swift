/// One column seen in the four ways in which it can be stored.
struct ColumnCandidates {
  /// Distances from the smallest value.
  private var offsets: Packable
  /// Zigzag differences from one value to the next; one fewer than the values.
  private var deltas: Packable

  /// Words to be packed, and how many bits and bytes they need.
  private struct Packable {
    var base: Int64
    var words: [UInt64]
    var widths: [UInt8]
    var byteWidth: Int

    init(base: Int64, words: [UInt64]) {
      self.base = base
      self.words = words
      widths = BitPacking.widths(words.span)
      let bits = widths.max() ?? 0
      byteWidth = BytePacking.width(ofBits: Int(bits))
    }

    var byteCountInBits: Int { widths.count + BitPacking.packedByteCount(widths.span) }
    var byteCountInBytes: Int { 1 + words.count * byteWidth }
  }

  init(_ values: Span<Int64>) {
    let count = values.count
    var smallest = count > 0 ? values[0] : 0
    for index in values.indices { smallest = min(smallest, values[index]) }
    var offsets = [UInt64](repeating: 0, count: count)
    var deltas = [UInt64](repeating: 0, count: max(count - 1, 0))
    var target = offsets.mutableSpan
    for index in values.indices {
      target[index] = UInt64(bitPattern: values[index] &- smallest)
    }
    var deltaTarget = deltas.mutableSpan
    for index in deltaTarget.indices {
      deltaTarget[index] = zigzag(values[index + 1] &- values[index])
    }
    self.offsets = Packable(base: smallest, words: offsets)
    self.deltas = Packable(base: count > 0 ? values[0] : 0, words: deltas)
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
  func append(_ encoding: ColumnEncoding, to bytes: inout [UInt8]) {
    let packable = encoding.isDelta ? deltas : offsets
    bytes.append(littleEndian: packable.base)
    if encoding.isBytes {
      bytes.append(UInt8(packable.byteWidth))
      BytePacking.pack(packable.words.span, width: packable.byteWidth, to: &bytes)
    } else {
      bytes += packable.widths
      BitPacking.pack(packable.words.span, widths: packable.widths.span, to: &bytes)
    }
  }
}
