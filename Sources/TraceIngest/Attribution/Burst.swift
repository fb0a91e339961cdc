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
  /// Sums messages into the bursts that hold them; silent bursts are left out.
  ///
  /// Memory is O(bursts × pairs that talk in them), whatever the size of the layout.
  /// - Throws: an `IngestError` for messages whose addresses the layout does not have, or more
  ///   bursts and NICs than can be numbered together.
  static func collect(
    in busy: BusyTime, layout: Layout,
    forEachBlock: ((MessageTable) throws -> Void) throws -> Void
  ) throws -> [Burst] {
    let nicOfAddress = layout.addresses.map { $0.server * layout.nicsPerServer + $0.nic }
    // Numbers without gaps keep the keys small where few NICs of a large layout were seen.
    let nics = Set(nicOfAddress).sorted()
    var numberOfNIC: [Int: Int] = [:]
    for (number, nic) in nics.enumerated() { numberOfNIC[nic] = number }
    let endOfAddress = nicOfAddress.map { UInt64(numberOfNIC[$0] ?? 0) }
    let ends = UInt64(max(1, nics.count))
    let (cells, overflow) = ends.multipliedReportingOverflow(by: ends)
    guard !overflow, !cells.multipliedReportingOverflow(by: UInt64(busy.count + 1)).overflow else {
      throw IngestError(
        "\(busy.count) bursts between \(nics.count) NICs are too many to tell apart",
        at: "attribution", advice: "Declare a longer --idle-gap.")
    }
    var table = KeyTable()
    var sums: [(bytes: Int64, start: Int64, end: Int64)] = []
    try forEachBlock { block in
      for row in 0..<block.count {
        let (source, destination) = (Int(block.source[row]), Int(block.destination[row]))
        guard endOfAddress.indices.contains(source), endOfAddress.indices.contains(destination)
        else {
          throw IngestError(
            "a message names address \(max(source, destination)), but the layout has "
              + "\(endOfAddress.count)", at: "messages", advice: "Ingest the capture again.")
        }
        guard let burst = busy.interval(holding: block.start[row]) else { continue }
        let key = (UInt64(burst) * ends + endOfAddress[source]) * ends + endOfAddress[destination]
        let number = table.number(of: key)
        if number == sums.count { sums.append((0, block.start[row], block.end[row])) }
        sums[number].bytes &+= block.bytes[row]
        sums[number].start = min(sums[number].start, block.start[row])
        sums[number].end = max(sums[number].end, block.end[row])
      }
    }
    var bursts = busy.intervals.map { Burst(start: $0.start, end: $0.end) }
    for number in table.keys.indices.sorted(by: { table.keys[$0] < table.keys[$1] })
    where sums[number].bytes > 0 {
      let key = table.keys[number]
      let pair = EndPair(
        source: nics[Int(key / ends % ends)], destination: nics[Int(key % ends)])
      bursts[Int(key / cells)].transfers.append(
        Transfer(
          pair: pair, bytes: sums[number].bytes, start: sums[number].start, end: sums[number].end))
    }
    return bursts.filter { !$0.transfers.isEmpty }
  }
}
