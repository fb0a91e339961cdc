import ByteStreams
import Foundation
import PacketFormats
import TestSupport
import Testing
import TraceIngest
import TraceModel

/// Writes pcapng blocks in either byte order.
struct BlockWriter {
  var bytes: [UInt8] = []
  var isBig = false

  func number(_ value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    var bytes: [UInt8] = []
    if isBig { bytes.append(bigEndian: value) } else { bytes.append(littleEndian: value) }
    return bytes
  }

  mutating func block(_ type: UInt32, _ body: [UInt8]) {
    let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
    let length = number(UInt32(12 + padded.count))
    bytes += number(type) + length + padded + length
  }

  mutating func section(isBig: Bool) {
    self.isBig = isBig
    block(
      0x0A0D_0D0A,
      number(0x1A2B_3C4D as UInt32) + number(1 as UInt16) + number(0 as UInt16)
        + number(UInt64.max))
  }

  mutating func interface(
    _ linkType: UInt16, snapLength: UInt32 = 0, resolution: UInt8? = nil,
    offsetSeconds: UInt64? = nil, name: [UInt8]? = nil
  ) {
    var body = number(linkType) + number(0 as UInt16) + number(snapLength)
    // An option of a kind that nobody knows stands before those that count.
    body += number(0x7777 as UInt16) + number(3 as UInt16) + [1, 2, 3, 0]
    if let name {
      body += number(2 as UInt16) + number(UInt16(name.count)) + name
      body += [UInt8](repeating: 0, count: (4 - name.count % 4) % 4)
    }
    if let resolution {
      body += number(9 as UInt16) + number(1 as UInt16) + [resolution, 0, 0, 0]
    }
    if let offsetSeconds {
      body += number(14 as UInt16) + number(8 as UInt16) + number(offsetSeconds)
    }
    block(1, body + number(0 as UInt32))
  }

  mutating func enhanced(
    _ interface: UInt32, ticks: UInt64, _ packet: [UInt8], wire: Int? = nil
  ) {
    block(
      6,
      number(interface) + number(UInt32(ticks >> 32)) + number(UInt32(ticks & 0xFFFF_FFFF))
        + number(UInt32(packet.count)) + number(UInt32(wire ?? packet.count)) + packet)
  }

  mutating func simple(_ packet: [UInt8], wire: Int? = nil) {
    block(3, number(UInt32(wire ?? packet.count)) + packet)
  }

  mutating func old(_ interface: UInt16, ticks: UInt64, _ packet: [UInt8]) {
    block(
      2,
      number(interface) + number(0 as UInt16) + number(UInt32(ticks >> 32))
        + number(UInt32(ticks & 0xFFFF_FFFF)) + number(UInt32(packet.count))
        + number(UInt32(packet.count)) + packet)
  }
}

@Suite("Capture containers")
struct CaptureContainerTests {
  static let second: Int64 = 1_700_000_000

  static func send(_ sequence: UInt32) -> [UInt8] {
    roceFrame(.reliableSendOnly, sequence: sequence, bytes: 100)
  }

  @Test("pcap in both byte orders and both resolutions")
  func pcapVariants() throws {
    for isBig in [false, true] {
      for isNano in [false, true] {
        var writer = BlockWriter()
        writer.isBig = isBig
        writer.bytes += writer.number((isNano ? 0xA1B2_3C4D : 0xA1B2_C3D4) as UInt32)
        writer.bytes += writer.number(2 as UInt16) + writer.number(4 as UInt16)
        writer.bytes += writer.number(0 as UInt64) + writer.number(65_535 as UInt32)
        // The upper half of the link type may announce a frame check sequence.
        writer.bytes += writer.number(0x2400_0001 as UInt32)
        let packet = Self.send(1)
        writer.bytes += writer.number(UInt32(Self.second)) + writer.number(123_456 as UInt32)
        writer.bytes += writer.number(UInt32(packet.count)) + writer.number(UInt32(packet.count))
        let capture = try IngestedCapture(bytes: writer.bytes + packet)
        #expect(
          capture.messages.map(\.start)
            == [Self.second * 1_000_000_000 + (isNano ? 123_456 : 123_456_000)])
        #expect(capture.ledger.used == 1)
        #expect(capture.ledger.isBalanced && !capture.ledger.hasDamage)
      }
    }
  }

  @Test("pcapng: sections of both byte orders, interfaces with their own clocks and links")
  func sections() throws {
    var file = BlockWriter()
    file.section(isBig: true)
    file.interface(1, resolution: 9)
    file.interface(276, resolution: 3, offsetSeconds: 1_000)
    file.enhanced(0, ticks: UInt64(Self.second) * 1_000_000_000 + 7, Self.send(1))
    file.block(0x4444, [UInt8](repeating: 9, count: 40))
    file.enhanced(
      1, ticks: UInt64(Self.second - 1_000) * 1_000 + 5,
      Envelope.linuxCooked2.wrapping(Self.send(2)))
    file.section(isBig: false)
    file.interface(113)
    file.interface(1, resolution: 0x80 | 32)
    file.interface(195)
    file.enhanced(
      0, ticks: UInt64(Self.second) * 1_000_000 + 20_000,
      Envelope.linuxCooked.wrapping(Self.send(3)))
    file.old(1, ticks: UInt64(Self.second) << 32 | 1 << 31, Self.send(4))
    file.enhanced(2, ticks: 0, [1, 2, 3])
    file.enhanced(9, ticks: 0, Self.send(5))
    let capture = try IngestedCapture(bytes: file.bytes, fileName: "a.pcapng")
    let base = Self.second * 1_000_000_000
    #expect(
      capture.messages.map { $0.start - base } == [7, 5_000_000, 20_000_000, 500_000_000])
    #expect(capture.ledger.read == 6)
    #expect(capture.ledger.skipped.map(\.reason).contains { $0.contains("number 195") })
    #expect(capture.skipped(.unknownInterface) == 1)
    #expect(capture.ledger.isBalanced)
    #expect(capture.summary.sources[0].format == "pcapng")
  }

  @Test("simple packet blocks: cut by the interface's snap length, timed by their neighbour")
  func simplePackets() throws {
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1, snapLength: 80)
    file.enhanced(
      0, ticks: UInt64(Self.second) * 1_000_000, Array(Self.send(1)[..<80]), wire: 158)
    file.simple(Array(Self.send(2)[..<80]), wire: 158)
    let capture = try IngestedCapture(bytes: file.bytes)
    #expect(capture.messages.map(\.bytes) == [100, 100])
    #expect(capture.messages[0].start == capture.messages[1].start)
    #expect(capture.summary.notes.contains { $0.contains("has no usable time in the file") })
  }

  @Test("a plain ERF file")
  func erf() throws {
    var bytes: [UInt8] = []
    let frame = Self.send(1)
    for index in 0..<3 {
      bytes.append(littleEndian: UInt64(Self.second) << 32 | UInt64(index) << 31)
      bytes += [2, 4]
      bytes.append(bigEndian: UInt16(18 + frame.count))
      bytes.append(bigEndian: 0 as UInt16)
      bytes.append(bigEndian: UInt16(frame.count))
      bytes += [0, 0] + frame
    }
    let capture = try IngestedCapture(bytes: bytes, fileName: "a.erf")
    #expect(capture.ledger.used == 3)
    #expect(capture.messages.first?.start == Self.second * 1_000_000_000)
    #expect(throws: IngestError.self) { try IngestedCapture(bytes: bytes, fileName: "a.bin") }
    // The name inside counts: what is packed is told by its first bytes.
    let packed = Zstandard.compress(bytes)
    for name in ["a.erf.zst", "a.erf.zstd"] {
      let unpacked = try IngestedCapture(bytes: packed, fileName: name)
      #expect(unpacked.messages == capture.messages)
      #expect(CaptureReader.recognises(start: bytes, fileName: name))
    }
    #expect(CaptureReader.recognises(start: bytes, fileName: "a.erf.gz"))
    #expect(!CaptureReader.recognises(start: bytes, fileName: "a.zst"))
  }

  @Test("of many link types that are not decoded 16 are named, and the others counted as one")
  func manyLinkTypes() throws {
    var file = BlockWriter()
    file.section(isBig: false)
    for index in 0..<100 as Range<UInt16> { file.interface(300 + index) }
    for round in 0..<3 as Range<UInt64> {
      for index in 0..<100 as Range<UInt32> {
        file.enhanced(99 - index, ticks: round, [1, 2, 3, 4])
      }
    }
    let capture = try IngestedCapture(bytes: file.bytes)
    #expect(capture.ledger.read == 300)
    #expect(capture.ledger.isBalanced)
    let skipped = capture.ledger.skipped
    #expect(skipped.count == 17)
    #expect(skipped.first?.reason.hasSuffix("(number 399)") == true)
    #expect(skipped.prefix(16).allSatisfy { $0.count == 3 && $0.reason.contains("(number 3") })
    #expect(skipped.last?.reason.hasSuffix("(other numbers)") == true)
    #expect(skipped.last?.count == 252)
    #expect(skipped.last?.first.hasPrefix("packet 17 ") == true)
  }

  @Test("a file that ends anywhere gives the packets before, and says where it ends")
  func truncation() throws {
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1)
    var ends: [Int] = []
    for index in 0..<3 {
      file.enhanced(0, ticks: UInt64(index), Self.send(UInt32(index)))
      ends.append(file.bytes.count)
    }
    let classic = pcap((0..<3).map { TimedPacket(time: Int64($0), bytes: Self.send(UInt32($0))) })
    let record = 16 + Self.send(0).count
    for (bytes, ends) in [(file.bytes, ends), (classic, (1...3).map { 24 + $0 * record })] {
      for length in stride(from: 24, to: bytes.count, by: 7) {
        let capture = try IngestedCapture(bytes: Array(bytes[..<length]))
        #expect(capture.ledger.read == Int64(ends.count { $0 <= length }))
        #expect(capture.ledger.isBalanced)
        let isWhole = ends.contains(length) || length == 24 && bytes == classic
        if length > 60 { #expect((capture.ledger.truncation == nil) == isWhole) }
      }
    }
    let cut = try IngestedCapture(bytes: Array(classic[..<(24 + record + 30)]))
    #expect(cut.ledger.truncation?.contains("at byte \(24 + record)") == true)
  }

  @Test("a damaged record is passed over; what cannot be passed over ends the file in words")
  func damage() throws {
    let packets = (0..<20).map {
      TimedPacket(
        time: Self.second * 1_000_000_000 + Int64($0) * 1_000, bytes: Self.send(UInt32($0)))
    }
    var bytes = pcap(packets)
    let record = 16 + packets[0].bytes.count
    let third = 24 + 3 * record
    bytes.replaceSubrange(third + 8..<third + 12, with: [0xFF, 0xFF, 0xFF, 0x7F])
    let capture = try IngestedCapture(bytes: bytes)
    #expect(capture.ledger.read == 20)
    #expect(capture.ledger.used == 19)
    #expect(capture.ledger.malformedCount == 1)
    #expect(capture.ledger.isBalanced)
    #expect(capture.ledger.malformed.first?.first == "packet 4 (byte \(third))")
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1)
    file.enhanced(0, ticks: 1, Self.send(1))
    let position = file.bytes.count
    file.enhanced(0, ticks: 2, Self.send(2))
    file.bytes[position + 4] &+= 1
    let stopped = try IngestedCapture(bytes: file.bytes)
    #expect(stopped.ledger.used == 1)
    #expect(
      stopped.ledger.truncation
        == "at byte \(position) a block has an impossible length; nothing after it can be read")
  }

  @Test("a damaged pcapng block is passed over, and the bytes with it are told")
  func damagedBlock() throws {
    for damage in 0..<3 {
      var file = BlockWriter()
      file.section(isBig: damage == 1)
      file.interface(1)
      var position = 0
      for index in 0..<20 {
        if index == 10 { position = file.bytes.count }
        file.enhanced(0, ticks: UInt64(index), Self.send(UInt32(index)))
      }
      let block = (file.bytes.count - position) / 10
      switch damage {
      case 0: file.bytes.replaceSubrange(position + 4..<position + 8, with: [255, 255, 255, 127])
      case 1: file.bytes[position + block - 1] ^= 0x40
      default: file.bytes.removeSubrange(position..<position + 20)
      }
      let capture = try IngestedCapture(bytes: file.bytes)
      #expect(capture.ledger.used == 19)
      #expect(capture.ledger.malformedCount == 1)
      #expect(capture.ledger.isBalanced)
      #expect(capture.ledger.truncation == nil)
      let passed = damage == 2 ? block - 20 : block
      let entry = try #require(capture.ledger.malformed.first)
      #expect(entry.reason.contains("(\(passed) bytes were passed over"))
      #expect(entry.first == "packet 11 (byte \(position))")
    }
  }

  @Test("any number of sections, each with interfaces of its own")
  func manySections() throws {
    let count = CaptureContainerTests.sectionCount
    var bytes: [UInt8] = []
    var once = BlockWriter()
    once.section(isBig: false)
    once.interface(113)
    once.interface(1)
    once.enhanced(1, ticks: 1, tcpSegment(sequence: 1, bytes: 1))
    bytes.reserveCapacity(count * once.bytes.count)
    for _ in 0..<count { bytes += once.bytes }
    let capture = try IngestedCapture(bytes: bytes)
    #expect(capture.ledger.used == Int64(count))
    #expect(capture.ledger.truncation == nil)
  }

  /// Two interfaces each: more of them than any one section may have.
  static let sectionCount = 33_000

  @Test("packets of a clock that 64 bits cannot hold have no time of their own")
  func unusableClock() throws {
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1, resolution: 9)
    file.interface(1, resolution: 0x13)
    file.enhanced(0, ticks: 5_000, Self.send(1))
    file.enhanced(1, ticks: 1 << 60, Self.send(2))
    let capture = try IngestedCapture(bytes: file.bytes)
    #expect(capture.messages.map(\.start) == [5_000, 5_000])
    #expect(capture.summary.notes.contains { $0.contains("1 packet has no usable time") })
  }

  @Test("a filter leaves out the link types that it has no meaning for")
  func filterOfSeveralLinkTypes() throws {
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1)
    file.interface(101)
    file.enhanced(0, ticks: 1, Self.send(1))
    file.enhanced(1, ticks: 2, Envelope.rawIP.wrapping(Self.send(2)))
    let capture = try IngestedCapture(
      bytes: file.bytes, options: IngestOptions(captureFilter: "ether src 02:00:00:00:00:01"))
    #expect(capture.ledger.used == 1)
    #expect(
      capture.ledger.skipped.map(\.reason)
        == ["link type for which the filter has no meaning (number 101)"])
    #expect(capture.ledger.isBalanced)
  }

  @Test("a file that ends inside its own header is called that")
  func cutFileHeader() throws {
    var section = BlockWriter()
    section.section(isBig: false)
    for (bytes, length) in [(pcap([]), 23), (pcap([]), 4), (section.bytes, 11)] {
      let cut = Array(bytes[..<length])
      #expect(CaptureReader.recognises(start: cut, fileName: "x"))
      do {
        _ = try IngestedCapture(bytes: cut)
        Issue.record("a file of \(length) bytes was read")
      } catch let error as IngestError {
        #expect(error.description.contains("cut inside its file header"))
      }
    }
  }

  @Test("records that lie across the ends of the reader's window")
  func windowEnds() throws {
    var bytes: [UInt8] = []
    appendPcapHeader(to: &bytes)
    let count = 2_400
    for index in 0..<count {
      let frame = roceFrame(
        .reliableSendOnly, sequence: UInt32(index), bytes: 3_900 + index % 97)
      appendPcapRecord(frame, nanoseconds: Int64(index) * 1_000, to: &bytes)
    }
    #expect(bytes.count > 2 * 4 << 20)
    let capture = try IngestedCapture(bytes: bytes)
    #expect(capture.messages.map(\.bytes) == (0..<count).map { Int64(3_900 + $0 % 97) })
    #expect(capture.ledger.truncation == nil)
  }

  @Test("absurd lengths and times are met with counts, not with traps")
  func absurdValues() throws {
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1, resolution: 9)
    file.enhanced(0, ticks: 1 << 63, tcpSegment(sequence: 0, bytes: 10))
    file.enhanced(0, ticks: .max >> 1, tcpSegment(sequence: 10, bytes: 10))
    file.enhanced(0, ticks: 5, tcpSegment(sequence: 20, bytes: 10), wire: 0xFFFF_FFFF)
    let capture = try IngestedCapture(bytes: file.bytes)
    #expect(capture.messages.map(\.bytes) == [10, 10])
    #expect(capture.skipped(.impossibleLength) == 1)
    #expect(capture.ledger.isBalanced)
    // A segment that a NIC was to cut has no IP length; the wire length stands in, within limits.
    var uncut = tcpSegment(sequence: 0, bytes: 10)
    uncut.replaceSubrange(16..<18, with: [0, 0])
    for (wire, expected) in [(54 + 100_000, [100_000 as Int64]), (1 << 30, [])] {
      var bytes: [UInt8] = []
      appendPcapHeader(to: &bytes)
      appendPcapRecord(uncut, nanoseconds: 1, wireByteCount: wire, to: &bytes)
      #expect(try IngestedCapture(bytes: bytes).messages.map(\.bytes) == expected)
    }
  }

  @Test("headers cut by the capture: what cannot be told, and the snap length that would tell")
  func cutHeaders() throws {
    func capture(snapLength: Int) throws -> IngestedCapture {
      var bytes: [UInt8] = []
      appendPcapHeader(to: &bytes)
      for sequence: UInt32 in 0..<3 {
        let frame = Self.send(sequence)
        appendPcapRecord(
          frame[..<snapLength], nanoseconds: 1, wireByteCount: frame.count, to: &bytes)
      }
      return try IngestedCapture(bytes: bytes)
    }
    let unknown = try capture(snapLength: 36)
    #expect(unknown.skipped(.cutByCapture) == 3)
    #expect(unknown.summary.notes.contains { $0.hasPrefix("it cannot be told whether") })
    for snapLength in [40, 50] {
      let cut = try capture(snapLength: snapLength)
      #expect(cut.skipped(.rdmaCutByCapture) == 3)
      #expect(!cut.summary.notes.contains { $0.contains("there is no RDMA") })
      #expect(
        cut.summary.notes.contains(
          "3 packets end before the end of the transport header (3 of RDMA): capture with a snap "
            + "length of 70 bytes or more"))
    }
    #expect(try capture(snapLength: 70).messages.map(\.bytes) == [100, 100, 100])
  }

  @Test("packets of zero bytes are counted as malformed")
  func emptyPackets() throws {
    let capture = try IngestedCapture(
      bytes: pcap([TimedPacket(time: 1, bytes: []), TimedPacket(time: 2, bytes: Self.send(1))]))
    #expect(capture.skipped(.empty) == 1)
    #expect(capture.ledger.used == 1)
    #expect(capture.ledger.isBalanced)
  }

  @Test("no file of random or damaged bytes traps, and every ledger is balanced")
  func randomFiles() throws {
    var random = RandomStream(seed: 5)
    var file = BlockWriter()
    file.section(isBig: false)
    file.interface(1, resolution: 9)
    file.interface(113, snapLength: 90)
    for index in 0..<6 {
      file.enhanced(UInt32(index % 2), ticks: UInt64(index), Self.send(UInt32(index)))
      file.simple(Self.send(9))
      file.block(5, [1, 2, 3, 4])
    }
    let classic = pcap((0..<6).map { TimedPacket(time: Int64($0), bytes: Self.send(UInt32($0))) })
    try withScratchFolder { folder in
      let path = folder.appendingPathComponent("a.erf").path
      for round in 0..<600 {
        var bytes = round % 3 == 0 ? classic : file.bytes
        for _ in 0..<1 + random.below(6) {
          bytes[random.below(bytes.count)] = UInt8(random.below(256))
        }
        if round % 5 == 0 { bytes.removeLast(random.below(bytes.count)) }
        if round % 7 == 0 { bytes = (0..<random.below(300)).map { _ in UInt8(random.below(256)) } }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        guard let capture = try? IngestedCapture([path]) else { continue }
        #expect(capture.ledger.isBalanced)
      }
    }
  }

  @Test("what is no capture is refused with words")
  func refused() {
    for bytes in [[], [0x0A], Array("{\"step\": 1}\n".utf8), [UInt8](repeating: 0, count: 100)] {
      #expect(throws: IngestError.self) { try IngestedCapture(bytes: bytes) }
      #expect(!CaptureReader.recognises(start: bytes, fileName: "a.pcap"))
    }
    #expect(throws: IngestError.self) { try IngestedCapture(["/nonexistent/a.pcap"]) }
    #expect(CaptureReader.recognises(start: pcap([]), fileName: "x"))
  }
}
