import PacketFormats
import Testing
import TraceIngest
import TraceModel

@Suite("Captures at several places")
struct VantageTests {
  @Test("two mirrors of all traffic, one clock 7 ms behind, give what one gives", arguments: 0..<6)
  func mirrors(seed: Int) throws {
    let run = RecordedRun(seed: UInt64(seed), nics: 4, messages: 60)
    let alone = try ingest(files: [("a.pcap", run.seen())])
    #expect(alone.messages.count == run.messageCount)
    let both = try ingest(files: [
      ("a.pcap", run.seen()), ("b.pcap", run.seen(offset: 7_000_000)),
    ])
    #expect(both.contents == alone.contents)
    #expect(Set(both.messages.map(\.start)) == Set(alone.messages.map(\.start)))
    #expect(both.summary.ledgers.allSatisfy { $0.isBalanced && $0.used == alone.ledger.used })
    let repeated: Int64 = both.messages.reduce(0) { $0 + $1.repeatedBytes }
    #expect(repeated == run.bytes)
    #expect(both.note(about: "2 vantages: (1) a.pcap; (2) b.pcap") != nil)
    #expect(
      both.note(about: "\(run.messageCount) messages were seen at several vantages") != nil)
    #expect(both.note(about: "the clock of b.pcap is 7.000000 ms ahead of that of a.pcap") != nil)
  }

  @Test(
    "four NICs with clocks up to 10 ms apart: each message once, offsets found", arguments: 0..<8)
  func nics(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 23)
    let run = RecordedRun(seed: UInt64(seed), nics: 4, messages: 100)
    let alone = try ingest(files: [("a.pcap", run.seen())])
    var offsets: [Int64] = []
    var files: [(name: String, packets: [TimedPacket])] = []
    for nic in UInt32(1)...4 {
      offsets.append(Int64(random.below(10_000_000)) - 5_000_000)
      files.append(
        (
          "nic\(nic).pcap",
          run.seen(
            offset: offsets[offsets.count - 1], jitter: 3_000, seed: UInt64(seed) * 8 + UInt64(nic)
          ) { $0.source == nic || $0.destination == nic }
        ))
    }
    let all = try ingest(files: files)
    #expect(all.contents == alone.contents)
    // The vantage whose capture begins first is the reference.
    let reference = try #require(
      files.indices.min { files[$0].packets[0].time < files[$1].packets[0].time })
    for index in files.indices where index != reference {
      let note = try #require(all.note(about: "the clock of \(files[index].name) is "))
      let words = note.split(separator: " ")
      let milliseconds = try #require(Double(words[5]))
      let found = note.contains("behind") ? -milliseconds : milliseconds
      let true_ = Double(offsets[index] - offsets[reference]) / 1e6
      #expect(abs(found - true_) < 0.002, "\(note)")
    }
    // By the reference's clock, give or take the jitter.
    let times = Dictionary(grouping: alone.messages, by: \.channel).mapValues { $0.map(\.start) }
    for (channel, messages) in Dictionary(grouping: all.messages, by: \.channel) {
      let found = messages.map { $0.start - offsets[reference] }.sorted()
      let expected = try #require(times[channel]).sorted()
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 8_000 })
    }
  }

  @Test("packets that one of two mirrors lost are taken from the other", arguments: 0..<12)
  func losses(seed: Int) throws {
    let run = RecordedRun(seed: UInt64(seed), nics: 3, messages: 150)
    let both = try ingest(files: [
      ("a.pcap", run.seen(lossPerThousand: 10, jitter: 2_000, seed: 1)),
      ("b.pcap", run.seen(offset: -4_000_000, lossPerThousand: 10, jitter: 2_000, seed: 2)),
    ])
    let bytes: Int64 = both.messages.reduce(0) { $0 + $1.bytes }
    // Nothing counts twice; what both lost is a ten-thousandth, and a few messages at borders.
    #expect(bytes <= run.bytes)
    #expect(bytes * 1_000 >= run.bytes * 995, "\(bytes) of \(run.bytes)")
    #expect(both.messages.count <= run.messageCount)
    #expect(both.summary.ledgers.allSatisfy { $0.isBalanced })
  }

  @Test(
    "adding a mirror that lost much makes totals no larger than what was sent", arguments: 0..<8)
  func lossyMirror(seed: Int) throws {
    let run = RecordedRun(seed: UInt64(seed), nics: 3, messages: 300)
    let good = run.seen(lossPerThousand: 20, jitter: 2_000, seed: 1)
    let lossy = run.seen(offset: 4_000_000, lossPerThousand: 300, jitter: 2_000, seed: 2)
    let alone = try ingest(files: [("a.pcap", good)])
    let both = try ingest(files: [("a.pcap", good), ("b.pcap", lossy)])
    let aloneBytes: Int64 = alone.messages.reduce(0) { $0 + $1.bytes }
    let bytes: Int64 = both.messages.reduce(0) { $0 + $1.bytes }
    #expect(bytes <= run.bytes, "\(bytes) of \(run.bytes), \(aloneBytes) without the mirror")
    #expect(bytes * 1_000 >= run.bytes * 970, "\(bytes) of \(run.bytes), \(aloneBytes) without")
    #expect(both.messages.count <= run.messageCount)
  }

  @Test("neither the order of files nor the number of threads changes anything", arguments: 0..<4)
  func order(seed: Int) throws {
    let run = RecordedRun(seed: UInt64(seed), nics: 3, messages: 80)
    var files: [(name: String, packets: [TimedPacket])] = (UInt32(1)...3).map { nic in
      (
        "nic\(nic).pcap",
        run.seen(
          offset: Int64(nic) * 1_500_000, lossPerThousand: 5, jitter: 4_000, seed: UInt64(nic)
        ) { $0.source == nic || $0.destination == nic }
      )
    }
    files.append(("mirror.pcap", run.seen(lossPerThousand: 5, seed: 9)))
    let first = try ingest(files: files)
    for usesThreads in [true, false] {
      var options = IngestOptions()
      options.usesThreads = usesThreads
      for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let other = try ingest(files: order.map { files[$0] }, options: options)
        #expect(other.messages == first.messages)
        #expect(other.summary.layout == first.summary.layout)
        #expect(other.summary.notes == first.summary.notes)
        #expect(other.summary.ledgers == first.summary.ledgers)
        #expect(other.summary.sources == first.summary.sources)
      }
    }
  }

  @Test("rings of files of two NICs are two vantages, each of segments that share queue pairs")
  func segments() throws {
    let run = RecordedRun(seed: 3, nics: 2, messages: 400)
    let alone = try ingest(files: [("a.pcap", run.seen())])
    func ring(_ name: String, offset: Int64) -> [(name: String, packets: [TimedPacket])] {
      let packets = run.seen(offset: offset)
      // In the middle of messages.
      let third = packets.count / 3
      return [
        (name + "_0.pcap", Array(packets[..<third])),
        (name + "_1.pcap", Array(packets[third..<2 * third])),
        (name + "_2.pcap", Array(packets[(2 * third)...])),
      ]
    }
    let one = try ingest(files: ring("x", offset: 0).reversed())
    #expect(one.note(about: "3 captures are segments of one: x_0.pcap, x_1.pcap, x_2.pcap") != nil)
    #expect(one.contents == alone.contents)
    let both = try ingest(files: ring("x", offset: 0) + ring("y", offset: 2_000_000))
    #expect(
      both.note(
        about: "2 vantages: (1) x_0.pcap, x_1.pcap, x_2.pcap in this order; "
          + "(2) y_0.pcap, y_1.pcap, y_2.pcap in this order") != nil, "\(both.summary.notes)")
    #expect(both.contents == alone.contents)
  }

  @Test("a clock that drifts by 5 ms is followed")
  func drift() throws {
    let run = RecordedRun(seed: 5, nics: 2, messages: 5_000, spacing: 20_000_000)
    let both = try ingest(files: [
      ("a.pcap", run.seen { $0.source == 1 || $0.time < RecordedRun.start + 50_000_000 }),
      ("b.pcap", run.seen(offset: 1_000_000, drift: 50e-6)),
    ])
    #expect(both.messages.count == run.messageCount)
    let note = try #require(both.note(about: "the clock of b.pcap is "))
    #expect(note.contains("which moved by 4.") || note.contains("which moved by 5."), "\(note)")
    // What b alone saw is given by a's clock, up to what it drifts in two batches, here 36 s.
    let alone = try ingest(files: [("a.pcap", run.seen())])
    let found = both.messages.map(\.start).sorted()
    let expected = alone.messages.map(\.start).sorted()
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2_000_000 })
  }

  @Test("with little room messages go on early, late copies are still known, and both is told")
  func littleRoom() throws {
    let run = RecordedRun(seed: 6, nics: 4, messages: 200)
    var options = IngestOptions()
    options.maximumHeldMessages = 50
    let both = try ingest(
      files: [("a.pcap", run.seen()), ("b.pcap", run.seen(offset: 3_000_000))], options: options)
    #expect(both.messages.count == run.messageCount)
    #expect(both.note(about: "went on before all vantages had come as far") != nil)
  }

  @Test("a message that two vantages saw at times far apart was seen elsewhere, and that is said")
  func distantClocks() throws {
    let run = RecordedRun(seed: 8, nics: 2, messages: 400)
    let both = try ingest(files: [
      ("a.pcap", run.seen()), ("b.pcap", run.seen(offset: 60_000_000)),
    ])
    #expect(both.note(about: "seen at several vantages") != nil)
    #expect(both.note(about: "was seen elsewhere") == nil)
    let note = try #require(
      both.note(about: "seen elsewhere, too, but none whole and within 20 ms"))
    #expect(note.contains("a.pcap, b.pcap"))
  }

  @Test("captures without common traffic keep their clocks and say so")
  func strangers() throws {
    let run = RecordedRun(seed: 7, nics: 4, messages: 40)
    let apart = try ingest(files: [
      ("a.pcap", run.seen { $0.source == 1 }), ("b.pcap", run.seen { $0.source == 2 }),
    ])
    let alone = try ingest(files: [("a.pcap", run.seen { $0.source <= 2 })])
    #expect(apart.contents == alone.contents)
    #expect(apart.note(about: "no message of a.pcap, b.pcap was seen elsewhere") != nil)
    #expect(apart.note(about: "seen at several") == nil)
  }
}

extension VantageTests {
  @Test("requests for READs at one vantage, their responses at another: each READ once")
  func reads() throws {
    var requests: [TimedPacket] = []
    var responses: [TimedPacket] = []
    for index in 0..<UInt32(300) {
      let time = RecordedRun.start + Int64(index) * 50_000
      let sequence = 100 + index * 4
      requests.append(
        TimedPacket(
          time: time,
          bytes: roceFrame(
            .reliableReadRequest, from: 1, to: 2, queuePair: 7, sequence: sequence, declaring: 1_024
          )))
      for part in 0..<UInt32(4) {
        let opcode: TransportOpcode =
          part == 0
          ? .reliableReadResponseFirst
          : part == 3 ? .reliableReadResponseLast : .reliableReadResponseMiddle
        responses.append(
          TimedPacket(
            time: time + 10_000 + Int64(part) * 100,
            bytes: roceFrame(
              opcode, from: 2, to: 1, queuePair: 9, sequence: sequence + part, bytes: 256)))
      }
    }
    let both = try ingest(files: [("tx.pcap", requests), ("rx.pcap", responses)])
    #expect(both.messages.count == 300)
    #expect(both.messages.allSatisfy { $0.kind == .read && $0.bytes == 1_024 && $0.packets == 4 })
    #expect(both.note(about: "no captured response") == nil)
    let alone = try ingest(files: [("tx.pcap", requests)])
    #expect(alone.note(about: "300 READ requests have no captured response") != nil)
  }

  @Test("TCP bytes that two mirrors saw count once, however pauses cut them", arguments: 0..<10)
  func connections(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed), purpose: 24)
    var mirrors: [[TimedPacket]] = [[], []]
    var seen = Set<Int>()
    for index in 0..<400 {
      // Pauses about as long as what cuts a message.
      let time = RecordedRun.start + Int64(index) * 990_000
      let frame = tcpSegment(sequence: 5_000 &+ UInt32(index * 100), bytes: 100)
      for mirror in 0..<2 where random.below(50) > 0 {
        mirrors[mirror].append(
          TimedPacket(time: time + Int64(random.below(30_000)), bytes: frame))
        seen.insert(index)
      }
    }
    let both = try ingest(files: [("a.pcap", mirrors[0]), ("b.pcap", mirrors[1])])
    let bytes: Int64 = both.messages.reduce(0) { $0 + $1.bytes }
    #expect(bytes <= Int64(seen.count * 100))
    #expect(bytes >= Int64(seen.count * 100) * 95 / 100, "\(bytes) of \(seen.count * 100)")
  }

  @Test("datagrams that two mirrors saw count once")
  func datagrams() throws {
    var packets: [TimedPacket] = []
    for index in 0..<UInt32(500) {
      packets.append(
        TimedPacket(
          time: RecordedRun.start + Int64(index) * 10_000,
          bytes: roceFrame(
            TransportOpcode(rawValue: 0x64), queuePair: 20, sequence: index, bytes: 64)))
    }
    let both = try ingest(files: [
      ("a.pcap", packets),
      ("b.pcap", packets.map { TimedPacket(time: $0.time + 2_000_000, bytes: $0.bytes) }),
    ])
    #expect(both.messages.count == 500)
    #expect(both.note(about: "500 messages were seen at several vantages") != nil)
  }
}
