internal import TraceModel

/// One line of a Megatron-Core router trace: the experts of every token of one layer on one rank.
package struct RouterRecord: Sendable {
  /// Multi-token-prediction blocks are told from decoder layers by this offset until the number
  /// of decoder layers is known.
  package static let predictionBlock: Int32 = 1 << 24
  package static let layerLimit: Int64 = 1 << 20

  package var step: Int32 = 0
  /// Decoder layer as given, or `predictionBlock` + index of a multi-token-prediction block.
  package var layer: Int32 = 0
  package var rank: Int32 = 0
  package var tokenCount = 0
  package var topK = 0
  /// tokens × topK expert ids; each token's are ascending.
  package var experts: [Int32] = []
  /// Of all tokens; −1 when there are none.
  package var highestExpert: Int32 = -1

  package init() {}

  private static let keys = JSONWords([
    "step", "stage", "block", "layer", "rank", "num_tokens", "topk", "top_indices", "mtp_idx",
  ])
  private static let stages = JSONWords(["pre_dispatch"])
  private static let blocks = JSONWords(["decoder", "mtp"])

  /// Numbers as the line gives them, before they are judged.
  private struct Fields {
    var step: Int64?
    var layer: Int64?
    var rank: Int64?
    var tokenCount: Int64?
    var topK: Int64?
    var predictionIndex: Int64?
    var indices: IntegerRows?
    var isOtherStage = false
    var isPrediction = false
  }

  /// Reads one line over what the record held before.
  ///
  /// - Parameters:
  ///   - ranks: the ranks that are believed.
  ///   - expertCount: experts of the declared model, or the largest number that is believed.
  /// - Returns: `.used` when the record can be used.
  package mutating func read(
    _ line: RawSpan, ranks: RankBound, expertCount: Int
  ) -> LineVerdict {
    do throws(JSONDefect) {
      let fields = try scan(line)
      if fields.isOtherStage { return .skipped(.otherStage) }
      if let defect = judge(fields, ranks: ranks, expertCount: expertCount) {
        return .malformed(.record(defect))
      }
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
      case 0: fields.step = try cursor.integer(line)
      case 1: fields.isOtherStage = try cursor.word(line, among: Self.stages) != 0
      case 2: fields.isPrediction = try cursor.word(line, among: Self.blocks) == 1
      case 3: fields.layer = try cursor.integer(line)
      case 4: fields.rank = try cursor.integer(line)
      case 5: fields.tokenCount = try cursor.integer(line)
      case 6: fields.topK = try cursor.integer(line)
      case 7:
        experts.removeAll(keepingCapacity: true)
        fields.indices = try cursor.appendIntegerRows(line, to: &experts)
      case 8: fields.predictionIndex = try cursor.integerOrNull(line)
      default: try cursor.skipValue(line)
      }
      hasMore = try cursor.anotherMember(line)
    }
    try cursor.end(line)
    return fields
  }

  private mutating func judge(
    _ fields: Fields, ranks: RankBound, expertCount: Int
  ) -> RecordDefect? {
    guard let step = fields.step, let layer = fields.layer, let rank = fields.rank,
      let tokenCount = fields.tokenCount, let topK = fields.topK, let indices = fields.indices
    else { return .missingField }
    let index = fields.isPrediction ? fields.predictionIndex ?? layer : layer
    if step < 0 || index < 0 || rank < 0 || tokenCount < 0 || topK < 1 { return .negativeNumber }
    guard let step = Int32(exactly: step), let rank = Int32(exactly: rank),
      index < Self.layerLimit, tokenCount <= experts.count, topK <= Int64(UInt16.max)
    else { return tokenCount > experts.count ? .idCountMismatch : .numberTooLarge }
    guard rank < ranks.count else { return ranks.defect }
    self.step = step
    self.layer = Int32(truncatingIfNeeded: index) + (fields.isPrediction ? Self.predictionBlock : 0)
    self.rank = rank
    self.tokenCount = Int(tokenCount)
    self.topK = Int(topK)
    guard self.tokenCount * self.topK == experts.count else { return .idCountMismatch }
    guard indices.areEven, indices.count == self.tokenCount else { return .unevenTokens }
    return sortTokens(expertCount: expertCount)
  }

  private mutating func sortTokens(expertCount: Int) -> RecordDefect? {
    let (tokenCount, topK) = (tokenCount, topK)
    var highest: Int32 = -1
    var experts = experts.mutableSpan
    for token in 0..<tokenCount {
      let set = token &* topK..<(token &+ 1) &* topK
      if !sortExperts(&experts, in: set) {
        return experts[set.upperBound &- 1] == .max ? .numberTooLarge : .repeatedExpert
      }
      if experts[set.lowerBound] < 0 { return .expertOutsideModel }
      highest = max(highest, experts[set.upperBound &- 1])
    }
    highestExpert = highest
    if highest == .max { return .numberTooLarge }
    return highest < expertCount ? nil : .expertOutsideModel
  }
}
