import Foundation
import Reporting
import TestSupport
import Testing

/// The reader that other people's tools stand on.
enum Python {
  static let isPresent = Programs.exists("python3")
  static let hasNumPy = (try? Programs.run(["python3", "-c", "import numpy"]))?.status == 0
}

/// What Python's standard library makes of a PNG: size, palette, transparency, pixels.
private let readPNG = """
  import struct, sys, zlib
  data = open(sys.argv[1], 'rb').read()
  assert data[:8] == b'\\x89PNG\\r\\n\\x1a\\n'
  at, chunks = 8, {}
  while at < len(data):
      length, name = struct.unpack('>I4s', data[at:at + 8])
      body = data[at + 8:at + 8 + length]
      crc, = struct.unpack('>I', data[at + 8 + length:at + 12 + length])
      assert crc == zlib.crc32(name + body), name
      chunks[name] = body
      at += 12 + length
  assert list(chunks)[-1] == b'IEND'
  width, height, depth, kind, method, filters, interlace = struct.unpack('>IIBBBBB', chunks[b'IHDR'])
  assert (depth, kind, method, filters, interlace) == (8, 3, 0, 0, 0)
  lines = zlib.decompress(chunks[b'IDAT'])
  assert len(lines) == height * (width + 1)
  pixels = []
  for row in range(height):
      assert lines[row * (width + 1)] == 0
      pixels += lines[row * (width + 1) + 1:(row + 1) * (width + 1)]
  print(width, height, chunks[b'PLTE'].hex(), chunks.get(b'tRNS', b'').hex())
  print(*pixels)
  """

@Suite struct BinaryFileTests {
  @Test(.enabled(if: Python.isPresent, "python3 is absent"))
  func pngDecodesToItsPixels() throws {
    let pixels = (0..<77 * 13).map { UInt8($0 * $0 % 5) }
    let palette = ColourMap.colours(5)
    let image = PalettePNG(
      width: 77, height: 13, palette: palette, pixels: pixels, isFirstTransparent: true)
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("image.png")
      try Data(image.bytes).write(to: path)
      let outcome = try Programs.run(["python3", "-c", readPNG, path.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let colours = palette.flatMap { [$0.red, $0.green, $0.blue] }
        .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      let expected =
        "77 13 \(colours) 00\n" + pixels.map(String.init).joined(separator: " ") + "\n"
      #expect(outcome.output == expected)
    }
  }

  @Test func base64PadsAsTheStandardSays() {
    #expect(
      ["", "f", "fo", "foo", "foob"].map { base64(Array($0.utf8)) }
        == ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="])
  }

  @Test func npyHeaderIsAligned() {
    let file = NumPyFile.bytes([1, -2, 3, 4, 5, Int64.max], shape: [2, 3])
    #expect(file.prefix(8) == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0])
    #expect((file.count - 6 * 8).isMultiple(of: 64))
    let header = String(decoding: file[10..<file.count - 48], as: UTF8.self)
    #expect(header.hasPrefix("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3), }"))
    #expect(header.hasSuffix("\n"))
  }

  @Test(.enabled(if: Python.hasNumPy, "numpy is absent"))
  func numpyReadsTheSameNumbers() throws {
    try withScratchFolder { folder in
      let whole = folder.appendingPathComponent("whole.npy")
      let real = folder.appendingPathComponent("real.npy")
      try Data(NumPyFile.bytes([1, -2, 3, .min, 5, .max], shape: [2, 3])).write(to: whole)
      try Data(NumPyFile.bytes([0.1, -1e300, .infinity], shape: [3])).write(to: real)
      let script = """
        import numpy, sys
        a, b = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
        print(a.dtype, a.shape, a.tolist()); print(b.dtype, b.shape, b.tolist())
        """
      let outcome = try Programs.run(["python3", "-c", script, whole.path, real.path])
      #expect(
        outcome.output == """
          int64 (2, 3) [[1, -2, 3], [-9223372036854775808, 5, 9223372036854775807]]
          float64 (3,) [0.1, -1e+300, inf]

          """)
    }
  }
}
