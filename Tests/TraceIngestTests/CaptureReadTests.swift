import PacketFormats
import Testing
import TraceIngest
import TraceModel

/// READs among other requests, both directions captured, repeated and reordered on the way.
@Suite("READs between other requests")
struct CaptureReadTests {
  static let pathMTU = 1024

  struct Frame {
    var time: Int
    var bytes: [UInt8]
    var data: Int
    /// Frames of one direction are reordered among themselves.
    var isResponse: Bool
  }

  /// Requests from 1 to 2 on queue pair 7, responses from 2 to 1 on queue pair 8.
  static func schedule(
    _ random: inout RandomStream, start: UInt32, requests: Int
  ) -> (frames: [Frame], reads: [Int64], sends: [Int64]) {
    var frames: [Frame] = []
    var reads: [Int64] = []
    var sends: [Int64] = []
    var sequence = start
    for index in 0..<requests {
      let time = index * 100
      guard random.below(3) > 0 else {
        let size = random.below(pathMTU)
        frames.append(
          Frame(
            time: time, bytes: roceFrame(.reliableSendOnly, sequence: sequence, bytes: size),
            data: size, isResponse: false))
        sends.append(Int64(size))
        sequence &+= 1
        continue
      }
      let size = 1 + random.below(5 * pathMTU)
      let count = (size + pathMTU - 1) / pathMTU
      frames.append(
        Frame(
          time: time,
          bytes: roceFrame(.reliableReadRequest, sequence: sequence, declaring: UInt32(size)),
          data: 0, isResponse: false))
      reads.append(Int64(size))
      for part in 0..<count {
        let opcode: TransportOpcode =
          count == 1
          ? .reliableReadResponseOnly
          : part == 0
            ? .reliableReadResponseFirst
            : part == count - 1 ? .reliableReadResponseLast : .reliableReadResponseMiddle
        let data = part == count - 1 ? size - part * pathMTU : pathMTU
        frames.append(
          Frame(
            time: time + 250 + part,
            bytes: roceFrame(
              opcode, from: 2, to: 1, queuePair: 8, sequence: sequence &+ UInt32(part),
              bytes: data),
            data: data, isResponse: true))
      }
      sequence &+= UInt32(count)
    }
    return (frames, reads, sends)
  }

  @Test("random schedules", arguments: 0..<40)
  func schedules(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 2)
    let start = UInt32(random.below(1 << 24))
    let plan = Self.schedule(&random, start: start, requests: 80)
    var frames = plan.frames
    var repeatedBytes: Int64 = 0
    if seed % 2 == 1 {
      for frame in plan.frames where random.below(10) == 0 {
        var copy = frame
        copy.time += 30
        frames.append(copy)
        repeatedBytes += Int64(frame.data)
      }
    }
    // Neighbours of one direction overtake each other, in one file of three.
    if seed % 3 == 2 {
      for index in frames.indices where index > 0 { frames[index].time += random.below(120) }
    }
    let order = frames.indices.sorted { (frames[$0].time, $0) < (frames[$1].time, $1) }
    let capture = try CaptureAssemblyTests.read(order.map { frames[$0].bytes })
    let reads = capture.messages.filter { $0.kind == .read }
    #expect(reads.map(\.bytes) == plan.reads)
    #expect(capture.messages.filter { $0.kind == .send }.map(\.bytes) == plan.sends)
    #expect(capture.messages.allSatisfy { $0.missingPackets == 0 })
    #expect(reads.allSatisfy { $0.source == 1 && $0.destination == 0 && $0.channel == 8 })
    let repeated: Int64 = capture.messages.reduce(0) { $0 + $1.repeatedBytes }
    #expect(repeated == repeatedBytes)
  }

  @Test("lost responses leave no READ without its bytes", arguments: 0..<20)
  func losses(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 3)
    let plan = Self.schedule(&random, start: 5, requests: 60)
    var lost: Int64 = 0
    let last = plan.frames.count - 10
    let frames = plan.frames.enumerated().filter { index, frame in
      guard frame.isResponse, index < last, random.below(10) == 0 else { return true }
      lost += 1
      return false
    }.map(\.element)
    let order = frames.indices.sorted { (frames[$0].time, $0) < (frames[$1].time, $1) }
    let capture = try CaptureAssemblyTests.read(order.map { frames[$0].bytes })
    let reads = capture.messages.filter { $0.kind == .read }
    let bytes: Int64 = reads.reduce(0) { $0 + $1.bytes }
    let missing: Int64 = reads.reduce(0) { $0 + Int64($1.missingPackets) }
    #expect(bytes == plan.reads.reduce(0, +))
    #expect(missing == lost)
    let others = capture.messages.filter { $0.kind != .read }
    #expect(others.allSatisfy { $0.missingPackets == 0 })
  }

  @Test("requests that are captured after their own responses find them", arguments: 0..<30)
  func requestsAfterResponses(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 4)
    let plan = Self.schedule(&random, start: UInt32(random.below(1 << 24)), requests: 80)
    // The clock of one direction is ahead by up to ten requests; every third file loses packets of
    // responses, but not their first.
    let delay = 300 + random.below(700)
    let losesPackets = seed % 3 == 2
    var lostCount: Int64 = 0
    var frames: [Frame] = []
    for frame in plan.frames {
      let opcode = TransportOpcode(rawValue: frame.bytes[42])
      let isLater = opcode == .reliableReadResponseMiddle || opcode == .reliableReadResponseLast
      if losesPackets, isLater, frame.time < 7_000, random.below(10) == 0 {
        lostCount += 1
        continue
      }
      frames.append(frame)
      if !frame.isResponse { frames[frames.count - 1].time += delay }
    }
    let order = frames.indices.sorted { (frames[$0].time, $0) < (frames[$1].time, $1) }
    let capture = try CaptureAssemblyTests.read(order.map { frames[$0].bytes })
    let reads = capture.messages.filter { $0.kind == .read }
    #expect(reads.map(\.bytes).sorted() == plan.reads.sorted())
    #expect(reads.reduce(0) { $0 + Int64($1.missingPackets) } == lostCount)
    #expect(reads.allSatisfy { $0.packets > 0 && $0.channel == 8 })
    #expect(!capture.summary.notes.contains { $0.contains("no captured response") })
  }

  @Test("ten thousand queue pairs whose READs and responses never meet cost no more each than ten")
  func unmatchedReads() throws {
    let queuePairs: UInt32 = 8_000
    var packets: [TimedPacket] = []
    func add(_ bytes: [UInt8]) {
      packets.append(
        TimedPacket(time: 1_700_000_000_000_000_000 + Int64(packets.count), bytes: bytes))
    }
    for queuePair in 0..<queuePairs {
      add(roceFrame(.reliableReadRequest, queuePair: queuePair, sequence: 0, declaring: 4096))
    }
    for round: UInt32 in 0..<8 {
      for queuePair in 0..<queuePairs {
        add(
          roceFrame(
            .reliableReadResponseOnly, from: 2, to: 1, queuePair: 100_000 + queuePair,
            sequence: 1_000 + round, bytes: 64))
      }
    }
    let clock = ContinuousClock()
    let bytes = pcap(packets)
    let start = clock.now
    let capture = try IngestedCapture(bytes: bytes)
    // Comparing each with each took minutes.
    #expect(clock.now - start < .seconds(10))
    #expect(capture.messages.count { $0.packets == 1 } == 8 * Int(queuePairs))
    #expect(capture.messages.count { $0.packets == 0 && $0.bytes == 4096 } == Int(queuePairs))
  }

  @Test("a response whose first packets were lost still finds its request")
  func lostStart() throws {
    let capture = try CaptureAssemblyTests.read([
      roceFrame(.reliableReadRequest, sequence: 100, declaring: 4096),
      roceFrame(
        .reliableReadResponseMiddle, from: 2, to: 1, queuePair: 9, sequence: 102, bytes: 1024),
      roceFrame(
        .reliableReadResponseLast, from: 2, to: 1, queuePair: 9, sequence: 103, bytes: 1024),
    ])
    #expect(capture.messages.map(\.bytes) == [4096])
    #expect(capture.messages.map(\.missingPackets) == [2])
  }
}
