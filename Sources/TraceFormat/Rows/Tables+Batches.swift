internal import TraceModel

// Whole batches at a time: the writer holds its tables behind a reference, where row by row is slow.

extension MessageTable {
  mutating func append(contentsOf batch: MessageTable) {
    source += batch.source
    destination += batch.destination
    channel += batch.channel
    kind += batch.kind
    start += batch.start
    end += batch.end
    bytes += batch.bytes
    repeatedBytes += batch.repeatedBytes
    packets += batch.packets
    missingPackets += batch.missingPackets
  }

  mutating func removeFirst(_ count: Int) {
    source.removeFirst(count)
    destination.removeFirst(count)
    channel.removeFirst(count)
    kind.removeFirst(count)
    start.removeFirst(count)
    end.removeFirst(count)
    bytes.removeFirst(count)
    repeatedBytes.removeFirst(count)
    packets.removeFirst(count)
    missingPackets.removeFirst(count)
  }
}

extension TransferTable {
  mutating func append(_ batch: TransferTable, rows: Range<Int>) {
    operation += batch.operation[rows]
    source += batch.source[rows]
    destination += batch.destination[rows]
    bytes += batch.bytes[rows]
    start += batch.start[rows]
    end += batch.end[rows]
  }

  mutating func removeAll() { self = TransferTable() }

  mutating func reserveCapacity(_ count: Int) {
    operation.reserveCapacity(count)
    source.reserveCapacity(count)
    destination.reserveCapacity(count)
    bytes.reserveCapacity(count)
    start.reserveCapacity(count)
    end.reserveCapacity(count)
  }
}

extension RoutingTable {
  mutating func append(_ batch: RoutingTable, rows: Range<Int>) {
    operation += batch.operation[rows]
    sourceRank += batch.sourceRank[rows]
    tokens += batch.tokens[rows]
    let firstExpert = batch.expertOffsets[rows.lowerBound]
    let shift = experts.count - firstExpert
    for row in rows { expertOffsets.append(batch.expertOffsets[row + 1] + shift) }
    experts += batch.experts[firstExpert..<batch.expertOffsets[rows.upperBound]]
  }
}
