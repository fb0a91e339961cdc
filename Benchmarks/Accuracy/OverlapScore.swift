import TraceIngest
import TraceModel
import TraceSynthesis

/// How many of the captured bytes got the right role and phase, message by message.
struct OverlapScore {
  /// Bytes by true label (row) and found label (column), as `OverlapLabel` numbers them.
  var bytes = TrafficMatrix(size: OverlapLabel.count)
  var rightIterationBytes: Int64 = 0
  var rightLayerBytes: Int64 = 0
  var expertBytes: Int64 = 0
  /// Iterations whose begin was found to within one gap, of all but the first of each job.
  var foundBoundaries = 0
  var boundaryCount = 0
  /// Boundaries found where none is.
  var inventedBoundaries = 0
  var communicatorCount = 0
  var jobCount = 0

  init(
    truth: SynthesisedTraining, found: AttributedCapture, messages: MessageTable, layout: Layout
  ) {
    communicatorCount = found.summary.communicatorCount
    jobCount = found.summary.jobCount
    let flows = FlowIndex(truth)
    let trueJobs = (truth.operations.map(\.job).max() ?? -1) + 1
    var bytesOfJobs = [[Int64]](
      repeating: [Int64](repeating: 0, count: trueJobs), count: jobCount)
    for row in 0..<messages.count {
      let message = messages[row]
      guard let operation = flows.operation(of: message, layout: layout) else { continue }
      let expected = truth.operations[operation]
      let got = found.operation(of: message)
      bytes[
        OverlapLabel.number(expected.role, expected.phase),
        OverlapLabel.number(got?.role ?? .other, got?.phase ?? .unspecified)] += message.bytes
      if got?.iteration == expected.iteration { rightIterationBytes += message.bytes }
      if expected.role == .expert {
        expertBytes += message.bytes
        if got?.layer == expected.layer { rightLayerBytes += message.bytes }
      }
      if let got { bytesOfJobs[found.jobOfOperation[Int(got.id)]][expected.job] += message.bytes }
    }
    compareBoundaries(truth, found, bytesOfJobs)
  }

  var total: Int64 { bytes.total }
  var rightShare: Double {
    Double((0..<OverlapLabel.count).reduce(0) { $0 + bytes[$1, $1] }) / Double(max(1, total))
  }
  var rightIterationShare: Double { Double(rightIterationBytes) / Double(max(1, total)) }
  var rightLayerShare: Double { Double(rightLayerBytes) / Double(max(1, expertBytes)) }

  private mutating func compareBoundaries(
    _ truth: SynthesisedTraining, _ found: AttributedCapture, _ bytesOfJobs: [[Int64]]
  ) {
    let gap = found.summary.idleGapNanoseconds
    for job in 0..<(bytesOfJobs.first?.count ?? 0) {
      let real = Self.begins(
        truth.operations.filter { $0.job == job }.map { ($0.iteration, $0.start) })
      // What was found belongs to the job with most of its bytes.
      let told = bytesOfJobs.indices.filter { number in
        bytesOfJobs[number].indices.max { bytesOfJobs[number][$0] < bytesOfJobs[number][$1] }
          == job
      }.flatMap { number in
        Self.begins(
          found.operations.rows.filter { found.jobOfOperation[Int($0.id)] == number }
            .map { ($0.iteration, $0.start) })
      }
      boundaryCount += real.count
      foundBoundaries += real.count { time in told.contains { abs($0 - time) <= gap } }
      inventedBoundaries += told.count { time in !real.contains { abs($0 - time) <= gap } }
    }
  }

  /// The first start of every iteration but the first.
  private static func begins(_ starts: [(iteration: Int32, start: Int64)]) -> [Int64] {
    var first: [Int32: Int64] = [:]
    for entry in starts where entry.iteration > 0 {
      first[entry.iteration] = min(first[entry.iteration] ?? .max, entry.start)
    }
    return first.values.sorted()
  }
}

/// A row and column of the confusion matrix: the four all-to-alls, the other roles, and none.
enum OverlapLabel {
  static let names = [
    "dispatch-f", "combine-f", "combine-b", "dispatch-b", "expert", "tensor", "pipeline", "data",
    "none",
  ]
  static var count: Int { names.count }

  static func number(_ role: Role, _ phase: Phase) -> Int {
    switch role {
    case .expert: phase == .unspecified ? 4 : Int(phase.rawValue) - 1
    case .tensor: 5
    case .pipeline: 6
    case .data: 7
    case .other: 8
    }
  }
}

/// Finds the true operation of a message by its queue pair and time.
struct FlowIndex {
  private struct Key: Hashable {
    var queuePair: UInt32
    var source: Int
    var destination: Int
  }

  private var operations: [Key: [(start: Int64, operation: Int)]] = [:]

  init(_ truth: SynthesisedTraining) {
    for flow in truth.flows {
      let key = Key(
        queuePair: flow.destinationQueuePair, source: flow.sourceNIC,
        destination: flow.destinationNIC)
      operations[key, default: []].append((truth.operations[flow.operation].start, flow.operation))
    }
    for key in operations.keys { operations[key]?.sort { $0 < $1 } }
  }

  func operation(of message: Message, layout: Layout) -> Int? {
    func nic(_ address: Int32) -> Int {
      let place = layout.addresses[Int(address)]
      return place.server * layout.nicsPerServer + place.nic
    }
    let key = Key(
      queuePair: message.channel, source: nic(message.source),
      destination: nic(message.destination))
    return operations[key]?.last { $0.start <= message.start }?.operation
  }
}
