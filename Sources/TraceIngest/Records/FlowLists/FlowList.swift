internal import TraceModel

/// Flows of a simulator's input: who sends how much to whom, and after what.
///
/// Flows with equal `wait` begin together; flows with equal `fire` are waited for by the same ones.
/// 32 bytes for each flow, and 4 for each cause of a wait.
struct FlowList {
  /// What stands in `wait` for a flow that waits for none.
  static let nothing: Int32 = -1

  var source: [Int32] = []
  var destination: [Int32] = []
  var bytes: [Int64] = []
  /// Nanoseconds, or `Operation.unknownTime`.
  var start: [Int64] = []
  /// By flow: number of the set of flows that it waits for.
  var wait: [Int32] = []
  /// By flow: number of the set of waits that it is a cause of.
  var fire: [Int32] = []
  /// By number of a wait: the flows that must have ended.
  var causes: [[Int32]] = []

  var count: Int { source.count }
}

/// Flows that begin for one cause and have one consequence, as the operations of a trace.
///
/// That an operation waits for another stands for each flow of the one waiting for each flow of the
/// other, which is so by how they were put together: nothing is added to what the list says.
struct FlowOperations {
  /// By operation, in an order in which each stands behind those that it waits for: its flows.
  private(set) var flows: [[Int32]] = []
  /// By operation: numbers of those that it waits for, ascending.
  private(set) var predecessors: [[Int32]] = []
  /// Waits that were left out because the flows wait for one another.
  private(set) var brokenWaits = 0
  /// Operations without flows, each of which stands for many that many others wait for.
  private(set) var joins = 0

  /// Waits of one cause beyond which they are brought together in an operation of their own.
  private static let waitLimit = 64

  private struct Key: Hashable {
    var start: Int64
    var wait: Int32
    var fire: Int32
  }

  /// - Complexity: O(n log n) of the flows and causes.
  init(_ list: FlowList) {
    var numberOfKey: [Key: Int32] = [:]
    var operationOfFlow: [Int32] = []
    var members: [[Int32]] = []
    var waits: [Int32] = []
    for flow in 0..<list.count {
      let key = Key(start: list.start[flow], wait: list.wait[flow], fire: list.fire[flow])
      let number = numberOfKey[key] ?? Int32(members.count)
      if Int(number) == members.count {
        numberOfKey[key] = number
        members.append([])
        waits.append(key.wait)
      }
      members[Int(number)].append(Int32(flow))
      operationOfFlow.append(number)
    }
    let causes = list.causes.map { flows in
      Set(flows.map { operationOfFlow[Int($0)] }).sorted()
    }
    var predecessors = waits.map { $0 < 0 ? [] : causes[Int($0)] }
    join(causes, waits, &members, &predecessors)
    sort(members, predecessors)
  }

  /// Puts an operation without flows between the many that fire and the many that wait: their
  /// product would be waits.
  private mutating func join(
    _ causes: [[Int32]], _ waits: [Int32], _ members: inout [[Int32]],
    _ predecessors: inout [[Int32]]
  ) {
    var waiting = [Int](repeating: 0, count: causes.count)
    for wait in waits where wait >= 0 { waiting[Int(wait)] += 1 }
    var joinOfWait = [Int32](repeating: -1, count: causes.count)
    for (operation, wait) in waits.enumerated() where wait >= 0 {
      let wait = Int(wait)
      guard causes[wait].count > 1, waiting[wait] > 1,
        causes[wait].count * waiting[wait] > Self.waitLimit
      else { continue }
      if joinOfWait[wait] < 0 {
        joinOfWait[wait] = Int32(members.count)
        members.append([])
        predecessors.append(causes[wait])
        joins += 1
      }
      predecessors[operation] = [joinOfWait[wait]]
    }
  }

  private mutating func sort(_ members: [[Int32]], _ waits: [[Int32]]) {
    var order = CommsOrder(count: members.count)
    for (operation, causes) in waits.enumerated() {
      for cause in causes where cause != operation {
        order.add(rank: [cause, Int32(operation)])
      }
    }
    let sorted = order.merged()
    var place = [Int32](repeating: 0, count: sorted.count)
    for (index, operation) in sorted.enumerated() { place[operation] = Int32(index) }
    for (index, operation) in sorted.enumerated() {
      flows.append(members[operation])
      let earlier = waits[operation].map { place[Int($0)] }.filter { $0 < index }.sorted()
      brokenWaits += waits[operation].count - earlier.count
      predecessors.append(earlier)
    }
  }
}

extension FlowOperations {
  /// Writes operations and transfers; what is one flow is a message, several are replayed as they are.
  func write(
    _ list: FlowList, grain: Grain, batchRows: Int = 1 << 15, into sink: inout some TraceSink
  ) throws {
    var operations = OperationTable()
    var transfers = TransferTable()
    for (index, own) in flows.enumerated() {
      let id = Int32(index)
      operations.append(
        Operation(
          id: id, kind: own.count == 1 ? .sendReceive : .unknown, role: .other, grain: grain,
          start: own.first.map { list.start[Int($0)] } ?? Operation.unknownTime))
      for predecessor in predecessors[index] {
        operations.dependencies.append(.init(operation: id, predecessor: predecessor))
      }
      for flow in own.lazy.map({ Int($0) }) {
        transfers.append(
          operation: id, source: list.source[flow], destination: list.destination[flow],
          bytes: list.bytes[flow])
      }
      if operations.count + transfers.count >= batchRows {
        try sink.append(operations: operations)
        try sink.append(transfers: transfers)
        (operations, transfers) = (OperationTable(), TransferTable())
      }
    }
    try sink.append(operations: operations)
    try sink.append(transfers: transfers)
  }

  /// What is the same for all lists of flows.
  func describe(into summary: inout IngestSummary, format: String) {
    summary.provenance.merge([
      "operations.kind": Provenance(
        .absent, method: "flows that begin and end a wait together are one operation"),
      "operations.role": Provenance(.absent, method: "a list of flows names no role"),
      "operations.phase": Provenance(.absent, method: "a list of flows names no phase"),
      "operations.iteration": Provenance(.absent, method: "a list of flows names no step"),
      "operations.layer": Provenance(.absent, method: "a list of flows names no layer"),
      "operations.predecessors": Provenance(.measured, method: "what each flow waits for"),
      "transfers.bytes": Provenance(.declared, method: format),
    ]) { known, _ in known }
    if joins > 0 {
      summary.notes.append(
        "\(joins) operations without bytes stand where many flows wait for the same many others")
    }
    if brokenWaits > 0 {
      summary.notes.append(
        "\(brokenWaits) waits were left out: the flows wait for one another in a ring")
    }
  }
}
