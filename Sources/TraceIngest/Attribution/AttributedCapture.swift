package import TraceModel

/// A capture whose messages have found their operations.
package struct AttributedCapture {
  /// What was found, in words and counts.
  package private(set) var summary: AttributionSummary
  package private(set) var operations = OperationTable()
  package private(set) var transfers = TransferTable()
  /// The job of each operation.
  package private(set) var jobOfOperation: [Int] = []

  private let communicators: Communicators
  private let jobs: JobReading
  private let gaps: [IdleGap]
  private let layout: Layout
  /// The first operation of each burst, by communicator.
  private var firstOperation: [[Int32]] = []

  init(
    _ jobs: JobReading, communicators: Communicators, gaps: [IdleGap],
    layout: Layout, options: AttributionOptions, summary: AttributionSummary
  ) {
    self.jobs = jobs
    self.communicators = communicators
    self.gaps = gaps
    self.layout = layout
    self.summary = summary
    appendOperations()
    self.summary.operationCount = operations.count
    self.summary.describe(jobs, gaps: gaps, options: options)
  }

  /// The operation of a message, or nil when it has none; O(log bursts + pairs of the burst).
  package func operation(of message: Message) -> Operation? {
    guard let communicator = communicators.communicator(of: message) else { return nil }
    let reading = jobs.readings[communicator]
    var (low, high) = (0, reading.bursts.count)
    while low < high {
      let middle = (low + high) / 2
      if reading.bursts[middle].start <= message.start { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let pair = EndPair(
      source: nic(ofAddress: message.source), destination: nic(ofAddress: message.destination))
    guard let transfer = reading.bursts[low - 1].transfers.firstIndex(where: { $0.pair == pair })
    else { return nil }
    let group = reading.groups[low - 1].groupOfTransfer[transfer]
    return operations.rows[Int(firstOperation[communicator][low - 1]) + group]
  }

  private func nic(ofAddress address: Int32) -> Int {
    let place = layout.addresses[Int(address)]
    return place.server * layout.nicsPerServer + place.nic
  }

  // MARK: Operations

  private mutating func appendOperations() {
    var groupBase: [Int] = []
    var groupCount = 0
    for reading in jobs.readings {
      groupBase.append(groupCount)
      groupCount += reading.groupCount
    }
    firstOperation = jobs.readings.map { [Int32](repeating: 0, count: $0.bursts.count) }
    for (communicator, index) in burstsInTime() {
      let reading = jobs.readings[communicator]
      let (burst, groups) = (reading.bursts[index], reading.groups[index])
      let first = Int32(operations.count)
      firstOperation[communicator][index] = first
      for (group, shape) in groups.shapes.enumerated() {
        operations.append(
          Self.operation(
            burst, shape: shape, label: reading.labels[index], id: first + Int32(group),
            group: Int32(groupBase[communicator] + group)))
        jobOfOperation.append(jobs.jobOf[communicator])
      }
      for (transfer, group) in zip(burst.transfers, groups.groupOfTransfer) {
        transfers.append(
          operation: first + Int32(group), source: Int32(clamping: transfer.pair.source),
          destination: Int32(clamping: transfer.pair.destination), bytes: transfer.bytes,
          start: transfer.start, end: transfer.end)
      }
    }
  }

  private static func operation(
    _ burst: Burst, shape: BurstShape, label: BurstLabel, id: Int32, group: Int32
  ) -> Operation {
    var operation = Operation(
      id: id, kind: shape.kind, role: shape.role, grain: .nic, iteration: label.iteration,
      stage: label.stage, group: group, start: burst.start, end: burst.end)
    if shape.kind == .allToAll {
      operation.layer = label.layer
      operation.phase = label.phase
      operation.microBatch = label.microBatch
    }
    return operation
  }

  /// The bursts of all communicators by their starts, of equal ones those of the first communicator.
  private func burstsInTime() -> [(communicator: Int, index: Int)] {
    var order: [(start: Int64, communicator: Int, index: Int)] = []
    for (communicator, reading) in jobs.readings.enumerated() {
      for (index, burst) in reading.bursts.enumerated() {
        order.append((burst.start, communicator, index))
      }
    }
    return order.sorted { $0 < $1 }.map { ($0.communicator, $0.index) }
  }
}
