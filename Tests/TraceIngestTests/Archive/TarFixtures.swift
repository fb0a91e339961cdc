import Foundation

/// A tar archive of some files, written by hand (POSIX ustar).
func tarArchive(_ files: [(name: String, content: [UInt8])], ending: Int = 1024) -> [UInt8] {
  files.flatMap { tarEntry(name: $0.name, content: $0.content) }
    + [UInt8](repeating: 0, count: ending)
}

/// One entry: header, content, padding.
///
/// - Parameter map: blocks by which the map of a sparse file goes on; its header says that they come.
func tarEntry(
  name: String, content: [UInt8], flag: Character = "0", map: [[UInt8]] = []
) -> [UInt8] {
  var header = [UInt8](repeating: 0, count: 512)
  func put(_ text: String, at offset: Int) {
    for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
  }
  put(name, at: 0)
  put("0000644\0", at: 100)
  put(String(repeating: "0", count: 11 - String(content.count, radix: 8).count), at: 124)
  put(String(content.count, radix: 8), at: 135 - String(content.count, radix: 8).count)
  put(String(flag), at: 156)
  put("ustar\u{0}00", at: 257)
  if !map.isEmpty { header[482] = 1 }
  put("        ", at: 148)
  let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
  put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
  let padding = (512 - content.count % 512) % 512
  return header + map.flatMap { $0 } + content + [UInt8](repeating: 0, count: padding)
}
