internal import CZlib

/// An image of at most 256 colours in PNG format.
///
/// Source: PNG specification, third edition (chunks IHDR, PLTE, tRNS, IDAT, IEND).
package struct PalettePNG: Sendable {
  package let width: Int
  package let height: Int
  package let palette: [Colour]
  /// `width * height` indices into the palette, row by row.
  package let pixels: [UInt8]
  /// Whether the first colour lets through what is behind the image.
  package let isFirstTransparent: Bool

  package init(
    width: Int, height: Int, palette: [Colour], pixels: [UInt8], isFirstTransparent: Bool = false
  ) {
    precondition(width > 0 && height > 0 && pixels.count == width * height)
    precondition((1...256).contains(palette.count))
    self.width = width
    self.height = height
    self.palette = palette
    self.pixels = pixels
    self.isFirstTransparent = isFirstTransparent
  }

  /// The bytes of the file.
  package var bytes: [UInt8] {
    var result: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let bitDepth: UInt8 = 8
    let indexedColour: UInt8 = 3
    appendChunk(
      "IHDR", bigEndian(width) + bigEndian(height) + [bitDepth, indexedColour, 0, 0, 0],
      to: &result)
    appendChunk("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] }, to: &result)
    if isFirstTransparent { appendChunk("tRNS", [0], to: &result) }
    var lines: [UInt8] = []
    lines.reserveCapacity((width + 1) * height)
    for row in 0..<height {
      let unfiltered: UInt8 = 0
      lines.append(unfiltered)
      lines += pixels[row * width..<(row + 1) * width]
    }
    appendChunk("IDAT", deflated(lines), to: &result)
    appendChunk("IEND", [], to: &result)
    return result
  }

  /// The image as an address that needs no other file.
  package var dataAddress: String { "data:image/png;base64," + base64(bytes) }

  private func appendChunk(_ name: String, _ data: [UInt8], to file: inout [UInt8]) {
    let body = Array(name.utf8) + data
    let checksum = unsafe crc32(0, body, UInt32(body.count))
    file += bigEndian(data.count) + body + bigEndian(Int(checksum))
  }

  private func bigEndian(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private func deflated(_ plain: [UInt8]) -> [UInt8] {
    var length = compressBound(uLong(plain.count))
    var result = [UInt8](repeating: 0, count: Int(length))
    let status = unsafe compress2(&result, &length, plain, uLong(plain.count), Z_BEST_COMPRESSION)
    precondition(status == Z_OK, "zlib refused a buffer of the size that it asked for")
    return Array(result.prefix(Int(length)))
  }
}

/// RFC 4648 base 64 with padding.
package func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var result: [UInt8] = []
  result.reserveCapacity((bytes.count + 2) / 3 * 4)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let count = min(3, bytes.count - start)
    var word = 0
    for index in 0..<3 { word = word << 8 | (index < count ? Int(bytes[start + index]) : 0) }
    for index in 0..<4 {
      let padding = UInt8(ascii: "=")
      result.append(index <= count ? alphabet[word >> (18 - 6 * index) & 63] : padding)
    }
  }
  return String(decoding: result, as: UTF8.self)
}
