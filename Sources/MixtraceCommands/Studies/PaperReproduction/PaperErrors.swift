internal import Glibc
internal import Replay

extension PaperReproduction {
  /// Mean of |ln(ours ÷ theirs)| over the cells that have an answer and pass `isIncluded`.
  func meanLogError(where isIncluded: (PaperCell) -> Bool = { _ in true }) -> Double? {
    let errors = table.cells.filter(isIncluded).compactMap { logError($0) }.map { abs($0) }
    return errors.isEmpty ? nil : errors.reduce(0, +) / Double(errors.count)
  }

  /// ln(ours ÷ theirs).
  func logError(_ cell: PaperCell) -> Double? { error(cell).map { log1p($0) } }

  /// Cells that differ by more than 10 %.
  var differences: [PaperCell] { table.cells.filter { abs(error($0) ?? 0) > 0.1 } }

  /// In how many pairs of fabrics, at one model and rate, the same one is faster; pairs that the
  /// table puts within 2 % of each other are not counted.
  var ranking: (agreeing: Int, counted: Int) {
    var (agreeing, counted) = (0, 0)
    for model in table.models {
      for rate in table.rates {
        let cells = PaperFabric.allCases.map {
          PaperCell(model: model, fabric: $0, gigabitsPerSecond: rate)
        }
        for (place, left) in cells.enumerated() {
          for right in cells[(place + 1)...] {
            guard let ours = normalised(left), let others = normalised(right),
              let theirs = table[left], let theirOthers = table[right],
              abs(theirs / theirOthers - 1) > 0.02
            else { continue }
            counted += 1
            if (ours < others) == (theirs < theirOthers) { agreeing += 1 }
          }
        }
      }
    }
    return (agreeing, counted)
  }

  /// Iterations per second and dollar over the fat-tree's at the same model and rate.
  func performancePerDollar(_ cell: PaperCell, times: (PaperCell) -> Double?) -> Double? {
    var tree = cell
    tree.fabric = .fatTree
    guard let own = times(cell), let base = times(tree) else { return nil }
    let bill = cell.fabric.bill(gigabitsPerSecond: cell.gigabitsPerSecond).totalUSD
    let treeBill = tree.fabric.bill(gigabitsPerSecond: cell.gigabitsPerSecond).totalUSD
    return base * treeBill / (own * bill)
  }
}
