/// What became of every unit that was read from one source: used, skipped or malformed.
///
/// The promise "nothing silently lost" is `isBalanced`: used + skipped + malformed = read.
public struct Ledger: Sendable, Hashable, Codable {
  /// What is counted: "packets", "lines", "records".
  public var unit: String
  public var source: String
  public var read: Int64 = 0
  public var used: Int64 = 0
  /// Units that were understood and left out, by reason.
  public var skipped: [Entry] = []
  /// Units that could not be understood, by reason.
  public var malformed: [Entry] = []
  /// Set when the input ended in the middle of a unit or could not be read further.
  public var truncation: String?

  public struct Entry: Sendable, Hashable, Codable {
    public var reason: String
    public var count: Int64
    /// Where it was seen first: "byte 1234", "line 17".
    public var first: String

    public init(reason: String, count: Int64, first: String) {
      self.reason = reason
      self.count = count
      self.first = first
    }
  }

  public init(unit: String, source: String) {
    self.unit = unit
    self.source = source
  }

  public var skippedCount: Int64 { skipped.reduce(0) { $0 + $1.count } }
  public var malformedCount: Int64 { malformed.reduce(0) { $0 + $1.count } }
  public var isBalanced: Bool { used + skippedCount + malformedCount == read }
  /// What is missing from the balance, in words, or nil: a defect of the reader, never of its input.
  public var imbalance: String? {
    isBalanced
      ? nil
      : "\(source): \(read) \(unit) were read, but \(used) used, \(skippedCount) skipped and "
        + "\(malformedCount) malformed"
  }

  /// True when something could not be read: the exit status is then 2.
  public var hasDamage: Bool { malformedCount > 0 || truncation != nil }

  /// Counts `count` units as understood and left out.
  ///
  /// Not for per-packet paths: count in an array there and call this once per reason.
  ///
  /// - Parameter first: evaluated for a new reason alone.
  public mutating func skip(
    _ reason: String, count: Int64 = 1, first: @autoclosure () -> String
  ) {
    Self.add(reason, count, first, to: &skipped)
  }

  /// Counts `count` units as not understood.
  ///
  /// - Parameter first: evaluated for a new reason alone.
  public mutating func reject(
    _ reason: String, count: Int64 = 1, first: @autoclosure () -> String
  ) {
    Self.add(reason, count, first, to: &malformed)
  }

  private static func add(
    _ reason: String, _ count: Int64, _ first: () -> String, to list: inout [Entry]
  ) {
    guard count > 0 else { return }
    if let known = list.firstIndex(where: { $0.reason == reason }) {
      list[known].count += count
    } else {
      list.append(Entry(reason: reason, count: count, first: first()))
    }
  }
}
