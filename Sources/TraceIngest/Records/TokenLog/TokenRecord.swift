internal import TraceModel

/// One line of a per-token routing log: the experts of one token in one layer.
package struct TokenRecord: Sendable {
  /// Larger numbers are taken for damage.
  package static let layerLimit: Int64 = 1 << 20
  package static let tokenLimit: Int64 = 1 << 30

  package var layer: Int32 = 0
  package var token: Int32 = 0
  /// Ascending.
  package var experts: [Int32] = []
  /// The bytes of `dataset` and `problem_id` as they stand in the line.
  package var problem: [UInt8] = []

  package init() {}

  private static let keys = JSONWords([
    "dataset", "problem_id", "layer", "experts", "token_idx", "token_pos",
  ])

  private struct Fields {
    var layer: Int64?
    var token: Int64?
    var dataset: Range<Int>?
    var problem: Range<Int>?
    var hasExperts = false
  }

  /// Reads one line over what the record held before; `.used` when it can be used.
  package mutating func read(_ line: RawSpan, expertCount: Int) -> LineVerdict {
    do throws(JSONDefect) {
      let fields = try scan(line)
      if let defect = judge(fields, expertCount: expertCount) {
        return .malformed(.record(defect))
      }
      keepProblem(fields, of: line)
      return .used
    } catch {
      return .malformed(.json(error))
    }
  }

  private mutating func scan(_ line: RawSpan) throws(JSONDefect) -> Fields {
    var fields = Fields()
    var cursor = JSONCursor()
    var hasMore = try cursor.beginObject(line)
    while hasMore {
      switch try cursor.key(line, among: Self.keys) {
      case 0: fields.dataset = try skippedValue(line, &cursor)
      case 1: fields.problem = try skippedValue(line, &cursor)
      case 2: fields.layer = try cursor.integer(line)
      case 3:
        experts.removeAll(keepingCapacity: true)
        try cursor.appendIntegers(line, to: &experts)
        fields.hasExperts = true
      case 4, 5: fields.token = try cursor.integer(line)
      default: try cursor.skipValue(line)
      }
      hasMore = try cursor.anotherMember(line)
    }
    try cursor.end(line)
    return fields
  }

  private func skippedValue(
    _ line: RawSpan, _ cursor: inout JSONCursor
  ) throws(JSONDefect) -> Range<Int> {
    let start = cursor.position
    try cursor.skipValue(line)
    return start..<cursor.position
  }

  private mutating func judge(_ fields: Fields, expertCount: Int) -> RecordDefect? {
    guard let layer = fields.layer, let token = fields.token, fields.hasExperts,
      !experts.isEmpty
    else { return .missingField }
    if layer < 0 || token < 0 { return .negativeNumber }
    if layer >= Self.layerLimit || token >= Self.tokenLimit { return .numberTooLarge }
    self.layer = Int32(truncatingIfNeeded: layer)
    self.token = Int32(truncatingIfNeeded: token)
    let range = experts.indices
    var sorted = experts.mutableSpan
    let areDistinct = sortExperts(&sorted, in: range)
    if sorted[range.upperBound - 1] == .max { return .numberTooLarge }
    if !areDistinct { return .repeatedExpert }
    if sorted[0] < 0 || sorted[range.upperBound - 1] >= expertCount { return .expertOutsideModel }
    return nil
  }

  private mutating func keepProblem(_ fields: Fields, of line: RawSpan) {
    problem.removeAll(keepingCapacity: true)
    for range in [fields.dataset, fields.problem] {
      for offset in range ?? 0..<0 {
        let byte = line.byte(at: offset)
        if byte != 0x20 { problem.append(byte) }
      }
      problem.append(0)
    }
  }
}
