import Foundation
import PacketFormats

/// The plainest possible reader of a little-endian microsecond pcap: enough for tests here, and
/// independent of the reader that users get.
struct MicrosecondCapture {
  struct Record {
    var seconds: Int
    var microseconds: Int
    var wireByteCount: Int
    var bytes: [UInt8]
  }

  struct Unreadable: Error {}

  var linkType: LinkType
  var records: [Record] = []

  init(path: String) throws {
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    func word(_ offset: Int) -> Int {
      file[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    guard file.count >= 24, word(0) == 0xA1B2_C3D4,
      let linkType = LinkType(rawValue: UInt32(word(20)))
    else { throw Unreadable() }
    self.linkType = linkType
    var offset = 24
    while offset + 16 <= file.count {
      let captured = word(offset + 8)
      records.append(
        Record(
          seconds: word(offset), microseconds: word(offset + 4), wireByteCount: word(offset + 12),
          bytes: Array(file[offset + 16..<offset + 16 + captured])))
      offset += 16 + captured
    }
  }
}
