import PacketFormats
import Testing
import TraceIngest
import TraceModel

@Suite("Times that leap")
struct CaptureTimeJumpTests {
  static let start: Int64 = 1_735_689_600_000_000_000
  /// The year 2100.
  static let late: Int64 = 4_102_444_800_000_000_000

  private func read(
    _ times: [Int64], takesShortWay: Bool
  ) throws -> (capture: IngestedCapture, positions: [Int]) {
    let packets = times.enumerated().map {
      TimedPacket(
        time: $1,
        bytes: roceFrame(.reliableSendOnly, sequence: UInt32($0), bytes: 100 + $0 % 7))
    }
    var options = IngestOptions()
    options.takesShortWay = takesShortWay
    var positions = [24]
    for packet in packets {
      positions.append(positions[positions.count - 1] + 16 + packet.bytes.count)
    }
    return (try IngestedCapture(bytes: pcap(packets), options: options), positions)
  }

  @Test(
    "one damaged time among many packets is named, and its packet kept", arguments: [true, false])
  func damaged(takesShortWay: Bool) throws {
    for (place, time) in [(1_500, Self.late), (1, 0), (4_998, Self.start + 61_000_000_000)] {
      var times = (0..<5_000).map { Self.start + Int64($0) * 1_000 }
      times[place] = time
      let (capture, positions) = try read(times, takesShortWay: takesShortWay)
      #expect(capture.ledger.used == 5_000)
      #expect(capture.messages.map(\.start) == times)
      let note = try #require(capture.summary.notes.first { $0.contains("has a time more than") })
      #expect(
        note.contains("test.pcap packet \(place + 1) (byte \(positions[place]));"), "\(note)")
      if takesShortWay { #expect(capture.summary.shortWayPackets > 4_900) }
    }
  }

  @Test("pauses, clocks that are set and packets a little out of order are none")
  func honest() throws {
    func times(_ time: (Int64) -> Int64) -> [Int64] { (0..<50).map { Self.start + time($0) } }
    let pause: Int64 = 5_400_000_000_000
    let honest = [
      times { $0 * pause }, times { $0 * 1_000 + ($0 >= 20 ? pause : 0) },
      times { $0 * 1_000 - ($0 >= 20 ? pause : 0) }, times { ($0 ^ 1) * 30_000_000_000 },
    ]
    for times in honest {
      for takesShortWay in [true, false] {
        let (capture, _) = try read(times, takesShortWay: takesShortWay)
        #expect(capture.ledger.used == 50)
        #expect(!capture.summary.notes.contains { $0.contains("more than 60 s away") })
      }
    }
  }

  @Test("many are counted, and the first four are named")
  func many() throws {
    var times: [Int64] = (0..<1_000).map { Self.start + $0 * 1_000 }
    for place in stride(from: 50, to: 1_000, by: 100) { times[place] = Self.late }
    let (capture, _) = try read(times, takesShortWay: true)
    let note = try #require(capture.summary.notes.first { $0.contains("10 packets have times") })
    for number in [51, 151, 251, 351] { #expect(note.contains("packet \(number) (byte")) }
    #expect(note.contains(" and 6 more;") && !note.contains("packet 451"))
  }
}
