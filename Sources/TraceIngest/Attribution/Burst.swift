internal import TraceModel

/// What moved between NICs in one busy stretch of time.
struct Burst {
  var start: Int64
  var end: Int64
  /// By source NIC, then destination NIC.
  var transfers: [Transfer] = []

  /// Bytes from one NIC to another, first and last message.
  struct Transfer {
    var pair: EndPair
    var bytes: Int64
    var start: Int64
    var end: Int64
  }

  var bytes: Int64 { transfers.reduce(0) { $0 + $1.bytes } }
}

extension Burst {
  /// Sums messages into the bursts of their communicators; silent bursts are left out.
  ///
  /// Memory is O(bursts × pairs that talk in them), whatever the size of the layout.
  /// - Parameters:
  ///   - busy: when each communicator is busy.
  ///   - communicators: which communicator a message belongs to.
  /// - Returns: the bursts of each communicator.
  /// - Throws: an `IngestError` for more bursts and NICs than can be numbered together.
  static func collect(
    in busy: [BusyTime], of communicators: Communicators, layout: Layout,
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> [[Burst]] {
    let nicOfAddress = layout.addresses.map { $0.server * layout.nicsPerServer + $0.nic }
    // Numbers without gaps keep the keys small where few NICs of a large layout were seen.
    let nics = Set(nicOfAddress).sorted()
    var numberOfNIC: [Int: Int] = [:]
    for (number, nic) in nics.enumerated() { numberOfNIC[nic] = number }
    let endOfAddress = nicOfAddress.map { UInt64(numberOfNIC[$0] ?? 0) }
    let ends = UInt64(max(1, nics.count))
    // The bursts of all communicators are numbered one after the other.
    var firstBurst = [0]
    for busy in busy { firstBurst.append((firstBurst.last ?? 0) + busy.count) }
    let burstCount = firstBurst.last ?? 0
    let (cells, overflow) = ends.multipliedReportingOverflow(by: ends)
    guard !overflow, !cells.multipliedReportingOverflow(by: UInt64(burstCount + 1)).overflow else {
      throw IngestError(
        "\(burstCount) bursts between \(nics.count) NICs are too many to tell apart",
        at: "attribution", advice: "Declare a longer --idle-gap.")
    }
    var table = KeyTable()
    var sums: [(bytes: Int64, start: Int64, end: Int64)] = []
    try forEachBlock { block in
      for row in 0..<block.count {
        let communicator = communicators.communicator(of: block, row: row)
        guard let place = busy[communicator].interval(holding: block.start[row]) else { continue }
        let burst = UInt64(firstBurst[communicator] + place)
        let source = endOfAddress[Int(block.source[row])]
        let destination = endOfAddress[Int(block.destination[row])]
        let number = table.number(of: (burst * ends + source) * ends + destination)
        if number == sums.count { sums.append((0, block.start[row], block.start[row])) }
        sums[number].bytes &+= block.bytes[row]
        sums[number].start = min(sums[number].start, block.start[row])
        // A message that seems to last into the next burst has lost its last packets.
        let end = min(block.end[row], busy[communicator].intervals[place].end)
        sums[number].end = max(sums[number].end, end)
      }
    }
    var bursts = busy.flatMap { $0.intervals.map { Burst(start: $0.start, end: $0.end) } }
    for number in table.keys.indices.sorted(by: { table.keys[$0] < table.keys[$1] })
    where sums[number].bytes > 0 {
      let key = table.keys[number]
      let pair = EndPair(
        source: nics[Int(key / ends % ends)], destination: nics[Int(key % ends)])
      bursts[Int(key / cells)].transfers.append(
        Transfer(
          pair: pair, bytes: sums[number].bytes, start: sums[number].start, end: sums[number].end))
    }
    return busy.indices.map { communicator in
      bursts[firstBurst[communicator]..<firstBurst[communicator + 1]]
        .filter { !$0.transfers.isEmpty }
    }
  }
}
