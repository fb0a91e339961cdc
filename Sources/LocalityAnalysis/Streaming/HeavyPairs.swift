internal import TraceModel

/// The heaviest pairs of a stream that is too long to keep: a Misra–Gries summary.
///
/// Each pair that it kept is counted too low by at most `errorBytes`, and a pair that it did not keep
/// has at most that many: `errorBytes` ≤ all bytes ÷ k (Misra and Gries 1982). It keeps up to 2k
/// counters and, when they are full, takes the upper median off all of them, which makes adding
/// amortised O(1) (Anderson et al., IMC 2017).
public struct HeavyPairs: Sendable {
  /// One pair with the range that its bytes are in.
  public struct Pair: Sendable, Hashable {
    /// The end that sends, 0 ..< 2³².
    public var source: Int
    /// The end that receives, 0 ..< 2³².
    public var destination: Int
    /// Bytes that were surely counted for the pair.
    public var atLeast: Int64
    /// Bytes that it may have had: `atLeast` and the summary's error.
    public var atMost: Int64
  }

  /// k: the error is at most 1 ÷ k of the bytes.
  public let precision: Int
  /// What a count can be too low by, in bytes.
  public private(set) var errorBytes: Int64 = 0
  private var table: KeyTable
  private var amounts: [Int64] = []

  /// - Parameter precision: k, at least 1; memory is 2k counters of 16 bytes and their table.
  public init(precision: Int) {
    self.precision = max(1, precision)
    table = KeyTable(minimumCapacity: 2 * self.precision)
  }

  /// Adds bytes of one pair; amortised O(1).
  ///
  /// - Parameters:
  ///   - source: 0 ..< 2³², as `destination`.
  ///   - bytes: not negative.
  public mutating func add(source: Int, destination: Int, bytes: Int64) {
    guard bytes > 0 else { return }
    let key =
      UInt64(truncatingIfNeeded: source) << 32
      | UInt64(UInt32(truncatingIfNeeded: destination))
    if let number = table.existingNumber(of: key) {
      amounts[number] = saturatingSum(amounts[number], bytes)
      return
    }
    if amounts.count == 2 * precision { makeRoom() }
    _ = table.number(of: key)
    amounts.append(bytes)
  }

  /// Takes the (k+1)-th largest amount off all; at least k of 2k counters lose that much, so the
  /// whole error is at most the bytes ÷ k.
  private mutating func makeRoom() {
    let cut = amounts.sorted(by: >)[precision]
    errorBytes = saturatingSum(errorBytes, cut)
    let keys = table.keys
    let old = amounts
    table = KeyTable(minimumCapacity: 2 * precision)
    amounts.removeAll(keepingCapacity: true)
    for (key, amount) in zip(keys, old) where amount > cut {
      _ = table.number(of: key)
      amounts.append(amount - cut)
    }
  }

  /// The pairs that were kept, heaviest first, lowest numbers first among equals.
  public var pairs: [Pair] {
    zip(table.keys, amounts).sorted { $0.1 > $1.1 || ($0.1 == $1.1 && $0.0 < $1.0) }.map {
      Pair(
        source: Int($0.0 >> 32), destination: Int($0.0 & 0xFFFF_FFFF), atLeast: $0.1,
        atMost: saturatingSum($0.1, errorBytes))
    }
  }
}
