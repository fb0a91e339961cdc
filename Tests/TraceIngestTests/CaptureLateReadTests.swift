import PacketFormats
import Testing
import TraceIngest
import TraceModel

/// READs whose requests come late, at the edges: lost responses, queue pairs that look the same,
/// requests that are very late.
@Suite("READ requests that are captured very late, or whose responses are not")
struct CaptureLateReadTests {
  private typealias Packets = CaptureLateRequestTests

  private static func wholeReads(_ messages: [Message]) -> [Message] {
    messages.filter { $0.packets > 0 }
  }

  @Test("a long READ whose whole response is lost is told when its request comes late")
  func longLostResponse() throws {
    let count = 1_024
    var frames: [[UInt8]] = []
    for step in 0..<7 {
      if step < 6, step != 1, step != 4 {
        frames += Packets.response(9, at: 100 + step * count, count: count)
      }
      if step > 0 { frames.append(Packets.request(7, at: 100 + (step - 1) * count, count: count)) }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.count == 6)
    #expect(capture.messages.allSatisfy { $0.bytes == Int64(count) * 1_024 })
    #expect(Self.wholeReads(capture.messages).count == 4)
    #expect(capture.messages.reduce(0) { $0 + Int($1.missingPackets) } == 2 * count)
    #expect(capture.summary.notes.contains { $0.contains("no captured response") })
  }

  @Test(
    "queue pairs in step: each READ counts once however late its request is",
    arguments: [(1, 8), (2, 8), (3, 24), (5, 3)])
  func inStep(delay: Int, queuePairs: Int) throws {
    let (reads, count) = (40, 4)
    var frames: [[UInt8]] = []
    for step in 0..<reads + delay {
      for pair in 0..<queuePairs where step < reads {
        frames += Packets.response(100 + pair, at: 100 + step * count, count: count)
      }
      for pair in (0..<queuePairs).reversed() where step >= delay {
        frames.append(Packets.request(500 + pair, at: 100 + (step - delay) * count, count: count))
      }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.count == queuePairs * reads)
    #expect(capture.messages.allSatisfy { $0.packets == Int32(count) && $0.bytes == 4_096 })
    #expect(!capture.summary.notes.contains { $0.contains("no captured response") })
  }

  @Test(
    "of two flows that may be meant it is the one whose response has the READ's length",
    arguments: [false, true])
  func severalFlows(isCrossed: Bool) throws {
    // Responses to queue pairs 20 and 21 answer requests to 31 and 30, with equal numbers at first.
    let requests = [Packets.request(31, at: 100, count: 4), Packets.request(30, at: 100, count: 2)]
    let frames =
      Packets.response(20, at: 100, count: 4) + Packets.response(21, at: 100, count: 2)
      + (isCrossed ? requests.reversed() : requests)
      + [Packets.request(31, at: 104, count: 1)] + Packets.response(20, at: 104, count: 1)
      + [Packets.request(30, at: 102, count: 1)] + Packets.response(21, at: 102, count: 1)
    let capture = try CaptureAssemblyTests.read(frames)
    for (channel, expected) in [(20, [1_024, 4_096]), (21, [1_024, 2_048])] as [(UInt32, [Int64])] {
      let own = capture.messages.filter { $0.channel == channel }
      #expect(own.map(\.bytes).sorted() == expected)
    }
    #expect(capture.messages.count == 4)
  }

  @Test("a request that is 66 READs of 1,024 packets late counts no READ twice")
  func veryLate() throws {
    let (count, delay, reads) = (1_024, 66, 68)
    var frames: [[UInt8]] = []
    for step in 0..<reads + delay {
      for index in 0..<count where step < reads {
        let opcode: TransportOpcode =
          index == 0
          ? .reliableReadResponseFirst
          : index == count - 1 ? .reliableReadResponseLast : .reliableReadResponseMiddle
        frames.append(
          roceFrame(
            opcode, from: 2, to: 1, queuePair: 9, sequence: UInt32(100 + step * count + index),
            bytes: 256))
      }
      if step >= delay {
        frames.append(
          roceFrame(
            .reliableReadRequest, sequence: UInt32(100 + (step - delay) * count),
            declaring: UInt32(count * 256)))
      }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.count == reads)
    #expect(capture.messages.allSatisfy { $0.packets == Int32(count) })
    #expect(!capture.summary.notes.contains { $0.contains("no captured response") })
  }

  @Test("packets lost at the start and in the middle of a response add up")
  func lossesAddUp() throws {
    // Longer than what is held back, so that the packets are given up before the request comes.
    let count = 200
    var frames: [[UInt8]] = []
    for step in 0..<3 {
      let response = Packets.response(9, at: 100 + step * count, count: count)
      let lost = step == 1 ? [0, 1, 4, 6] : []
      frames += response.indices.filter { !lost.contains($0) }.map { response[$0] }
      frames.append(Packets.request(7, at: 100 + step * count, count: count))
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.map(\.missingPackets).sorted() == [0, 0, 4])
    #expect(capture.messages.allSatisfy { $0.bytes == Int64(count) * 1_024 })
  }

  @Test(
    "lost responses, losses inside and late requests: every READ is there once",
    arguments: [1, 2, 3, 4] as [UInt64])
  func everyReadOnce(seed: UInt64) throws {
    var random = RandomStream(seed: seed, purpose: 9)
    let reads = 60
    let delay = 1 + random.below(20)
    let counts = (0..<reads).map { _ in 2 + random.below(700) }
    let starts = counts.indices.map { index in 100 + counts.prefix(index).reduce(0, +) }
    var frames: [[UInt8]] = []
    var lost = 0
    for step in 0..<reads + delay {
      if step < reads {
        // Whole at both ends of the capture, so that both are known.
        let isLost = (3..<reads - 3).contains(step) && random.below(8) == 0
        lost += isLost ? 1 : 0
        if !isLost { frames += Packets.response(9, at: starts[step], count: counts[step]) }
      }
      if step >= delay {
        frames.append(
          Packets.request(7, at: starts[step - delay], count: counts[step - delay]))
      }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.count == reads)
    #expect(
      capture.messages.reduce(0) { $0 + $1.bytes } == Int64(counts.reduce(0, +)) * 1_024)
    #expect(capture.messages.filter { $0.packets == 0 }.count == lost)
  }
}
