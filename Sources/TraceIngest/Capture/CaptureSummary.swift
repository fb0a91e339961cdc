internal import PacketFormats
internal import TraceModel

/// What reading captures found besides messages, in words.
struct CaptureSummary {
  let merge: CaptureMerge
  let assembler: MessageAssembler
  let options: IngestOptions

  /// Addresses outside the layout that are named; the others are counted.
  private static let namedAddressCount = 8

  var summary: IngestSummary {
    var summary = IngestSummary()
    let results = merge.results.sorted { $0.number < $1.number }
    summary.sources = results.map(\.source)
    summary.ledgers = results.map(\.ledger)
    summary.layout = layout
    summary.provenance = provenance
    summary.notes = notes
    return summary
  }

  /// The declared layout, completed by addresses when it names none, or one server per address.
  private var layout: Layout? {
    let found = assembler.addresses.addresses
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
      "messages.bytes": packets, "messages.repeatedBytes": packets,
      "messages.missingPackets": Provenance(.inferred, method: "gaps in sequence numbers"),
      "layout": isDeclared
        ? Provenance(.declared, method: "layout file")
        : Provenance(.inferred, method: "one server with one GPU and one NIC per address"),
    ]
  }

  private var notes: [String] {
    let results = merge.results
    var notes: [String] = []
    if assembler.rdmaPackets == 0 { notes.append(wordsWithoutRDMA) }
    if results.count > 1 {
      notes.append(
        "\(results.count) captures were merged by time"
          + (merge.hasOverlap ? "; they overlap, and packets seen twice count once" : ""))
    }
    func add(_ count: Int64, _ one: String, _ many: String) {
      if count > 0 { notes.append("\(count) " + (count == 1 ? one : many)) }
    }
    add(
      assembler.unfinishedMessages, "RDMA message is not whole at the end of the capture",
      "RDMA messages are not whole at the end of the capture")
    add(
      assembler.unansweredReads,
      "READ request has no captured response: its bytes are those that it asked for",
      "READ requests have no captured response: their bytes are those that they asked for")
    add(
      assembler.queuePairRestarts, "queue pair was used again by another connection",
      "times a queue pair was used again by another connection")
    add(
      results.reduce(0) { $0 + $1.packetsWithoutTime },
      "packet has no time in the file and was given that of the packet before",
      "packets have no time in the file and were given that of the packet before")
    if let note = outsideAddresses { notes.append(note) }
    if let layout = options.layout, layout.addresses.isEmpty {
      notes.append("the declared layout lists no addresses, so servers were derived from packets")
    }
    return notes
  }

  private var wordsWithoutRDMA: String {
    func total(_ reasons: [SkipReason]) -> Int64 {
      reasons.reduce(0) { sum, reason in
        sum + merge.results.reduce(0) { $0 + $1.counts.skipped(reason) }
      }
    }
    let read = merge.results.reduce(0) { $0 + $1.counts.read }
    let udp = total([.otherUDP])
    let filtered = total([.doesNotMatchFilter])
    return "there is no RDMA in this capture: \(assembler.tcpSegments) TCP, \(udp) UDP, "
      + "\(read - assembler.tcpSegments - udp - filtered) other packets"
      + (filtered > 0 ? ", \(filtered) that do not match the filter" : "")
  }

  private var outsideAddresses: String? {
    guard let count = assembler.addresses.declaredCount else { return nil }
    let outside = assembler.addresses.addresses[count...]
    guard !outside.isEmpty else { return nil }
    let named = outside.prefix(Self.namedAddressCount).map(\.description).joined(separator: ", ")
    let rest = outside.count - min(outside.count, Self.namedAddressCount)
    return "addresses outside the layout, whose packets were left out: \(named)"
      + (rest > 0 ? " and \(rest) more" : "")
  }
}
