internal import TraceModel

/// A process group as a record names it.
struct CommsGroup: Sendable, Hashable {
  /// Its name, or its number in order of occurrence where there is only a pointer.
  var name: String
  /// What the program calls it ("default_pg", "EXPERT_MODEL_PARALLEL_GROUP"); may be empty.
  var description = ""
  /// Global ranks by place in the group; empty when the record does not say.
  var members: [Int32] = []
  /// Number of its members, or 0 when the record does not say.
  var size: Int32 = 0
  var scope = Scope.job

  /// How far a name stands for one group where the members are not recorded.
  enum Scope: UInt8, Sendable, Hashable {
    /// In all files that use it.
    case job
    /// In one file: it is a number in order of occurrence there.
    case process
    /// Its reader has looked for the members: without them they stay unknown.
    case settled
  }

  /// What stands for the group of kernels that record none.
  static let expertKernels = CommsGroup(name: "expert kernels", description: "expert")

  /// Largest group that is believed: above any cluster of today.
  static let sizeLimit: Int64 = 1 << 17

  /// The members that a first rank, a stride and a count stand for; empty when they stand for none.
  static func members(start: Int64, stride: Int64, count: Int64) -> [Int32] {
    guard start >= 0, stride >= 1 || count == 1, count >= 1,
      count <= sizeLimit, start < Int64(Parallelism.rankLimit),
      stride < Int64(Parallelism.rankLimit),
      start + (count - 1) * stride < Int64(Parallelism.rankLimit)
    else { return [] }
    return (0..<count).map { Int32(start + $0 * stride) }
  }

  /// The kind of parallelism that its name and description speak of, or nil.
  func role(of kind: CommsKind, context: CommsContext) -> Role? {
    let words = (description + " " + name).lowercased()
    if kind == .allToAll {
      if words.contains("expert") || Self.hasWord("ep", in: words) { return .expert }
      return context.phase == .unspecified ? nil : .expert
    }
    if words.contains("data")
      || ["dp", "ddp", "fsdp", "hsdp"].contains(where: { word in
        Self.hasWord(word, in: words)
      })
    {
      return .data
    }
    if words.contains("pipeline") || Self.hasWord("pp", in: words) { return .pipeline }
    if words.contains("tensor") || Self.hasWord("tp", in: words) { return .tensor }
    return context.contains(.gradient) && kind != .broadcast ? .data : nil
  }

  private static func hasWord(_ word: String, in text: String) -> Bool {
    text.split { !($0.isLetter) }.contains { $0 == word }
  }
}
