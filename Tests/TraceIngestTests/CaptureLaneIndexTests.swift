import Testing
import TraceIngest

@Suite("Lanes found by addresses and queue pair")
struct CaptureLaneIndexTests {
  @Test("every host with every other: few share a slot, however queue pairs are numbered")
  func fullMesh() {
    let hostCount = 128
    let numberings: [(String, (Int, Int) -> Int)] = [
      ("by peer", { _, peer in 100 + peer }), ("by host", { host, _ in 100 + host }),
      ("upwards", { host, peer in 17 + host * hostCount + peer }),
    ]
    for (name, queuePair) in numberings {
      var used = Set<Int>()
      var count = 0
      for host in 0..<hostCount {
        for peer in 0..<hostCount where peer != host {
          let addresses = UInt64(0x0A00_0000 + host) << 32 | UInt64(0x0A00_0000 + peer)
          used.insert(
            LaneIndex.slot(
              addresses: addresses, channel: UInt32(queuePair(host, peer)), slotCount: 1 << 16))
          count += 1
        }
      }
      // Numbers drawn at random for a quarter of the slots would take 88 % as many slots.
      #expect(used.count * 100 >= count * 85, "\(name): \(used.count) of \(count)")
    }
  }

  @Test("lanes whose source changes do not make it grow, and all are found")
  func changingSources() {
    var lanes = (0..<600).map { QueuePairLane(channel: UInt32($0)) }
    var index = LaneIndex()
    let slotCount = index.slotCount
    for change in 0..<20_000 {
      let number = change % lanes.count
      lanes[number].addresses = UInt64(change)
      index.add(number, among: lanes)
    }
    #expect(index.slotCount == slotCount)
    for (number, lane) in lanes.enumerated() {
      #expect(
        index.lane(addresses: lane.addresses, channel: UInt32(number), among: lanes) == number)
    }
    // Nothing is lost when it does grow.
    for number in 600..<3_000 {
      lanes.append(QueuePairLane(channel: UInt32(number)))
      lanes[number].addresses = UInt64(number)
      index.add(number, among: lanes)
    }
    #expect(index.slotCount >= 4 * lanes.count && index.slotCount <= 8 * lanes.count)
    for (number, lane) in lanes.enumerated() {
      #expect(
        index.lane(addresses: lane.addresses, channel: UInt32(number), among: lanes) == number)
    }
  }
}
