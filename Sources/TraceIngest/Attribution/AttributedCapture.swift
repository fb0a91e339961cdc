package import TraceModel

/// A capture whose messages have found their operations.
package struct AttributedCapture {
  /// What was found, in words and counts.
  package private(set) var summary: AttributionSummary
  package private(set) var operations = OperationTable()
  /// The job of each operation.
  package private(set) var jobOfOperation: [Int] = []

  private let communicators: Communicators
  private let jobs: JobReading
  private let numbers: OperationNumbers
  private let layout: Layout

  init(
    _ jobs: JobReading, numbers: OperationNumbers, communicators: Communicators, gaps: [IdleGap],
    layout: Layout, options: AttributionOptions, summary: AttributionSummary
  ) {
    self.jobs = jobs
    self.numbers = numbers
    self.communicators = communicators
    self.layout = layout
    self.summary = summary
    appendOperations()
    self.summary.operationCount = operations.count
    self.summary.describe(jobs, gaps: gaps, options: options)
  }

  /// The operation of a message, or nil when it has none; O(log bursts + log servers).
  package func operation(of message: Message) -> Operation? {
    guard let communicator = communicators.communicator(of: message) else { return nil }
    let bursts = jobs.readings[communicator].bursts
    let begun = frontCount(of: bursts.count) { bursts[$0].start <= message.start }
    guard begun > 0 else { return nil }
    let server = layout.addresses[Int(message.source)].server
    return bursts[begun - 1].groups.group(ofServer: server).map {
      operations.rows[Int(numbers.first[communicator][begun - 1]) + $0]
    }
  }

  // MARK: Operations

  private mutating func appendOperations() {
    var groupBase: [Int] = []
    var groupCount = 0
    for reading in jobs.readings {
      groupBase.append(groupCount)
      groupCount += reading.groupCount
    }
    for (communicator, index) in numbers.bursts {
      let reading = jobs.readings[communicator]
      for (group, shape) in reading.bursts[index].groups.shapes.enumerated() {
        var operation = Self.operation(
          reading.bursts[index], shape: shape, label: reading.labels.ofBurst[index],
          id: Int32(operations.count),
          group: Int32(groupBase[communicator]) + reading.bursts[index].groups.numbers[group])
        operation.role = reading.role(of: shape)
        operations.append(operation)
        jobOfOperation.append(jobs.jobOf[communicator])
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
}
