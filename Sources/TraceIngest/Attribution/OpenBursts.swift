internal import TraceModel

/// Sums messages into the bursts of their communicators and hands each burst on with its last
/// message.
///
/// Memory is what moves in the bursts that are under way: O(pairs) for messages in order of time,
/// whatever the length of the capture, plus four bytes for each burst.
struct OpenBursts {
  private var places: BurstPlaces
  private let communicators: Communicators
  /// The NIC of each address, NICs numbered without gaps so that few cells are tried.
  private let endOfAddress: [UInt64]
  private let nics: [Int]
  /// By burst, those of all communicators one after the other: where its sums are, or −1.
  private var sumsOfBurst: [Int32]
  private let firstBurst: [Int]
  private var sums: [Sums] = []
  private var freeSums: [Int32] = []
  private var messageCount = 0

  /// What moved in one burst so far.
  private struct Sums {
    var pairs = KeyTable()
    var transfers: [(bytes: Int64, start: Int64, end: Int64)] = []
  }

  init(_ places: BurstPlaces, of communicators: Communicators, layout: Layout) {
    self.places = places
    self.communicators = communicators
    let nicOfAddress = layout.addresses.map { $0.server * layout.nicsPerServer + $0.nic }
    nics = Set(nicOfAddress).sorted()
    var numberOfNIC: [Int: Int] = [:]
    for (number, nic) in nics.enumerated() { numberOfNIC[nic] = number }
    endOfAddress = nicOfAddress.map { UInt64(numberOfNIC[$0] ?? 0) }
    var firstBurst = [0]
    for busy in places.busy { firstBurst.append(firstBurst[firstBurst.count - 1] + busy.count) }
    self.firstBurst = firstBurst
    sumsOfBurst = [Int32](repeating: -1, count: firstBurst[places.busy.count])
  }

  /// Adds the next block of messages; calls `body` for each burst that ends with one of them.
  ///
  /// Bursts in which nothing but empty messages was sent are left out.
  mutating func add(_ block: MessageTable, _ body: (BurstTraffic) throws -> Void) rethrows {
    for row in 0..<block.count {
      let communicator = communicators.communicator(of: block, row: row)
      let place = places.place(of: block.start[row], in: communicator)
      let slot = slot(ofBurst: firstBurst[communicator] + place)
      let interval = places.busy[communicator].intervals[place]
      let pair =
        endOfAddress[Int(block.source[row])] << 32 | endOfAddress[Int(block.destination[row])]
      let number = sums[slot].pairs.number(of: pair)
      // A message that seems to last into the next burst has lost its last packets.
      let end = min(block.end[row], interval.end)
      if number == sums[slot].transfers.count {
        sums[slot].transfers.append((block.bytes[row], block.start[row], end))
      } else {
        sums[slot].transfers[number].bytes &+= block.bytes[row]
        sums[slot].transfers[number].start = min(
          sums[slot].transfers[number].start, block.start[row])
        sums[slot].transfers[number].end = max(sums[slot].transfers[number].end, end)
      }
      if messageCount == interval.lastMessage {
        let transfers = close(slot: slot, ofBurst: firstBurst[communicator] + place)
        if !transfers.isEmpty {
          try body(
            BurstTraffic(communicator: communicator, place: place, transfers: transfers))
        }
      }
      messageCount += 1
    }
  }

  private mutating func slot(ofBurst burst: Int) -> Int {
    if sumsOfBurst[burst] < 0 {
      if freeSums.isEmpty {
        freeSums.append(Int32(sums.count))
        sums.append(Sums())
      }
      sumsOfBurst[burst] = freeSums.removeLast()
    }
    return Int(sumsOfBurst[burst])
  }

  private mutating func close(slot: Int, ofBurst burst: Int) -> [BurstTraffic.Transfer] {
    var order = Array(zip(sums[slot].pairs.keys, sums[slot].transfers.indices))
    order.sort { $0.0 < $1.0 }
    let transfers = order.compactMap { key, number in
      let sum = sums[slot].transfers[number]
      guard sum.bytes > 0 else { return nil as BurstTraffic.Transfer? }
      let pair = EndPair(
        source: nics[Int(key >> 32)],
        destination: nics[Int(truncatingIfNeeded: key & 0xFFFF_FFFF)])
      return BurstTraffic.Transfer(pair: pair, bytes: sum.bytes, start: sum.start, end: sum.end)
    }
    sums[slot].pairs.removeAll()
    sums[slot].transfers.removeAll(keepingCapacity: true)
    sumsOfBurst[burst] = -1
    freeSums.append(Int32(slot))
    return transfers
  }
}
