internal import TraceModel

/// Routing rows of one batch of operations; rows with the same operation, source and expert set
/// are one row with the sum of their tokens.
package struct RoutingBatch {
  private var sets = ExpertSets()
  /// (operation, source) → pair; (pair, set) → row.
  private var pairs = KeyTable()
  private var rows = KeyTable()
  private var tokens: [Int64] = []

  package init() {}

  package var isEmpty: Bool { tokens.isEmpty }

  /// The number of an (operation, source rank) pair: ask once per record, add many sets to it.
  package mutating func pair(operation: Int32, source: Int32) -> Int {
    pairs.number(of: UInt64(UInt32(bitPattern: operation)) << 32 | UInt64(UInt32(bitPattern: source)))
  }

  /// Adds tokens that share one ascending expert set.
  package mutating func add(pair: Int, set: Span<Int32>, tokens count: Int64) {
    let set = sets.number(of: set)
    let row = rows.number(of: UInt64(pair) << 32 | UInt64(set))
    if row == tokens.count {
      tokens.append(count)
    } else {
      tokens[row] &+= count
    }
  }

  /// The rows ordered by operation, source and expert set, whatever order they were added in.
  package func sorted() -> RoutingTable {
    let sets = sets
    let order = rows.keys.indices.sorted { first, second in
      let (left, right) = (rows.keys[first], rows.keys[second])
      if left >> 32 != right >> 32 {
        return pairs.keys[Int(left >> 32)] < pairs.keys[Int(right >> 32)]
      }
      return sets.precedes(Int(left & 0xFFFF_FFFF), Int(right & 0xFFFF_FFFF))
    }
    var table = RoutingTable()
    for row in order {
      let pair = pairs.keys[Int(rows.keys[row] >> 32)]
      table.append(
        operation: Int32(truncatingIfNeeded: pair >> 32),
        sourceRank: Int32(truncatingIfNeeded: pair), tokens: tokens[row],
        expertSet: sets.experts(of: Int(rows.keys[row] & 0xFFFF_FFFF)))
    }
    return table
  }
}
