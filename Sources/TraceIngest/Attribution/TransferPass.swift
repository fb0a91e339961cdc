internal import TraceModel

/// The operations of each burst: one for each of its groups, numbered in order of time.
struct OperationNumbers {
  /// The first operation of each burst, by communicator.
  private(set) var first: [[Int32]]
  /// All bursts by their starts, of equal ones those of the first communicator.
  private(set) var bursts: [(communicator: Int, index: Int)]

  init(_ readings: [CommunicatorReading]) {
    var order: [(start: Int64, communicator: Int, index: Int)] = []
    for (communicator, reading) in readings.enumerated() {
      for (index, burst) in reading.bursts.enumerated() {
        order.append((burst.start, communicator, index))
      }
    }
    order.sort { $0 < $1 }
    bursts = order.map { ($0.communicator, $0.index) }
    first = readings.map { [Int32](repeating: 0, count: $0.bursts.count) }
    var count = 0
    for (communicator, index) in bursts {
      first[communicator][index] = Int32(count)
      count += readings[communicator].bursts[index].groups.shapes.count
    }
  }
}

/// The last reading of the messages: what moved in each burst goes to the file.
struct TransferPass<Sink: TraceSink> {
  private let readings: [CommunicatorReading]
  private let burstOfPlace: [[Int32]]
  private let numbers: OperationNumbers
  private let layout: Layout
  private var batch = TransferTable()

  /// Rows that are handed on together.
  private static var batchSize: Int { 1 << 16 }

  init(
    _ readings: [CommunicatorReading], of survey: BurstSurvey, numbers: OperationNumbers,
    layout: Layout, to sink: Sink
  ) {
    self.readings = readings
    burstOfPlace = survey.communicators.map(\.burstOfPlace)
    self.numbers = numbers
    self.layout = layout
  }

  mutating func add(_ traffic: BurstTraffic, to sink: inout Sink) throws {
    let communicator = traffic.communicator
    let index = Int(burstOfPlace[communicator][traffic.place])
    let groups = readings[communicator].bursts[index].groups
    let first = numbers.first[communicator][index]
    for transfer in traffic.transfers {
      let server = layout.server(of: transfer.pair.source, at: .nic)
      batch.append(
        operation: first + Int32(groups.group(ofServer: server) ?? 0),
        source: Int32(transfer.pair.source),
        destination: Int32(transfer.pair.destination), bytes: transfer.bytes,
        start: transfer.start, end: transfer.end)
    }
    if batch.count >= Self.batchSize { try flush(to: &sink) }
  }

  /// Hands on what is left.
  mutating func flush(to sink: inout Sink) throws {
    guard batch.count > 0 else { return }
    try sink.append(transfers: batch)
    batch = TransferTable()
  }
}
