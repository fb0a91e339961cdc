/// Stretches of time that were noted in any order and may overlap.
package struct BusyTime: Sendable {
  private var stretches: [(from: Double, to: Double)] = []

  package init() {}

  package mutating func add(from start: Double, to end: Double) {
    guard end > start else { return }
    if let last = stretches.indices.last, stretches[last].to == start {
      stretches[last].to = end
    } else {
      stretches.append((start, end))
    }
  }

  package mutating func removeAll() { stretches.removeAll(keepingCapacity: true) }

  /// What the stretches cover together.
  ///
  /// O(n log n).
  package func totals() -> Totals {
    var totals = Totals()
    for stretch in stretches.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
      totals.append(stretch)
    }
    return totals
  }

  /// Disjoint stretches in their order, and the time that they cover until each begins.
  package struct Totals: Sendable {
    private var stretches: [(from: Double, to: Double)] = []
    private var before: [Double] = []

    fileprivate mutating func append(_ stretch: (from: Double, to: Double)) {
      if let last = stretches.indices.last, stretch.from <= stretches[last].to {
        stretches[last].to = max(stretches[last].to, stretch.to)
      } else {
        before.append(all)
        stretches.append(stretch)
      }
    }

    /// Time that is covered in all.
    package var all: Double {
      stretches.last.map { before[before.count - 1] + $0.to - $0.from } ?? 0
    }

    /// Time that is covered between two moments.
    package func time(from start: Double, to end: Double) -> Double {
      time(until: end) - time(until: start)
    }

    private func time(until moment: Double) -> Double {
      var (low, high) = (0, stretches.count)
      while low < high {
        let middle = (low + high) / 2
        if stretches[middle].from < moment { low = middle + 1 } else { high = middle }
      }
      guard low > 0 else { return 0 }
      let stretch = stretches[low - 1]
      return before[low - 1] + min(moment, stretch.to) - stretch.from
    }
  }
}
