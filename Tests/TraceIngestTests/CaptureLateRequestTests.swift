import PacketFormats
import Testing
import TraceIngest
import TraceModel

/// READs whose requests are captured after their responses, as two mirrors with unequal delays show
/// them: each counts once.
@Suite("READ requests that are captured late")
struct CaptureLateRequestTests {
  static let packetByteCount = 1_024

  /// The packets of one response of `count` packets to queue pair `queuePair` of address 1.
  static func response(_ queuePair: Int, at sequence: Int, count: Int) -> [[UInt8]] {
    (0..<count).map { index in
      let opcode: TransportOpcode =
        count == 1
        ? .reliableReadResponseOnly
        : index == 0
          ? .reliableReadResponseFirst
          : index == count - 1 ? .reliableReadResponseLast : .reliableReadResponseMiddle
      return roceFrame(
        opcode, from: 2, to: 1, queuePair: UInt32(queuePair), sequence: UInt32(sequence + index),
        bytes: packetByteCount)
    }
  }

  static func request(_ queuePair: Int, at sequence: Int, count: Int) -> [UInt8] {
    roceFrame(
      .reliableReadRequest, queuePair: UInt32(queuePair), sequence: UInt32(sequence),
      declaring: UInt32(count * packetByteCount))
  }

  /// How late requests are, in READs of their queue pair, and how often a first packet is lost.
  struct Delay {
    var reads: Int
    var delay: Int
    var lostFirstPerThousand: Int
  }

  @Test(
    "64 queue pairs: each READ counts once, also when its response lost its first packet",
    arguments: [
      Delay(reads: 40, delay: 3, lostFirstPerThousand: 125),
      Delay(reads: 50, delay: 40, lostFirstPerThousand: 125),
      Delay(reads: 120, delay: 80, lostFirstPerThousand: 0),
    ])
  func answeredOnce(_ delay: Delay) throws {
    var random = RandomStream(seed: 5, purpose: 3)
    let (queuePairs, packetsPerRead) = (64, 4)
    var frames: [[UInt8]] = []
    for step in 0..<delay.reads + delay.delay {
      for pair in 0..<queuePairs {
        let start = 100 + pair * 100_000
        if step < delay.reads {
          // Of the very first response nothing says how much is missing.
          let isCut = step > 0 && random.below(1_000) < delay.lostFirstPerThousand
          frames += Self.response(
            100 + pair, at: start + step * packetsPerRead, count: packetsPerRead
          ).dropFirst(isCut ? 1 : 0)
        }
        if step >= delay.delay {
          frames.append(
            Self.request(
              500 + pair, at: start + (step - delay.delay) * packetsPerRead,
              count: packetsPerRead))
        }
      }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    let reads = capture.messages
    #expect(reads.count == queuePairs * delay.reads)
    #expect(reads.allSatisfy { $0.kind == .read && $0.packets > 0 && $0.repeatedBytes == 0 })
    #expect(reads.allSatisfy { $0.bytes == Int64(packetsPerRead * Self.packetByteCount) })
    #expect(!capture.summary.notes.contains { $0.contains("no captured response") })
  }

  @Test("a lost response is still told when responses run ahead of their requests")
  func lostResponse() throws {
    var frames: [[UInt8]] = []
    for step in 0..<40 {
      if step < 36, step != 20 { frames += Self.response(9, at: 100 + 4 * step, count: 4) }
      if step >= 4 { frames.append(Self.request(7, at: 100 + 4 * (step - 4), count: 4)) }
    }
    let capture = try CaptureAssemblyTests.read(frames)
    #expect(capture.messages.count == 36)
    #expect(capture.messages.allSatisfy { $0.bytes == 4_096 })
    #expect(capture.messages.filter { $0.packets == 0 }.count == 1)
  }

  @Test("a response far ahead of the last is no new connection when its request is known")
  func farAhead() throws {
    func frame(_ opcode: TransportOpcode, _ sequence: UInt32) -> [UInt8] {
      roceFrame(opcode, from: 2, to: 1, queuePair: 9, sequence: sequence, bytes: 4_096)
    }
    // 70,000 packets, of which the capture holds the first, and once another.
    let long = roceFrame(.reliableReadRequest, sequence: 100, declaring: 70_000 * 4_096)
    let next = roceFrame(.reliableReadRequest, sequence: 70_100, declaring: 4_096)
    for middle in [[], [frame(.reliableReadResponseMiddle, 105)]] {
      let capture = try CaptureAssemblyTests.read(
        [long, frame(.reliableReadResponseFirst, 100), next] + middle
          + [frame(.reliableReadResponseOnly, 70_100)])
      #expect(capture.messages.map(\.bytes) == [70_000 * 4_096, 4_096])
      #expect(capture.messages.map(\.packets) == [Int32(1 + middle.count), 1])
      #expect(!capture.summary.notes.contains { $0.contains("another connection") })
    }
  }
}
