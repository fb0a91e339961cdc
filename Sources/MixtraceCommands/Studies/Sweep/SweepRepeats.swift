internal import Reporting

/// Finds combinations that change nothing: on every fabric their rows are those of an earlier one in all
/// but the values that were varied.
struct SweepRepeats {
  private let columns: SweepColumns
  /// Digests of the rows of each combination so far.
  private var known: Set<UInt64> = []

  init(_ columns: SweepColumns) { self.columns = columns }

  /// True where the rows of a combination repeat those of an earlier one; asked in the order of points.
  mutating func isRepeat(_ rows: some Sequence<SweepRow>) -> Bool {
    var digest = InputDigest()
    // The point and its values come first in a row.
    let place = 1 + columns.grid.axes.count
    for row in rows {
      digest.combine(row.cells(columns, inputs: "").dropFirst(place).map { $0.exact ?? "" })
    }
    return !known.insert(digest.value).inserted
  }
}

extension [SweepRow] {
  /// The rows of each combination together.
  var byPoint: [ArraySlice<SweepRow>] {
    var parts: [ArraySlice<SweepRow>] = []
    var start = 0
    for end in indices where end + 1 == count || self[end + 1].point != self[end].point {
      parts.append(self[start...end])
      start = end + 1
    }
    return parts
  }
}
