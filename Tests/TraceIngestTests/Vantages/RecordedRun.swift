import Foundation
import PacketFormats
import TestSupport
import TraceIngest
import TraceModel

/// Traffic of a made-up run, of which each vantage shows a part by its own clock.
struct RecordedRun {
  struct Packet {
    /// By the true clock, in nanoseconds since 1970.
    var time: Int64
    var source: UInt32
    var destination: UInt32
    var frame: [UInt8]
  }

  static let start: Int64 = 1_700_000_000_000_000_000

  var packets: [Packet] = []
  /// Bytes of each message by source, destination, queue pair and place in its order.
  private(set) var messageCount = 0
  private(set) var bytes: Int64 = 0

  /// Every pair of the NICs 1 … `nics` exchanges `messages` messages on one queue pair.
  init(seed: UInt64, nics: UInt32, messages: Int, spacing: Int64 = 400_000) {
    var random = RandomStream(seed: seed, purpose: 21)
    for source in 1...nics {
      for destination in 1...nics where destination != source {
        let queuePair = 16 + source * 64 + destination
        var sequence = UInt32(random.below(1 << 24))
        for message in 0..<messages {
          let count = 1 + random.below(6)
          let begin =
            Self.start + Int64(message) * spacing + Int64(random.below(Int(spacing / 2)))
          add(
            from: source, to: destination, queuePair, &sequence, count: count,
            tail: 1 + random.below(255), isWrite: random.below(2) == 0, at: begin)
        }
      }
    }
    packets.sort { $0.time < $1.time }
  }

  private mutating func add(
    from source: UInt32, to destination: UInt32, _ queuePair: UInt32, _ sequence: inout UInt32,
    count: Int, tail: Int, isWrite: Bool, at begin: Int64
  ) {
    let size = (count - 1) * 256 + tail
    for index in 0..<count {
      let place: UInt8 = count == 1 ? 4 : index == 0 ? 0 : index == count - 1 ? 2 : 1
      packets.append(
        Packet(
          time: begin + Int64(index) * 1_000, source: source, destination: destination,
          frame: roceFrame(
            TransportOpcode(rawValue: (isWrite ? 6 : 0) + place), from: source, to: destination,
            queuePair: queuePair, sequence: sequence, bytes: index == count - 1 ? tail : 256,
            declaring: UInt32(size))))
      sequence &+= 1
    }
    messageCount += 1
    bytes += Int64(size)
  }

  /// What one vantage shows: its packets by its own clock, in their order there.
  func seen(
    offset: Int64 = 0, drift: Double = 0, lossPerThousand: Int = 0, jitter: Int = 0,
    seed: UInt64 = 0, _ isSeen: (Packet) -> Bool = { _ in true }
  ) -> [TimedPacket] {
    var random = RandomStream(seed: seed, purpose: 22)
    var seen: [TimedPacket] = []
    for packet in packets where isSeen(packet) {
      if random.below(1_000) < lossPerThousand { continue }
      let late = jitter > 0 ? Int64(random.below(jitter)) : 0
      let moved = Int64(Double(packet.time - Self.start) * drift)
      seen.append(TimedPacket(time: packet.time + offset + moved + late, bytes: packet.frame))
    }
    return seen.sorted { $0.time < $1.time }
  }
}

/// Reads packets of several files, named in the order given.
func ingest(
  files: [(name: String, packets: [TimedPacket])], options: IngestOptions = IngestOptions()
) throws -> IngestedCapture {
  try withScratchFolder { folder in
    let paths = try files.map { file in
      let path = folder.appendingPathComponent(file.name)
      try Data(pcap(file.packets)).write(to: path)
      return path.path
    }
    return try IngestedCapture(paths, options: options)
  }
}

extension IngestedCapture {
  /// The messages without times and repeated bytes, by the text of their addresses.
  var contents: [String] {
    messages.map {
      "\(text($0.source)) \(text($0.destination)) \($0.channel) \($0.kind) \($0.bytes) \($0.packets)"
    }.sorted()
  }

  func note(about words: String) -> String? { summary.notes.first { $0.contains(words) } }
}
