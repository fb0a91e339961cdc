/// Records packets of a network interface into capture files, through libpcap.
///
/// Only as much of each packet is kept as the headers need. Losses of the kernel and of the interface
/// are counted and told.
public enum LiveCapture {
  /// What to record, and when to stop.
  public struct Options: Sendable {
    /// The system's name of the interface, "eth0"; "any" for all.
    public var interface: String
    /// Where the files go; it is made when it is not there.
    public var folder: String
    /// Bytes that are kept of each packet; 128 hold all headers of RoCEv2 in a tunnel.
    public var snapLength = 128
    /// libpcap filter expression, applied in the kernel.
    public var filter: String?
    /// Bytes after which a file is finished and the next one begun.
    public var fileByteCount: Int64 = 1_000_000_000
    /// The same by the packets' times, in nanoseconds.
    public var fileNanoseconds: Int64?
    /// Files that are kept, the one being written among them; nil keeps all.
    public var ringFileCount: Int?
    /// Nanoseconds after which recording stops.
    public var maximumNanoseconds: Int64?
    /// Packets after which recording stops.
    public var maximumPackets: Int64?

    public init(interface: String, folder: String) {
      self.interface = interface
      self.folder = folder
    }
  }

  /// What was recorded and what was lost.
  public struct Outcome: Sendable, Equatable {
    /// Packets written to files.
    public var packets: Int64 = 0
    /// Bytes of them that were kept.
    public var bytes: Int64 = 0
    /// Packets that the kernel had no room for; nil when it does not count them.
    public var kernelDrops: Int64?
    /// Packets that the interface or its driver lost; nil when they are not counted.
    public var interfaceDrops: Int64?
    /// Whole files that are there, in their order.
    public var files: [String] = []
    /// Older files that the ring has removed, and packets that were in them.
    public var removedFiles = 0
    public var removedPackets: Int64 = 0
    /// True when times are to the nanosecond.
    public var hasNanoseconds = true

    public init() {}
  }

  /// Packets between two looks at the clock.
  private static let packetsPerLook = 256
  /// Nanoseconds between two reports and flushes.
  private static let reportNanoseconds: Int64 = 1_000_000_000

  /// Records until a limit is reached or `shouldStop` says so, which is asked ten times a second or
  /// more often.
  ///
  /// - Parameter report: told about once a second what was recorded so far.
  /// - Throws: an `IngestError` when the interface cannot be opened (no such interface, no
  ///   permission), the filter is wrong or a file cannot be written. Files finished before stay.
  public static func record(
    _ options: Options, shouldStop: () -> Bool, report: (Outcome) -> Void = { _ in }
  ) throws(IngestError) -> Outcome {
    let interface = try LiveInterface(options)
    var ring = try CaptureRing(options, interface)
    let clock = ContinuousClock()
    let begin = clock.now
    var outcome = Outcome()
    var reported: Int64 = 0
    var sinceLook = 0
    do throws(IngestError) {
      while outcome.packets < options.maximumPackets ?? .max {
        let isPacket = try interface.next { packet, time, wireByteCount throws(IngestError) in
          try ring.write(packet, time: time, wireByteCount: wireByteCount)
          outcome.packets += 1
          outcome.bytes += Int64(packet.byteCount)
        }
        sinceLook += 1
        if isPacket, sinceLook < packetsPerLook { continue }
        sinceLook = 0
        let elapsed = (clock.now - begin).nanoseconds
        if shouldStop() || elapsed >= options.maximumNanoseconds ?? .max { break }
        if elapsed - reported >= reportNanoseconds {
          reported = elapsed
          try ring.flush()
          interface.count(into: &outcome)
          report(outcome)
        }
      }
    } catch {
      // What was recorded before the failure is kept.
      try? ring.finish()
      throw error
    }
    interface.count(into: &outcome)
    try ring.finish()
    outcome.files = ring.files.map(\.path)
    outcome.removedFiles = ring.removed.files
    outcome.removedPackets = ring.removed.packets
    return outcome
  }
}

extension Duration {
  fileprivate var nanoseconds: Int64 {
    components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000
  }
}
