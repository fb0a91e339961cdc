/// Routing rows of one batch of operations; rows with the same operation, source and expert set
/// are one row with the sum of their tokens.
package struct RoutingBatch {
  private var sets = ExpertSets()
  /// (operation, source) → pair; (pair, set) → row.
  private var pairs = KeyTable()
  private var rows = KeyTable()
  private var tokens: [Int64] = []
  /// Scratch: tokens of one pair by set, and the sets that have some.
  private var tokensOfSet: [Int64] = []
  private var usedSets: [Int32] = []

  package init() {}

  package var isEmpty: Bool { tokens.isEmpty }

  /// Distinct rows so far, a measure of the memory held.
  package var count: Int { tokens.count }

  /// The number of an ascending expert set.
  package mutating func set(_ experts: Span<Int32>) -> Int { sets.number(of: experts) }

  /// The number of an (operation, source rank) pair: ask once per record, add many sets to it.
  ///
  /// - Parameter operation: the batch's own number of the operation, see `sorted`.
  package mutating func pair(operation: Int, source: Int32) -> Int {
    pairs.number(
      of: UInt64(UInt32(truncatingIfNeeded: operation)) << 32 | UInt64(UInt32(bitPattern: source)))
  }

  /// Adds tokens of a pair that share a set.
  package mutating func add(pair: Int, set: Int, tokens count: Int64) {
    let row = rows.number(of: UInt64(pair) << 32 | UInt64(set))
    if row == tokens.count {
      tokens.append(count)
    } else {
      tokens[row] &+= count
    }
  }

  /// Adds one token for each set of `topK` experts; each set must be ascending.
  ///
  /// Sets are counted in a flat column first, so that a token costs one look-up.
  package mutating func add(pair: Int, tokensOf experts: Span<Int32>, topK: Int) {
    for first in stride(from: 0, to: experts.count, by: topK) {
      let set = sets.number(of: experts.extracting(first..<first + topK))
      while tokensOfSet.count <= set { tokensOfSet.append(0) }
      if tokensOfSet[set] == 0 { usedSets.append(Int32(truncatingIfNeeded: set)) }
      tokensOfSet[set] += 1
    }
    for set in usedSets {
      add(pair: pair, set: Int(set), tokens: tokensOfSet[Int(set)])
      tokensOfSet[Int(set)] = 0
    }
    usedSets.removeAll(keepingCapacity: true)
  }

  /// The rows ordered by operation id, source and expert set, whatever order they were added in.
  ///
  /// - Parameter operations: the id of each of the batch's own operation numbers.
  package func sorted(operations: [Int32]) -> RoutingTable {
    let pairKeys = pairs.keys.map { key in
      UInt64(UInt32(bitPattern: operations[Int(key >> 32)])) << 32 | key & 0xFFFF_FFFF
    }
    let order = rows.keys.indices.sorted { first, second in
      let (left, right) = (rows.keys[first], rows.keys[second])
      if left >> 32 != right >> 32 {
        return pairKeys[Int(left >> 32)] < pairKeys[Int(right >> 32)]
      }
      return sets.precedes(Int(left & 0xFFFF_FFFF), Int(right & 0xFFFF_FFFF))
    }
    var table = RoutingTable()
    for row in order {
      let pair = pairKeys[Int(rows.keys[row] >> 32)]
      table.append(
        operation: Int32(truncatingIfNeeded: pair >> 32),
        sourceRank: Int32(truncatingIfNeeded: pair), tokens: tokens[row],
        expertSet: sets.experts(of: Int(rows.keys[row] & 0xFFFF_FFFF)))
    }
    return table
  }
}
