internal import PacketFormats
internal import TraceModel

/// What reading captures found besides messages, in words.
struct CaptureSummary {
  let findings: CaptureFindings
  let options: IngestOptions

  init(_ findings: CaptureFindings, options: IngestOptions) {
    self.findings = findings
    self.options = options
  }

  private var counts: AssemblyCounts { findings.counts }

  /// Addresses outside the layout that are named; the others are counted.
  private static let namedAddressCount = 8
  /// Files that are named for times that leap.
  private static let namedFileCount = 4

  var summary: IngestSummary {
    var summary = IngestSummary()
    summary.sources = findings.files.map(\.source)
    summary.ledgers = findings.files.map(\.ledger)
    summary.layout = layout
    summary.provenance = provenance
    summary.notes = notes
    summary.shortWayPackets = counts.shortWayPackets
    return summary
  }

  /// The declared layout, completed by addresses when it names none, or one server per address.
  private var layout: Layout? {
    let found = findings.addresses.addresses
    if let declared = options.layout, !declared.addresses.isEmpty { return declared }
    guard !found.isEmpty else { return options.layout }
    let nics = found.enumerated().map {
      NICAddress(text: $1.description, server: $0, nic: 0)
    }
    return Layout(serverCount: nics.count, gpusPerServer: 1, nicsPerServer: 1, addresses: nics)
  }

  private var provenance: [String: Provenance] {
    let packets = Provenance(.measured, method: "packet capture")
    let isDeclared = !(options.layout?.addresses.isEmpty ?? true)
    return [
      "messages.source": packets, "messages.destination": packets, "messages.channel": packets,
      "messages.kind": packets, "messages.start": packets, "messages.end": packets,
      "messages.bytes": counts.unansweredReads == 0
        ? packets : Provenance(.measured, method: "packet capture; partly declared (RETH)"),
      "messages.repeatedBytes": packets,
      "messages.missingPackets": Provenance(.inferred, method: "gaps in sequence numbers"),
      "layout": isDeclared
        ? Provenance(.declared, method: "layout file")
        : Provenance(.inferred, method: "one server with one GPU and one NIC per address"),
    ]
  }

  private var notes: [String] {
    var notes: [String] = []
    if counts.rdmaPackets == 0 { notes.append(wordsWithoutRDMA) }
    if let note = cutHeaders { notes.append(note) }
    notes += findings.sentences
    func add(_ count: Int64, _ one: String, _ many: String) {
      if count > 0 { notes.append("\(count) " + (count == 1 ? one : many)) }
    }
    add(
      counts.unfinishedMessages, "RDMA message is not whole at the end of the capture",
      "RDMA messages are not whole at the end of the capture")
    if let note = retiredQueuePairs { notes.append(note) }
    add(
      counts.retiredConnections,
      "idle TCP connection (one direction) was closed to make room for others: if it goes on later, "
        + "that is a new message",
      "idle TCP connections (directions) were closed to make room for others: one that goes on later "
        + "begins a new message")
    add(
      counts.retiredDatagramPairs,
      "idle pair of datagram queue pairs was forgotten to make room for others: a repeated datagram "
        + "of it counts twice",
      "idle pairs of datagram queue pairs were forgotten to make room for others: repeated datagrams "
        + "of theirs count twice")
    let declared = counts.unansweredReadBytes
    add(
      counts.unansweredReads,
      "READ request has no captured response: its \(declared) bytes are those that it asked for",
      "READ requests have no captured response: their \(declared) bytes are those that they asked "
        + "for")
    add(
      counts.queuePairRestarts, "queue pair was used again by another connection",
      "times a queue pair was used again by another connection")
    add(
      findings.files.reduce(0) { $0 + $1.packetsWithoutTime },
      "packet has no usable time in the file and was given that of the packet before",
      "packets have no usable time in the file and were given that of the packet before")
    if let note = timeJumps { notes.append(note) }
    add(
      Int64(findings.addressesInSeveralNetworks.count),
      "address appears in several virtual networks (VXLAN, Geneve) and counts as one",
      "addresses appear in several virtual networks (VXLAN, Geneve) and count as one each; "
        + "a filter can choose one network")
    if let note = outsideAddresses { notes.append(note) }
    if let layout = options.layout, layout.addresses.isEmpty {
      notes.append("the declared layout lists no addresses, so servers were derived from packets")
    }
    return notes
  }

  private var retiredQueuePairs: String? {
    let count = counts.retiredQueuePairs
    guard count > 0 else { return nil }
    let messages = counts.retiredUnfinishedMessages
    return (count == 1 ? "1 idle queue pair was" : "\(count) idle queue pairs were")
      + " closed to make room for others; "
      + (messages == 1
        ? "1 message was not whole then" : "\(messages) messages were not whole then")
      + ": a queue pair that goes on later counts as a new one"
  }

  private func total(_ reason: SkipReason) -> Int64 {
    findings.files.reduce(0) { $0 + $1.counts.skipped(reason) }
  }

  private var wordsWithoutRDMA: String {
    if total(.rdmaCutByCapture) > 0 {
      return "there is RDMA in this capture, but none of it is captured far enough to be measured"
    }
    if total(.cutByCapture) > 0 {
      return "it cannot be told whether there is RDMA in this capture"
    }
    let read = findings.files.reduce(0) { $0 + $1.counts.read }
    let udp = total(.otherUDP)
    let filtered = total(.doesNotMatchFilter)
    return "there is no RDMA in this capture: \(counts.tcpSegments) TCP, \(udp) UDP, "
      + "\(read - counts.tcpSegments - udp - filtered) other packets"
      + (filtered > 0 ? ", \(filtered) that do not match the filter" : "")
  }

  /// Packets of which the capture has too little to say what they carry.
  private var cutHeaders: String? {
    let rdma = total(.rdmaCutByCapture)
    let count = rdma + total(.cutByCapture)
    guard count > 0 else { return nil }
    let needed = findings.files.reduce(0) { max($0, $1.counts.neededByteCount) }
    return (count == 1 ? "1 packet ends" : "\(count) packets end")
      + " before the end of the transport header" + (rdma > 0 ? " (\(rdma) of RDMA)" : "")
      + ": capture with a snap length of \(needed) bytes or more"
  }

  /// Packets whose times leap away from those around them, of the first few files by name.
  private var timeJumps: String? {
    let files = findings.files.filter { $0.counts.jumps.count > 0 }
    let count = files.reduce(0) { $0 + $1.counts.jumps.count }
    guard count > 0 else { return nil }
    let named = files.prefix(Self.namedFileCount).map {
      "\($0.source.name) \($0.counts.jumps.places.joined(separator: ", "))"
    }
    let namedCount = files.prefix(Self.namedFileCount).reduce(0) {
      $0 + $1.counts.jumps.places.count
    }
    let rest = count - Int64(namedCount)
    return (count == 1 ? "1 packet has a time" : "\(count) packets have times")
      + " more than \(TimeJumps.distance / 1_000_000_000) s away from those of the packets before and "
      + "after: \(named.joined(separator: "; "))\(rest > 0 ? " and \(rest) more" : ""); "
      + (count == 1
        ? "its record may be damaged; it counts as it is"
        : "their records may be damaged; they count as they are")
  }

  private var outsideAddresses: String? {
    guard let count = findings.addresses.declaredCount else { return nil }
    let outside = findings.addresses.addresses[count...]
    guard !outside.isEmpty else { return nil }
    let named = outside.prefix(Self.namedAddressCount).map(\.description).joined(separator: ", ")
    let rest = outside.count - min(outside.count, Self.namedAddressCount)
    return "addresses outside the layout, whose packets were left out: \(named)"
      + (rest > 0 ? " and \(rest) more" : "")
  }
}
