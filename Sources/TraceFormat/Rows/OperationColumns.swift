internal import TraceModel

/// How operations become columns and back.
enum OperationColumns {
  static let id: ColumnID = 1
  static let kind: ColumnID = 2
  static let role: ColumnID = 3
  static let phase: ColumnID = 4
  static let grain: ColumnID = 5
  static let iteration: ColumnID = 6
  static let microBatch: ColumnID = 7
  static let stage: ColumnID = 8
  static let layer: ColumnID = 9
  static let group: ColumnID = 10
  static let start: ColumnID = 11
  static let duration: ColumnID = 12
  static let demandSource: ColumnID = 13

  static func encode(
    _ operations: [Operation], rows: ArraySlice<Int32>, into encoder: inout ContentEncoder
  ) {
    func add(_ column: ColumnID, _ value: (Operation) -> Int64) {
      encoder.add(column, values: rows.map { value(operations[Int($0)]) })
    }
    add(id) { Int64($0.id) }
    add(kind) { Int64($0.kind.rawValue) }
    add(role) { Int64($0.role.rawValue) }
    add(phase) { Int64($0.phase.rawValue) }
    add(grain) { Int64($0.grain.rawValue) }
    add(iteration) { Int64($0.iteration) }
    add(microBatch) { Int64($0.microBatch) }
    add(stage) { Int64($0.stage) }
    add(layer) { Int64($0.layer) }
    add(group) { Int64($0.group) }
    add(start) { $0.start }
    add(duration) { $0.end &- $0.start }
    add(demandSource) { Int64($0.demandSource) }
  }

  static func decode(
    _ decoder: inout ContentDecoder, into operations: inout [Operation]
  ) throws(ContentDecoder.Defect) {
    let ids: [Int32] = try values(id, &decoder)
    let kinds: [OperationKind] = try cases(kind, "operation kind", &decoder)
    let roles: [Role] = try cases(role, "role", &decoder)
    let phases: [Phase] = try cases(phase, "phase", &decoder)
    let grains: [Grain] = try cases(grain, "grain", &decoder)
    let iterations: [Int32] = try values(iteration, &decoder)
    let microBatches: [Int32] = try values(microBatch, &decoder)
    let stages: [Int32] = try values(stage, &decoder)
    let layers: [Int32] = try values(layer, &decoder)
    let groups: [Int32] = try values(group, &decoder)
    let starts: [Int64] = try values(start, &decoder)
    let durations: [Int64] = try values(duration, &decoder)
    let demandSources: [Int32] = try values(demandSource, &decoder)
    operations.reserveCapacity(operations.count + ids.count)
    for row in ids.indices {
      operations.append(
        Operation(
          id: ids[row], kind: kinds[row], role: roles[row], phase: phases[row],
          grain: grains[row], iteration: iterations[row], microBatch: microBatches[row],
          stage: stages[row], layer: layers[row], group: groups[row], start: starts[row],
          end: starts[row] &+ durations[row], demandSource: demandSources[row]))
    }
  }

  private static func values<Value: FixedWidthInteger>(
    _ column: ColumnID, _ decoder: inout ContentDecoder
  ) throws(ContentDecoder.Defect) -> [Value] {
    var values: [Value] = []
    try decoder.read(column, into: &values)
    return values
  }

  private static func cases<Case: RawRepresentable>(
    _ column: ColumnID, _ name: String, _ decoder: inout ContentDecoder
  ) throws(ContentDecoder.Defect) -> [Case] where Case.RawValue == UInt8 {
    var cases: [Case] = []
    try decodeEnumeration(values(column, &decoder), named: name, into: &cases)
    return cases
  }
}
